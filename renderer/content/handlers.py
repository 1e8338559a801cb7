"""The routes of the content server."""

import time
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus

import structlog
from aiohttp import web

from renderer.content.bucket_redirects import BucketRedirects
from renderer.content.client_limits import ANYBODY, Caller, ClientLimits
from renderer.content.picture_result import CacheStatus
from renderer.content.placeholders import Placeholders
from renderer.content.responses import error_answer, picture_answer, placeholder_answer
from renderer.content.service import ContentService
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from shared.domain.errors import BadRequest, Cause, MarqueeError, UnknownSettings
from shared.observability.tracing import HASH, NOOP_SPAN, TITLE, Span, current_span
from shared.observability.unlocked import unlocked_count
from shared.settings.content_url import ContentAddress, parse_content_address
from shared.settings.parameters import parse_flag

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PARSED_ADDRESSES = 50_000
"""Addresses cached in parsed form."""

_METHODS = ("GET", "HEAD", "OPTIONS")
_JSON = "application/json"
_LATE = frozenset({Cause.DEADLINE_EXCEEDED, Cause.SOURCE_TIMEOUT})
"""What is only late is no error for a client of pictures: it gets a placeholder, and asks again in a minute."""
_NOT_FOUND = "This address does not exist. Pictures are at /c/{hash}/{id type}/{kind}-default/{id}.jpg."

parse_address = lru_cache(PARSED_ADDRESSES)(parse_content_address)
"""``parse_content_address`` with a cache."""


class ContentHandlers:
    """Serves ``/c/…``, each client within its rate limit."""

    def __init__(
        self,
        content: ContentService,
        dependencies: Dependencies,
        *,
        metrics: RendererMetrics,
        limits: ClientLimits | None,
        bucket: BucketRedirects | None = None,
    ) -> None:
        self._content = content
        self._limits, self._bucket = limits, bucket
        self._dependencies = dependencies
        self._metrics = metrics
        self.count_hit = unlocked_count(
            metrics.content.labels("200", CacheStatus.HIT), metrics.content_seconds.labels(CacheStatus.HIT)
        )
        """Counts a fresh picture that was sent whole; called with the seconds that it took."""
        self.count_redirect = unlocked_count(
            metrics.content.labels("302", CacheStatus.HIT), metrics.content_seconds.labels(CacheStatus.HIT)
        )
        """Counts a redirect to the bucket, in the same way."""
        self._placeholders = Placeholders(dependencies)

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """Serve one content URL. An error becomes JSON, or a placeholder when the caller wants none or it is late."""
        started = time.perf_counter()
        try:
            caller = ANYBODY if self._limits is None else self._limits.take(request)
            response = await self._response(request, caller)
        except MarqueeError as error:
            response = error_answer(error)
        except Exception:
            log.exception("content_crashed", path=request.path)
            response = error_answer(MarqueeError())
        self._count(response, time.perf_counter() - started)
        return response

    async def preflight(self, _: web.Request) -> web.Response:
        """Allow scripts of any site."""
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Methods": ", ".join(_METHODS),
                "Access-Control-Allow-Headers": "*",
                "Access-Control-Max-Age": "86400",
            },
        )

    async def not_found(self, request: web.Request) -> web.StreamResponse:
        """Refuse all other addresses and methods; these responses are not cacheable."""
        if request.method in _METHODS:
            response = error_answer(UnknownSettings(public=_NOT_FOUND))
        else:
            response = error_answer(BadRequest(public=f"Only {', '.join(_METHODS)} are allowed here."))
            response.set_status(HTTPStatus.METHOD_NOT_ALLOWED)
            response.headers["Allow"] = ", ".join(_METHODS)
        self._metrics.content.labels(str(response.status), "none").inc()
        return response

    async def _response(self, request: web.Request, caller: Caller) -> web.Response:
        parts = request.match_info
        address = parse_address(parts["hash"], parts["id_type"], parts["style"], parts["file"])
        trace_picture(current_span(), address)
        fallback = bool(request.query_string) and parse_flag("fallback", request.query.get("fallback", ""))
        now = self._dependencies.now()
        try:
            stored = None if self._bucket is None else await self._content.find_in_bucket(address)
            if self._bucket is not None and stored is not None:
                return web.Response(status=HTTPStatus.FOUND, headers=self._bucket.headers(*stored))
            result = await self._content.find(address, caller)
        except MarqueeError as error:
            is_replaced = fallback or (error.cause in _LATE and _JSON not in request.headers.get("Accept", ""))
            if not is_replaced or isinstance(error, BadRequest):
                raise
            log.info("placeholder_served", cause=error.cause, reason=str(error))
            return await self._placeholder(address, now)
        return picture_answer(request, address.settings_hash, result, self._dependencies.rule, now)

    async def _placeholder(self, address: ContentAddress, now: datetime) -> web.Response:
        size = await self._content.size(address)
        body, etag = await self._placeholders.get(address.title, address.kind, size, address.format)
        return placeholder_answer(address.settings_hash, body, address.format.content_type, etag, now)

    def _count(self, response: web.Response, took_s: float) -> None:
        cache = response.headers.get("X-Cache-Status", "none")
        current_span().set("marquee.cache", cache)
        if cache == CacheStatus.HIT and response.status == 200:  # noqa: PLR2004 - the hot path: its labels are looked up in advance
            self.count_hit(took_s)
            return
        if response.status == HTTPStatus.FOUND:
            self.count_redirect(took_s)
            return
        self._metrics.content.labels(str(response.status), cache).inc()
        self._metrics.content_seconds.labels(cache).observe(took_s)


def trace_picture(span: Span, address: ContentAddress) -> None:
    """Note on a span which picture it is about."""
    if span is not NOOP_SPAN:
        span.set(HASH, address.settings_hash)
        span.set(TITLE, address.title.alias)
