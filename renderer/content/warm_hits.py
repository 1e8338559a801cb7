"""Fresh pictures that are in memory, for the fast path of the server."""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from renderer.content.client_limits import ClientLimits
from renderer.content.handlers import describe, parse_address
from renderer.content.responses import picture_headers
from renderer.content.service import CacheStatus, ContentService, PictureResult
from renderer.jobs.dependencies import Dependencies
from renderer.storage.base import Picture
from shared.domain.errors import MarqueeError
from shared.http.fast_path import WarmAnswer, head_bytes
from shared.http.spans import begin_request, end_request
from shared.observability.tracing import Tracing
from shared.settings.content_url import ContentAddress

ROUTE: Final = "/c/{hash}/{id_type}/{style}/{file}"
"""The pattern of the address, as the application routes it and traces name it."""

# As the gateway writes an address, and nothing that routing or percent-decoding would change. With any other query the
# handler has a parameter to check.
_LINE: Final = re.compile(
    r"(GET|HEAD) /c/([0-9a-f]{32})/([a-z]+)/([a-z]+-default)/([0-9A-Za-z:_-]+\.[a-z]+)(?:\?fallback=true)? HTTP/1\.1",
    re.ASCII,
)


class WarmHits:
    """Answers with the pictures that the content server would give without asking a store."""

    def __init__(
        self,
        content: ContentService,
        dependencies: Dependencies,
        *,
        limits: ClientLimits | None,
        count_hit: Callable[[float], None],
        tracing: Tracing,
    ) -> None:
        self._content, self._dependencies, self._limits = content, dependencies, limits
        self._count_hit, self._tracing = count_hit, tracing

    def answer(self, line: str, client: str) -> WarmAnswer | None:
        """Return a fresh picture from memory, counted; ``None`` where there is none, or the client has to wait."""
        started = time.perf_counter()
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        method = match[1]
        try:
            address = parse_address(*match.group(2, 3, 4, 5))
        except MarqueeError:
            return None
        picture = self._content.peek(address)
        if picture is None or not (self._limits is None or self._limits.allows(client)):
            return None
        if self._tracing.is_on:
            with begin_request(self._tracing, method, ROUTE) as span:
                describe(span, address)
                answer = self._hit(method, address, picture)
                self._count_hit(time.perf_counter() - started)
                span.set("marquee.cache", CacheStatus.HIT)
                end_request(span, HTTPStatus.OK)
                return answer
        answer = self._hit(method, address, picture)
        self._count_hit(time.perf_counter() - started)
        return answer

    def _hit(self, method: str, address: ContentAddress, picture: Picture) -> WarmAnswer:
        self._content.note(address, picture)
        result, rule, now = PictureResult(picture, CacheStatus.HIT), self._dependencies.rule, self._dependencies.now()
        headers = picture_headers(address.settings_hash, result, rule, now)
        headers["Content-Type"] = picture.metadata.content_type
        headers["Content-Length"] = str(len(picture.body))
        return head_bytes(HTTPStatus.OK, headers), picture.body if method == "GET" else b""
