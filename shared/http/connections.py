"""Connections of the HTTP server: how many may be open, how slow their clients may be, and what is not HTTP."""

import asyncio
import resource
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler
from prometheus_client import CollectorRegistry, Counter, Gauge

from shared.domain import cache_lifetime
from shared.http.client_ip import ClientIps
from shared.http.connection_order import ConnectionOrder
from shared.http.error_responses import json_response
from shared.http.slow_readers import MOST_S, SlowReaders

HEAD_S: Final = 10.0
"""How long a request's line and headers may take to arrive, from the connection or from their first byte."""

RESERVED_DESCRIPTORS: Final = 512
"""Descriptors kept for everything else: at most about 400 in the gateway, with 256 of direct mode, and 350 in the
renderer, with 100 for sources. Both have 64 for Redis and as many for metrics and probes."""

MOST_PROBES: Final = 64
"""Most connections of the listener of metrics and probes."""

MOST_CONNECTIONS: Final = 20_000
"""Most open connections of a process, where its descriptors allow that many."""

UNREAD_BYTES: Final = 32 << 20
"""Most bytes of responses that wait for slow clients, where little else is sent than redirects and pages."""

SHARE_OF_ONE: Final = 2
"""One address may hold half of all connections, unless it is a proxy in front."""

_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": cache_lifetime.NO_STORE,
    "Connection": "close",
    "Server": "marquee",
}
_NOT_HTTP: Final = "This is not a valid HTTP/1.1 request."
_TOO_LARGE: Final = "The request line or a header is too long."


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open files to the hard one and return it; a limit that cannot be raised stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_CONNECTIONS + RESERVED_DESCRIPTORS
    wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted) if soft != resource.RLIM_INFINITY else most


