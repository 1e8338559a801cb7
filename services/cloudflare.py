"""Cloudflare: told which addresses hold an old picture, so that its edge asks for the new one."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from services.client.http import Http, Request, Response
from services.client.json_reader import inner, json_object, number, rows, text
from shared.config.environment import Secret
from shared.domain.errors import SourceInvalidResponse, SourceRefused

MOST_URLS: Final = 30
"""Addresses that one call may name, on every plan."""

MOST_PREFIXES: Final = 30
"""Beginnings of addresses that one call may name, on every plan; a free zone may make 25 such calls at once, then 5 a
minute."""


def _as_bearer(question: Request, key: Secret) -> Request:
    return msgspec.structs.replace(question, headers={"Authorization": Secret(f"Bearer {key}")})


class CloudflareEdge:
    """Purges addresses of one zone."""

    name = "cloudflare"

    def __init__(self, http: Http, token: Secret, *, zone: str, api_url: str) -> None:
        self._line = http.line(self.name, (token,), _as_bearer)
        self._url = f"{api_url}/zones/{zone}/purge_cache"

    async def purge(self, urls: Sequence[str]) -> None:
        """Have at most ``MOST_URLS`` addresses forgotten. Raises ``SourceError``."""
        await self._ask({"files": list(urls)})

    async def purge_under(self, prefixes: Sequence[str]) -> None:
        """Have everything forgotten whose address begins with one of at most ``MOST_PREFIXES``. Raises ``SourceError``.

        A prefix is a host and a path, without a scheme.
        """
        await self._ask({"prefixes": list(prefixes)})

    async def _ask(self, what: Mapping[str, Sequence[str]]) -> None:
        await self._line.send(Request(self._url, body=msgspec.json.encode(what)), self._read)

    def _read(self, answer: Response) -> None:
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceRefused(self.name, f"status {answer.status}: the token may not purge this zone")
        body = json_object(self.name, answer.body)
        if answer.status != HTTPStatus.OK or body.get("success") is not True:
            said = [f"{number(error, 'code'):.0f} {text(error, 'message')}" for error in rows(body, "errors")[:3]]
            raise SourceInvalidResponse(
                self.name, f"status {answer.status}: {'; '.join(said) or inner(body, 'result')}"
            )
