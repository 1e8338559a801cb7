"""The only HTTP client for outside services: every wait, redirect and response body has a limit.

``Http`` makes single calls; ``UpstreamClient`` in ``upstream.py`` adds keys, retries and the circuit breaker. Neither
logs nor raises a URL, because a URL may contain a key.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from math import inf
from typing import Final, Self

import aiohttp
import msgspec
from yarl import URL

from services.client.byte_budget import ByteBudget, OverBudget
from services.client.error_translation import translated
from services.client.exchange import HttpConnections, ReceivedResponse
from services.client.limits import MemoryLimits, SourceLimits
from services.client.metrics import SourceMetrics
from services.client.response_body import receive_body
from services.client.retry import RetryPolicy, parse_retry_after
from shared.domain.errors import SourceDown, SourceInvalidResponse, SourceRefused
from shared.observability.tracing import Role, Span, start_span

JSON_BYTES: Final = 4 << 20
ART_BYTES: Final = 25 << 20

RECEIVING_BYTES: Final = 64 << 20
"""Memory for all bodies that are being received."""

_USUAL_JSON: Final = 256 << 10
_TRANSIENT: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})  # with 5xx
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"Accept": "*/*", "User-Agent": "Marquee", "Accept-Encoding": "gzip, deflate"}


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of a single call, redirects included, and of concurrent calls.

    A connection stays open for ``idle_s`` after a call: sources hold theirs for a minute or longer, and a new one costs
    a TLS handshake.
    """

    connect_s: float = 3.0
    attempt_s: float = 8.0
    idle_s: float = 60.0
    calls: int = 100
    calls_per_host: int = 32
    redirects: int = 2


class Request(msgspec.Struct, frozen=True):
    """A GET, or a POST of JSON if there is a body. Keys in it are ``Secret``, which hides itself from ``repr``."""

    url: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    max_bytes: int = JSON_BYTES
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """A response with status 2xx, or 4xx other than 408 and 429. Header names match in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooManyRequests(SourceRefused):
    """The source returned 429. Names in ``headers`` match in any case."""

    headers: Mapping[str, str] = {}


class Http:
    """Makes single calls. Build one per process, inside a running loop, and close it."""

    def __init__(
        self,
        metrics: SourceMetrics,
        *,
        limits: CallLimits = CallLimits(),  # noqa: B008 - frozen
        retry_policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        source_limits: SourceLimits = MemoryLimits(),  # noqa: B008 - stateless factory
        memory: ByteBudget | None = None,
    ) -> None:
        self._memory = memory or ByteBudget(RECEIVING_BYTES)
        self.metrics = metrics
        self.retry_policy = retry_policy
        self.sleep = sleep
        self.source_limits = source_limits
        self._limits = limits
        metrics.limit.set(limits.calls_per_host)
        connector = aiohttp.TCPConnector(
            limit=limits.calls,
            limit_per_host=limits.calls_per_host,
            keepalive_timeout=limits.idle_s,
            socket_factory=self._new_socket,
        )
        self._connections = HttpConnections(connector, limits.connect_s, limits_queue=False)  # the rest is in call()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.aclose()

    async def call(self, source: str, request: Request, *, until: float = inf) -> Response:
        """Make one call, which ends at ``until`` by the loop's clock if that comes first.

        Redirects are followed only within the same host.

        Raises ``SourceDown`` (also for 408 and 5xx), ``SourceTimeout``, ``TooManyRequests``, ``SourceTooLarge``, and
        ``SourceInvalidResponse`` for a redirect to another host.
        """
        method = "POST" if request.body else "GET"
        attributes = {"marquee.source": source, "http.request.method": method}
        until = min(until, asyncio.get_running_loop().time() + self._limits.attempt_s)
        with start_span(f"{method} {source}", Role.CLIENT, attributes) as span, translated(source):
            async with asyncio.timeout_at(until):
                return await self._follow(source, request, span)

    async def _follow(self, source: str, request: Request, span: Span) -> Response:
        url = URL(request.url).extend_query(request.query)
        span.set("server.address", url.host or "")
        for _ in range(self._limits.redirects + 1):
            async with self._open(url, request) as response:
                span.set("http.response.status_code", response.status)
                if response.status not in _REDIRECTS:
                    return await self._read_response(source, response, request.max_bytes)
                url = _redirect_target(source, url, response.headers.get("Location", ""))
        raise SourceInvalidResponse(source, "too many redirects")

    async def _read_response(self, source: str, response: ReceivedResponse, max_bytes: int) -> Response:
        if response.status in _TRANSIENT or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _failure(source, response)
        try:
            async with self._memory.share(_receiving_bytes(response, max_bytes)):
                body = await receive_body(source, response, max_bytes)
        except OverBudget as exc:
            raise SourceDown(source, "too many responses are being received") from exc
        return Response(response.status, response.headers, body)

    def _new_socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """Return a socket for a new connection, and count it."""
        self.metrics.connections.inc()
        family, kind, protocol, _, _ = address
        return socket.socket(family, kind, protocol)

    def _open(self, url: URL, request: Request) -> AbstractAsyncContextManager[ReceivedResponse]:
        if not request.body:
            return self._connections.exchange("GET", url, {**_HEADERS, **request.headers})
        headers = {**_HEADERS, **request.headers, "Content-Type": "application/json"}
        return self._connections.exchange("POST", url, headers, request.body)


def _receiving_bytes(response: ReceivedResponse, max_bytes: int) -> int:
    """Return the memory for a body: its parts, and the whole. Of JSON without a stated length, a usual answer's."""
    length = response.content_length
    if length is None or response.headers.get("Content-Encoding"):
        length = _USUAL_JSON if max_bytes <= JSON_BYTES else max_bytes
    return 2 * min(length, max_bytes)


def _failure(source: str, response: ReceivedResponse) -> SourceDown | TooManyRequests:
    reason, wait_s = f"status {response.status}", parse_retry_after(response.headers.get("Retry-After"))
    if response.status != HTTPStatus.TOO_MANY_REQUESTS:
        failure = SourceDown(source, reason, retry_after_s=wait_s)
        failure.status = response.status
        return failure
    refusal = TooManyRequests(source, reason, retry_after_s=wait_s)
    refusal.headers = response.headers
    return refusal


def _redirect_target(source: str, url: URL, location: str) -> URL:
    """Return the redirect's target. Only the same host is allowed, because the request carries an API key."""
    try:
        target = url.join(URL(location))
        upgraded = (url.scheme, target.scheme) == ("http", "https") and target.host == url.host
        allowed = bool(location) and (upgraded or target.origin() == url.origin())
    except ValueError:
        raise SourceInvalidResponse(source, "redirected to an invalid address") from None
    if not allowed:
        raise SourceInvalidResponse(source, "redirected to another host")
    return target
