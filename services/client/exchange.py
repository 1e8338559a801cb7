"""One HTTP request and its response, on the connections of an aiohttp connector.

aiohttp's connector, its connections and its parser do the work that is easily done wrong: TLS, DNS, limits, reuse and
the protocol. Its session is left out, because what it does besides (cookies, proxies, redirects, objects that describe
a request) costs more processor time than all the rest. ``tests/services/client/test_exchange.py`` notices when
a new version of aiohttp has another interface.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import Final

import aiohttp
from aiohttp.client_reqrep import ClientRequest, ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import StreamWriter
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDictProxy
from yarl import URL

_SCHEMES: Final = frozenset({"http", "https"})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_WITH_LENGTH: Final = frozenset({"POST", "PUT"})  # of these a server expects a length even without a body
_MOST_ORIGINS: Final = 256
_MOST_INTERIM: Final = 10  # responses of 1xx before the real one
_MOST_UNFIT: Final = 10  # connections in a row that cannot be used
_BUFFERED: Final = 1 << 16  # bytes of a body; reading pauses at twice as many

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_Origin = tuple[str, str | None, int | None]


class ReceivedResponse:
    """Status and headers of a response, and the stream of its body."""

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, headers: CIMultiDictProxy[str], content: aiohttp.StreamReader) -> None:
        self.status, self.headers, self.content = status, headers, content

    @property
    def content_length(self) -> int | None:
        """Return the length that the response declares."""
        length = self.headers.get("Content-Length")
        return int(length) if length is not None else None

    @property
    def content_type(self) -> str:
        """Return the media type without its parameters."""
        return self.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()


class HttpConnections:
    """Open connections to any number of servers. Bodies are not decompressed, and redirects not followed.

    ``connect_s`` limits the time to a new connection; with ``limits_queue`` also the time until there may be one.
    """

    def __init__(self, connector: aiohttp.TCPConnector, connect_s: float, *, limits_queue: bool) -> None:
        self._connector = connector
        waits_s = connect_s if limits_queue else None
        self._timeout = aiohttp.ClientTimeout(total=None, connect=waits_s, sock_connect=connect_s)
        self._origins: OrderedDict[_Origin, _Server] = OrderedDict()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connector.close()

    def exchange(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes = b"", *, silent_s: float | None = None
    ) -> "_Exchange":
        """Return a context in which the response is read; what is unread at its end costs the connection.

        No pause of the response is longer than ``silent_s``. A request that a server may get twice is repeated once
        when its connection breaks before the response. The whole is not limited in time.

        Raises ``ValueError`` for control characters in a header. Entering the context raises ``aiohttp.ClientError``,
        ``OSError`` and ``TimeoutError``.
        """
        return _Exchange(self, method, url, _head(method, url, headers, body), body, silent_s)

    async def connection(self, url: URL) -> Connection:
        """Return a connection, which the caller releases. Raises ``aiohttp.ClientError`` and ``OSError``."""
        for _ in range(_MOST_UNFIT):
            connection = await self._connect(url)
            protocol = connection.protocol
            # While it was idle, a server may have sent a response of its own, such as status 408: it would be taken for
            # the response to the next request.
            if protocol is not None and not protocol.should_close:
                return connection
            connection.close()
        raise aiohttp.ServerDisconnectedError("no connection can be used")

    async def _connect(self, url: URL) -> Connection:
        try:
            return await self._connector.connect(self._origin(url), [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error

    def _origin(self, url: URL) -> "_Server":
        origin = (url.scheme, url.raw_host, url.port)
        server = self._origins.get(origin)
        if server is None:
            if url.scheme not in _SCHEMES or not url.raw_host:
                raise aiohttp.InvalidURL("no address of a server")
            server = _Server("GET", url.origin(), loop=asyncio.get_running_loop())
            while len(self._origins) >= _MOST_ORIGINS:
                self._origins.popitem(last=False)
            self._origins[origin] = server
        return server


class _Server(ClientRequest):
    """What the connector wants to know about a server; it asks for the key at every request."""

    @cached_property
    def connection_key(self) -> ConnectionKey:
        """Return the key under which the connector keeps the server's connections."""
        return super().connection_key


class _Exchange:
    __slots__ = ("_body", "_connection", "_connections", "_head", "_method", "_silent_s", "_url")

    def __init__(
        self, connections: HttpConnections, method: str, url: URL, head: bytes, body: bytes, silent_s: float | None
    ) -> None:
        self._connections, self._method, self._url = connections, method, url
        self._head, self._body, self._silent_s = head, body, silent_s
        self._connection: Connection | None = None

    async def __aenter__(self) -> ReceivedResponse:
        try:
            return await self._send()
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            if self._method not in _REPEATABLE:
                raise
        return await self._send()  # servers close connections that were idle, and may do so just now

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.release()  # closes it if anything is unread

    async def _send(self) -> ReceivedResponse:
        connection = await self._connections.connection(self._url)
        try:
            response = await self._exchanged(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return response

    async def _exchanged(self, connection: Connection) -> ReceivedResponse:
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            raise aiohttp.ServerDisconnectedError
        protocol.set_response_params(
            skip_payload=self._method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=self._silent_s,
            read_bufsize=_BUFFERED,
        )
        transport.writelines((self._head, self._body) if self._body else (self._head,))
        if protocol.writing_paused:
            with suppress(OSError):  # reading has the reason, or a response that came before
                await StreamWriter(protocol, asyncio.get_running_loop()).drain()
        for _ in range(_MOST_INTERIM):
            if len(protocol) == 0:
                protocol.start_timeout()  # again after an interim response, which ends it
            try:
                message, content = await protocol.read()
            except HttpProcessingError as error:
                # aiohttp's own text would quote the response, which may repeat a key.
                raise aiohttp.ClientPayloadError(f"invalid response ({type(error).__name__})") from None
            if message.code >= HTTPStatus.OK or message.code == HTTPStatus.SWITCHING_PROTOCOLS:
                if message.code == HTTPStatus.REQUEST_TIMEOUT:
                    protocol.force_close()  # it may be about waiting for this request, whose own response follows
                return ReceivedResponse(message.code, message.headers, content)
        raise aiohttp.ClientPayloadError("only interim responses")


def _head(method: str, url: URL, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the head of a request. Raises ``ValueError`` for what would break its lines."""
    lines = [f"{method} {url.raw_path_qs} HTTP/1.1"]
    if "Host" not in headers:
        lines.append(f"Host: {url.host_port_subcomponent}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    login = aiohttp.BasicAuth.from_url(url)
    if login is not None:
        lines.append(f"Authorization: {login.encode()}")
    if body or method in _WITH_LENGTH:
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines) or _CONTROL.search(text):
        raise ValueError("control characters in a header")
    return f"{text}\r\n\r\n".encode()
