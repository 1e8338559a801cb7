"""Cloudflare: purges the addresses of outdated pictures from its edge cache."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from services.client.http import Http, Request, Response
from services.client.json_reader import Row, inner, number, rows, text
from services.client.refusals import read_answer
from services.client.upstream import UpstreamClient
from shared.config.environment import Secret
from shared.domain.errors import SourceInvalidResponse

MOST_URLS: Final = 30
"""Addresses per call, on every plan."""

MOST_PREFIXES: Final = 30
"""Address prefixes per call, on every plan. A free zone may make 25 such calls in a burst, then 5 per minute."""

_TOKEN_CODES: Final = frozenset({1000, 1001, 6003, 6111, 9103, 9106, 9107, 9109, 10000, 10001})
"""Cloudflare's codes about a token: malformed, unknown, expired, or without the right to purge this zone."""

_MAX_BYTES: Final = 64 << 10


def _refuses(body: Row) -> bool:
    return any(number(error, "code") in _TOKEN_CODES for error in rows(body, "errors"))


def _as_bearer(request: Request, key: Secret) -> Request:
    return msgspec.structs.replace(request, headers={"Authorization": Secret(f"Bearer {key}")})


class CloudflareEdge:
    """Purges addresses of one zone."""

    name = "cloudflare"

    def __init__(self, http: Http, token: Secret, *, zone: str, api_url: str) -> None:
        self._upstream = UpstreamClient(http, self.name, (token,), _as_bearer)
        self._url = f"{api_url}/zones/{zone}/purge_cache"

    async def purge(self, urls: Sequence[str]) -> None:
        """Purge at most ``MOST_URLS`` addresses. Raises ``SourceError``."""
        await self._send({"files": list(urls)})

    async def purge_under(self, prefixes: Sequence[str]) -> None:
        """Purge every address that begins with one of at most ``MOST_PREFIXES`` prefixes. Raises ``SourceError``.

        A prefix is a host and a path, without a scheme.
        """
        await self._send({"prefixes": list(prefixes)})

    async def _send(self, what: Mapping[str, Sequence[str]]) -> None:
        request = Request(self._url, body=msgspec.json.encode(what), max_bytes=_MAX_BYTES)
        await self._upstream.send(request, self._read)

    def _read(self, response: Response) -> None:
        body = read_answer(self.name, response, _refuses)
        if response.status != HTTPStatus.OK or body.get("success") is not True:
            errors = [
                f"{number(error, 'code') or 0:.0f} {text(error, 'message')}" for error in rows(body, "errors")[:3]
            ]
            raise SourceInvalidResponse(
                self.name, f"status {response.status}: {'; '.join(errors) or inner(body, 'result')}"
            )
