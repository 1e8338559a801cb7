"""Direct mode: proxies the renderer's pictures, for clients that do not follow redirects.

Only the method, conditional headers, the range and the client's address are passed to the renderer. Small responses
are buffered, so that a truncated one can still become an error. Larger ones are streamed at the client's pace, and a
truncated one aborts the client's connection, so that no client mistakes a part for the whole.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Final, Self, TypeAlias

import aiohttp
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from gateway.metrics import GatewayMetrics
from gateway.pictures.proxy_headers import FOR_RENDERER, headers_for_caller, headers_of_caller, own_headers
from gateway.pictures.proxy_limits import ProxyLimits
from shared.domain.errors import Busy, DeadlineExceeded, StoreDown
from shared.observability.tracing import Role, start_span

_Session: TypeAlias = aiohttp.ClientSession  # noqa: TID251 - a proxy to the renderer, not to an outside service

_PICTURES: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_FIRST_REFUSAL: Final = HTTPStatus.BAD_REQUEST

_CLIENT_GONE: Final = 499
"""The status of a response whose client has left."""

_CHECK_S: Final = 0.1
"""How often to check whether a waiting client is still there: aiohttp tells a handler only when it writes."""


class PictureProxy:
    """Serves the renderer's pictures. Create it with ``open``."""

    def __init__(
        self,
        session: _Session,
        renderer_url: str,
        metrics: GatewayMetrics,
        limits: ProxyLimits,
        bucket_url: str | None = None,
    ) -> None:
        self._session, self._limits = session, limits
        self._bucket = f"{bucket_url}/" if bucket_url else None
        self._renderer_url = renderer_url.rstrip("/")
        self._in_flight = 0
        metrics.watch_limit("direct_connections", lambda: min(self._in_flight, limits.connections), limits.connections)
        metrics.watch_limit("direct_waiting", lambda: max(0, self._in_flight - limits.connections), limits.waiting)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        renderer_url: str,
        metrics: GatewayMetrics,
        *,
        limits: ProxyLimits = ProxyLimits(),  # noqa: B008 - frozen
        bucket_url: str | None = None,
    ) -> AsyncIterator[Self]:
        """Keep connections to the renderer open during the block; they are opened when needed.

        Where the renderer says that a picture is below ``bucket_url``, it is fetched there.
        """
        session = _Session(
            connector=aiohttp.TCPConnector(limit=limits.connections),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s, sock_read=limits.pause_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=limits.piece,
        )
        async with session:
            yield cls(session, renderer_url, metrics, limits, bucket_url)

    async def answer(self, request: web.Request, path: str, client: str) -> web.StreamResponse:
        """Return the renderer's response to ``path``, an encoded path with its query, for the client at ``client``.

        Raises ``Busy`` at once if there are too many requests; ``DeadlineExceeded`` and ``StoreDown`` if the renderer
        fails. If part of the picture was already sent, the client's connection is closed first.
        """
        limits = self._limits
        if self._in_flight >= limits.connections + limits.waiting:
            raise Busy("too many direct pictures at once")
        self._in_flight += 1
        try:
            async with _while_there(request):
                return await self._proxy(request, path, client)
        except TimeoutError:  # the client left; all other timeouts were translated
            return web.Response(status=_CLIENT_GONE)
        finally:
            self._in_flight -= 1

    async def fetch(self, path: str, client: str) -> tuple[int, bytes]:
        """Return the status and the body of a small document of the renderer's. Raises like :meth:`answer`."""
        limits, url = self._limits, URL(f"{self._renderer_url}{path}", encoded=True)
        if self._in_flight >= limits.connections + limits.waiting:
            raise Busy("too many direct pictures at once")
        self._in_flight += 1
        try:
            with start_span("GET renderer", Role.CLIENT), renderer_errors():
                async with asyncio.timeout(limits.document_s):
                    said = await self._session.get(url, headers=own_headers(client), allow_redirects=False)
            try:
                return said.status, await self._read(said, limits.whole)
            finally:
                said.release()
        finally:
            self._in_flight -= 1

    async def _proxy(self, request: web.Request, path: str, client: str) -> web.StreamResponse:
        async with self._requested(request, path, client) as said:
            headers = headers_for_caller(said)
            if request.method == hdrs.METH_HEAD or said.status == HTTPStatus.NOT_MODIFIED:
                return web.StreamResponse(status=said.status, headers=headers)
            if said.status >= _FIRST_REFUSAL:
                body = await self._read(said, self._limits.refusal)
            elif said.content_length is not None and said.content_length <= self._limits.whole:
                body = await self._read(said, self._limits.whole)
            else:
                return await self._stream(request, said, headers)
        headers.pop(hdrs.CONTENT_LENGTH, None)
        return web.Response(status=said.status, headers=headers, body=body)

    @asynccontextmanager
    async def _requested(self, request: web.Request, path: str, client: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send the request; yields the response before its body. An unread rest closes the connection."""
        url = URL(f"{self._renderer_url}{path}", encoded=True)
        with start_span(f"{request.method} renderer", Role.CLIENT) as span, renderer_errors():
            headers = headers_of_caller(request, client)
            async with asyncio.timeout(self._limits.headers_s):
                said = await self._session.request(request.method, url, headers=headers, allow_redirects=False)
                if (stored := self._in_bucket(said)) is not None:
                    said.release()
                    said = await self._fetched(request.method, stored, headers)
            span.set("http.response.status_code", said.status)
        try:
            if said.status < _FIRST_REFUSAL and said.status not in _PICTURES | {HTTPStatus.NOT_MODIFIED}:
                raise StoreDown(f"the renderer answered {said.status}")
            yield said
        finally:
            said.release()

    def _in_bucket(self, said: aiohttp.ClientResponse) -> URL | None:
        """Return where in the bucket the renderer says that the picture is, or ``None`` if it says anything else."""
        location = said.headers.get(hdrs.LOCATION, "")
        if self._bucket is None or said.status != HTTPStatus.FOUND or not location.startswith(self._bucket):
            return None
        return URL(location, encoded=True)

    async def _fetched(self, method: str, url: URL, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Return the bucket's response with a picture. Raises ``StoreDown`` for any other response."""
        only = {name: value for name, value in headers.items() if name not in FOR_RENDERER}
        said = await self._session.request(method, url, headers=only, allow_redirects=False)
        if said.status not in _PICTURES | {HTTPStatus.NOT_MODIFIED}:
            said.release()
            raise StoreDown(f"the bucket answered {said.status}")
        return said

    async def _read(self, said: aiohttp.ClientResponse, most: int) -> bytes:
        """Return a small body. Raises ``StoreDown`` if it is larger than ``most``."""
        body = bytearray()
        while piece := await _next(said):
            body += piece
            if len(body) > most:
                raise StoreDown(f"the renderer answered {said.status} with more than {most} bytes")
        return bytes(body)

    async def _stream(
        self, request: web.Request, said: aiohttp.ClientResponse, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Stream a large body; abort the client's connection if it cannot be completed."""
        answer = web.StreamResponse(status=said.status, headers=headers)
        taken, is_whole = 0, False
        try:
            await answer.prepare(request)
            while piece := await _next(said):
                taken += len(piece)
                if taken > self._limits.picture:
                    raise StoreDown(f"the renderer sent more than {self._limits.picture} bytes")
                async with asyncio.timeout(self._limits.caller_pause_s):
                    await answer.write(piece)
            is_whole = True
        except (ConnectionError, TimeoutError):
            pass  # the client disconnected or stopped reading: not an error
        finally:
            if not is_whole and request.transport is not None:
                request.transport.abort()
        return answer


async def _next(said: aiohttp.ClientResponse) -> bytes:
    """Return the next chunk of a body, empty at its end."""
    with renderer_errors():
        return await said.content.readany()


@contextmanager
def renderer_errors() -> Iterator[None]:
    """Translate aiohttp's errors to ``DeadlineExceeded`` and ``StoreDown``; others pass.

    Only the class of the error is kept: its text may contain the renderer's URL with a password.
    """
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise StoreDown(f"the renderer cannot be reached ({type(error).__name__})") from None
    except TimeoutError as error:  # first: most of aiohttp's timeouts are client errors as well
        raise DeadlineExceeded(f"the renderer did not answer in time ({type(error).__name__})") from None
    except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
        raise StoreDown(f"the renderer failed ({type(error).__name__})") from None


@asynccontextmanager
async def _while_there(request: web.Request) -> AsyncIterator[None]:
    """Run the block while the client is connected. Raises ``TimeoutError`` once it has left."""
    loop = asyncio.get_running_loop()
    next_check: asyncio.TimerHandle
    async with asyncio.timeout(None) as timeout:

        def check() -> None:
            nonlocal next_check
            if request.transport is None or request.transport.is_closing():
                timeout.reschedule(loop.time())
            else:
                next_check = loop.call_later(_CHECK_S, check)

        next_check = loop.call_later(_CHECK_S, check)
        try:
            yield
        finally:
            next_check.cancel()
