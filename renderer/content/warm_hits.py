"""Fresh pictures that are in memory, for the fast path of the server."""

import time
from http import HTTPStatus
from typing import Final

from renderer.content.bucket_redirects import BucketRedirects
from renderer.content.client_limits import ClientLimits
from renderer.content.handlers import parse_address, trace_picture
from renderer.content.picture_result import CacheStatus, PictureResult
from renderer.content.responses import lifetime_header, picture_headers
from renderer.content.service import ContentService
from renderer.jobs.dependencies import Dependencies
from renderer.storage.base import ImageMetadata, Picture
from shared.domain.errors import MarqueeError
from shared.http.fast_path import WarmAnswer, head_bytes
from shared.http.spans import begin_request, end_request
from shared.observability.tracer import Tracing
from shared.observability.unlocked import CountRequest
from shared.settings.content_url import ContentAddress

ROUTE: Final = "/c/{hash}/{id_type}/{style}/{file}"
"""The pattern of the address, as the application routes it and traces name it."""

MOST_HEADS: Final = 4096
"""Heads of responses that are kept, of about a kilobyte each; making one takes a third of a hit's time."""

_NO_BODY: Final = {"GET": b"Content-Length: 0\r\n", "HEAD": b""}  # as aiohttp describes it
_BEGINNING: Final = ["", "c"]
_PARTS: Final = 6  # of a path that is split at its slashes: nothing, c, hash, id type, style, file
_PLAIN: Final = frozenset({"", "fallback=true"})
"""Queries that the handler finds nothing wrong with, and that make no difference to a picture that is stored."""


class WarmHits:
    """Answers with the pictures that the content server would give without asking a store."""

    def __init__(
        self,
        content: ContentService,
        dependencies: Dependencies,
        *,
        limits: ClientLimits | None,
        count_hit: CountRequest,
        count_redirect: CountRequest,
        tracing: Tracing,
        bucket: BucketRedirects | None = None,
    ) -> None:
        self._content, self._dependencies, self._limits = content, dependencies, limits
        self._count_hit, self._count_redirect, self._tracing = count_hit, count_redirect, tracing
        self._bucket = bucket
        self._heads: dict[str, tuple[ImageMetadata, str, bytes]] = {}  # with what each was made from

    def answer(self, method: str, target: str, client: str) -> WarmAnswer | None:
        """Return a fresh picture from memory, counted; ``None`` where there is none, or the client has to wait."""
        started = time.perf_counter()
        path, _, query = target.partition("?")
        parts = path.split("/")
        if parts[:2] != _BEGINNING or len(parts) != _PARTS or "%" in path or query not in _PLAIN:
            return None
        try:
            address = parse_address(*parts[2:])
        except MarqueeError:
            return None
        if self._bucket is not None and (stored := self._content.peek_in_bucket(address)) is not None:
            if not (self._limits is None or self._limits.allows(client)):
                return None
            return self._redirect(self._bucket.headers(*stored), method, address, stored[1], started), b""
        picture = self._content.peek(address)
        if picture is None or not (self._limits is None or self._limits.allows(client)):
            return None
        if self._tracing.is_on:
            with begin_request(self._tracing, method, ROUTE) as span:
                trace_picture(span, address)
                head = self._hit(target, address, picture, started)
                span.set("marquee.cache", CacheStatus.HIT)
                end_request(span, HTTPStatus.OK)
        else:
            head = self._hit(target, address, picture, started)
        return head, picture.body if method == "GET" else b""

    def _redirect(
        self, headers: dict[str, str], method: str, address: ContentAddress, metadata: ImageMetadata, started: float
    ) -> bytes:
        """Note and count a redirect to the bucket; return its head."""
        self._content.note(address, metadata)
        if self._tracing.is_on:
            with begin_request(self._tracing, method, ROUTE) as span:
                trace_picture(span, address)
                self._count_redirect(time.perf_counter() - started)
                span.set("marquee.cache", CacheStatus.HIT)
                end_request(span, HTTPStatus.FOUND)
        else:
            self._count_redirect(time.perf_counter() - started)
        return head_bytes(HTTPStatus.FOUND, headers) + _NO_BODY[method]

    def _hit(self, target: str, address: ContentAddress, picture: Picture, started: float) -> bytes:
        """Note and count a hit; return its head."""
        self._content.note(address, picture.metadata)
        rule, now = self._dependencies.rule, self._dependencies.now()
        metadata, lifetime = picture.metadata, lifetime_header(CacheStatus.HIT, picture.metadata, rule, now)
        kept = self._heads.get(target)
        if kept is not None and kept[0] is metadata and kept[1] == lifetime:
            head = kept[2]
        else:
            headers = picture_headers(address.settings_hash, PictureResult(picture, CacheStatus.HIT), rule, now)
            size = {"Content-Type": metadata.content_type, "Content-Length": str(len(picture.body))}
            head = head_bytes(HTTPStatus.OK, headers | size)
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            self._heads[target] = metadata, lifetime, head
        self._count_hit(time.perf_counter() - started)
        return head