def most_connections(descriptors: int) -> int:
    """Return how many connections fit into this many descriptors, beside those that the process needs itself."""
    return max(1, min(MOST_CONNECTIONS, descriptors - min(RESERVED_DESCRIPTORS, descriptors // 2)))


class ConnectionMetrics:
    """Open connections, their limit, and those closed to keep it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge("marquee_http_connections_open", "Connections of callers that are open.", registry=registry)
        self.limit = Gauge("marquee_http_connections_limit", "Most connections of callers.", registry=registry)
        self.closed = Counter(
            "marquee_http_connections_closed",
            "Connections closed by a limit: too many in all or from one address, a request that did not arrive, or a "
            "response that was not read.",
            ["reason"],
            registry=registry,
        )
        for reason in ("all", "address", "head", "unread"):
            self.closed.labels(reason)


def connection_limits(registry: CollectorRegistry, clients: ClientIps, *, unread_bytes: int) -> "ConnectionLimits":
    """Return the limits of this process, and raise its descriptor limit to have as many connections as it may."""
    most = most_connections(raise_descriptor_limit())
    return ConnectionLimits(ConnectionMetrics(registry), most=most, clients=clients, unread_bytes=unread_bytes)


def probe_limits() -> "ConnectionLimits":
    """Return the limits of the listener of metrics and probes, which has no metrics of its own."""
    return ConnectionLimits(ConnectionMetrics(CollectorRegistry()), most=MOST_PROBES, clients=ClientIps(()))


class ConnectionLimits:
    """Keeps the open connections within their limits.

    A new connection is never refused while another one is idle. One without a request is closed first: the oldest of
    the address that has most of these, so that others need not make room for a flood of them. Else the oldest that
    waits for its next request is closed. Addresses of trusted proxies have no limit of their own, because each carries
    many callers.
    """

    def __init__(
        self,
        metrics: ConnectionMetrics,
        *,
        most: int,
        clients: ClientIps,
        head_s: float = HEAD_S,
        unread_bytes: int = UNREAD_BYTES,
        unread_s: float = MOST_S,
    ) -> None:
        self._metrics, self.most, self.head_s = metrics, most, head_s
        self.slow_readers: SlowReaders[Connection] = SlowReaders(
            most_bytes=unread_bytes, close=self._close_unread, most_s=unread_s
        )
        self._clients = clients
        self._new: ConnectionOrder[Connection] = ConnectionOrder()  # without a request so far
        self._served: ConnectionOrder[Connection] = ConnectionOrder()
        metrics.limit.set(most)
        metrics.open.set_function(lambda: len(self._new) + len(self._served))

    def opened(self, connection: "Connection", peer: object) -> None:
        """Count a connection, and close idle ones, or this one, where a limit is exceeded."""
        address = (self._clients.untrusted(peer[0]) if isinstance(peer, tuple) else None) or ""
        connection.address = address
        self._new.add(connection, address)
        of_address = len(self._new.of(address)) + len(self._served.of(address))
        if address and of_address > max(1, self.most // SHARE_OF_ONE):
            self._close_one(connection, "address", (self._new.of(address), self._served.of(address)))
        elif len(self._new) + len(self._served) > self.most:
            self._close_one(connection, "all", (self._new.of_largest(), self._new.all(), self._served.all()))

    def requested(self, connection: "Connection") -> None:
        """Note the first request of a connection."""
        address = self._new.remove(connection)
        if address is not None:
            self._served.add(connection, address)

    def closed(self, connection: "Connection") -> None:
        """Forget a connection."""
        if self._new.remove(connection) is None:
            self._served.remove(connection)

    def late(self) -> None:
        """Count a connection whose request did not arrive in time."""
        self._metrics.closed.labels("head").inc()

    def _close_unread(self, connection: "Connection") -> None:
        self._metrics.closed.labels("unread").inc()
        connection.abort()

    def _close_one(self, newest: "Connection", reason: str, groups: Iterable[Iterable["Connection"]]) -> None:
        """Close the first idle connection of the first group that has one, else the newest."""
        each = (connection for group in groups for connection in group)
        chosen = next((connection for connection in each if connection.is_idle and connection is not newest), newest)
        self._metrics.closed.labels(reason).inc()
        self.closed(chosen)
        chosen.abort()


class Connection(RequestHandler):
    """aiohttp's connection, with a time limit for each request's head and Marquee's own answer to what is not HTTP."""

    __slots__ = ("_head_timer", "_limits", "address")

    def __init__(self, manager: web.Server, *, limits: ConnectionLimits, loop: Any, **options: Any) -> None:
        super().__init__(manager, loop=loop, **options)
        self._limits = limits
        self.address = ""
        """The client's, "" for a trusted proxy."""
        self._head_timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Return whether it waits for a request."""
        return self._waiter is not None and not self._messages

    @property
    def unread_bytes(self) -> int:
        """Return how many bytes of responses wait in this process until the client reads."""
        return 0 if self.transport is None else self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close it at once."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it and expect its first request."""
        super().connection_made(transport)
        self._expect_head()
        self._limits.opened(self, transport.get_extra_info("peername"))

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._limits.slow_readers.began(self)

    def resume_writing(self) -> None:
        """Go on: the client has read enough."""
        super().resume_writing()
        self._limits.slow_readers.ended(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._head_arrived()
        self._limits.slow_readers.ended(self)
        self._limits.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has come; a head that has begun must be complete in time."""
        arrived = self._request_count
        super().data_received(data)
        if self._request_count != arrived:
            if self._head_timer is not None:
                self._head_arrived()
            if not arrived:
                self._limits.requested(self)
        elif self._head_timer is None and self.is_idle:
            self._expect_head()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's text quotes the caller's line
    ) -> web.StreamResponse:
        """Answer what aiohttp refuses without quoting it: 431 for what is too long, 400 for the rest.

        Raises ``ConnectionError`` when a response has begun.
        """
        if request.writer.output_size > 0:
            raise ConnectionError("the response has begun already")
        if isinstance(exc, LineTooLong):
            answer = json_response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, {"error": _TOO_LARGE}, _HEADERS)
        elif status == HTTPStatus.BAD_REQUEST:
            answer = json_response(HTTPStatus.BAD_REQUEST, {"error": _NOT_HTTP}, _HEADERS)
        else:
            answer = json_response(HTTPStatus(status), {"error": HTTPStatus(status).phrase}, _HEADERS)
        answer.force_close()
        return answer

    def _expect_head(self) -> None:
        self._head_timer = self._loop.call_later(self._limits.head_s, self._head_is_late)

    def _head_arrived(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        self._limits.late()
        self.abort()


class LimitedServer(web.Server):
    """aiohttp's server with :class:`Connection` for its connections."""

    def __init__(self, server: web.Server, limits: ConnectionLimits) -> None:
        options = server._kwargs  # noqa: SLF001 - has no public name
        super().__init__(server.request_handler, request_factory=server.request_factory, **options)
        self._limits = limits

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, limits=self._limits, loop=self._loop, **self._kwargs)
