"""Direct mode: a picture of the renderer goes through the gateway, for clients that do not follow a redirect.

What a caller says of itself stays here: the renderer is told a method, conditions, a range and the caller's address.
Small answers are read whole, so that one which breaks off can still become a sentence. Larger ones flow: the renderer
is read as fast as the caller takes, and a picture that breaks off ends the caller's connection, so that nobody takes a
part for the whole. (One file above our usual length: asking, judging and handing on share every limit and header list.)
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Final, Self, TypeAlias

import aiohttp
import msgspec
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from gateway.error_responses import HEADERS
from gateway.metrics import GatewayMetrics
from shared.domain import cache_lifetime
from shared.domain.errors import Busy, DeadlineExceeded, StoreDown
from shared.http.error_responses import RETRY_AFTER_S
from shared.observability.tracing import HEADER, Role, current_span, start_span

_Session: TypeAlias = aiohttp.ClientSession  # noqa: TID251 - a proxy to our own renderer; no outside service is asked

_ASKED: Final = {"Accept-Encoding": "identity", "User-Agent": "marquee-gateway"}
"""What the renderer is told in any case: pictures are compressed already."""

_FROM_CALLER: Final = (hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE, hdrs.RANGE, hdrs.IF_RANGE)
_FROM_RENDERER: Final = (
    hdrs.ACCEPT_RANGES,
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS,
    hdrs.CACHE_CONTROL,
    hdrs.CONTENT_ENCODING,
    hdrs.CONTENT_LENGTH,
    hdrs.CONTENT_RANGE,
    hdrs.CONTENT_TYPE,
    "ETag",
    hdrs.LAST_MODIFIED,
    hdrs.RETRY_AFTER,
    "X-Cache-Status",
    "X-Elements-Hash",
)
_ALWAYS: Final = HEADERS | {"X-Content-Type-Options": "nosniff"}

_PICTURES: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_FIRST_REFUSAL: Final = HTTPStatus.BAD_REQUEST
_FIRST_FAILURE: Final = HTTPStatus.INTERNAL_SERVER_ERROR

_BELIEVED: Final = re.compile(r"public, max-age=([0-9]{1,10})(?:,|$)")
_BELIEVED_S: Final = 3600
"""A picture that the renderer believes for as long as this is a good one; all others keep the renderer's own words."""

_GONE: Final = 499
"""The status of an answer that nobody reads any more."""

_LOOK_S: Final = 0.1
"""How often is looked whether a waiting caller is still there: the server tells a handler only when it writes."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long we wait, how much we hold and how many we serve at once; seconds and bytes."""

    connections: int = 256
    waiting: int = 256
    connect_s: float = 1.0
    headers_s: float = 4.0
    """Until the answer begins, the wait for a connection included: the renderer itself waits 2.8 s for a drawing."""
    pause_s: float = 10.0
    """Between two pieces of the renderer's."""
    caller_pause_s: float = 30.0
    """For a caller to take a piece."""
    piece: int = 64 << 10
    whole: int = 256 << 10
    """The largest picture that is read whole; a poster has about 80 KB."""
    refusal: int = 64 << 10
    picture: int = 64 << 20


class PictureProxy:
    """Answers with the renderer's pictures. Build it with ``open``."""

    def __init__(self, session: _Session, renderer_url: str, metrics: GatewayMetrics, limits: Limits) -> None:
        self._session, self._limits = session, limits
        self._renderer_url = renderer_url.rstrip("/")
        self._in_hand = 0
        metrics.watch_limit("direct_connections", lambda: min(self._in_hand, limits.connections), limits.connections)
        metrics.watch_limit("direct_waiting", lambda: max(0, self._in_hand - limits.connections), limits.waiting)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        renderer_url: str,
        metrics: GatewayMetrics,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> AsyncIterator[Self]:
        """Hold the connections to the renderer while the block lasts; the first is made for the first picture."""
        session = _Session(
            connector=aiohttp.TCPConnector(limit=limits.connections),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s, sock_read=limits.pause_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=limits.piece,
        )
        async with session:
            yield cls(session, renderer_url, metrics, limits)

    async def answer(self, request: web.Request, path: str, client: str) -> web.StreamResponse:
        """Return the renderer's answer to ``path``, an encoded path with its query, for the caller at ``client``.

        Raises ``Busy`` at once when too many are here; ``DeadlineExceeded`` and ``StoreDown`` when the renderer
        fails. If part of the picture was already sent, the caller's connection is closed first.
        """
        limits = self._limits
        if self._in_hand >= limits.connections + limits.waiting:
            raise Busy("too many direct pictures at once")
        self._in_hand += 1
        try:
            async with _while_there(request):
                return await self._pass_on(request, path, client)
        except TimeoutError:  # the caller left: every other time-out has become one of ours
            return web.Response(status=_GONE)
        finally:
            self._in_hand -= 1

    async def _pass_on(self, request: web.Request, path: str, client: str) -> web.StreamResponse:
        async with self._asked(request, path, client) as said:
            headers = _headers(said)
            if request.method == hdrs.METH_HEAD or said.status == HTTPStatus.NOT_MODIFIED:
                return web.StreamResponse(status=said.status, headers=headers)
            if said.status >= _FIRST_REFUSAL:
                body = await self._read(said, self._limits.refusal)
            elif said.content_length is not None and said.content_length <= self._limits.whole:
                body = await self._read(said, self._limits.whole)
            else:
                return await self._flow(request, said, headers)
        headers.pop(hdrs.CONTENT_LENGTH, None)
        return web.Response(status=said.status, headers=headers, body=body)

    @asynccontextmanager
    async def _asked(self, request: web.Request, path: str, client: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask the renderer; yields its answer, whose body is yet to come. Its connection ends with an unread rest."""
        url = URL(f"{self._renderer_url}{path}", encoded=True)
        with start_span(f"{request.method} renderer", Role.CLIENT) as span, translated():
            headers = _question(request, client)
            async with asyncio.timeout(self._limits.headers_s):
                said = await self._session.request(request.method, url, headers=headers, allow_redirects=False)
            span.set("http.response.status_code", said.status)
        try:
            if said.status < _FIRST_REFUSAL and said.status not in _PICTURES | {HTTPStatus.NOT_MODIFIED}:
                raise StoreDown(f"the renderer answered {said.status}")
            yield said
        finally:
            said.release()

    async def _read(self, said: aiohttp.ClientResponse, most: int) -> bytes:
        """Return a small body."""
        body = bytearray()
        while piece := await _next(said):
            body += piece
            if len(body) > most:
                raise StoreDown(f"the renderer answered {said.status} with more than {most} bytes")
        return bytes(body)

    async def _flow(
        self, request: web.Request, said: aiohttp.ClientResponse, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Hand a large body on, piece by piece; end the caller's connection when it cannot be brought to its end."""
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
            pass  # the caller left, or takes nothing: no failure of ours
        finally:
            if not is_whole and request.transport is not None:
                request.transport.abort()
        return answer


async def _next(said: aiohttp.ClientResponse) -> bytes:
    """Return what has come of a body, nothing at its end."""
    with translated():
        return await said.content.readany()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what aiohttp raises into ``DeadlineExceeded`` and ``StoreDown``; all else passes.

    The chain is cut and only the class of the error said: its text may hold the renderer's URL, and that a password.
    """
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise StoreDown(f"the renderer cannot be reached ({type(error).__name__})") from None
    except TimeoutError as error:  # first: most of aiohttp's own time-outs are client errors too
        raise DeadlineExceeded(f"the renderer did not answer in time ({type(error).__name__})") from None
    except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
        raise StoreDown(f"the renderer failed ({type(error).__name__})") from None


@asynccontextmanager
async def _while_there(request: web.Request) -> AsyncIterator[None]:
    """Do the block while the caller is there. Raises ``TimeoutError`` when the caller has left."""
    loop = asyncio.get_running_loop()
    next_look: asyncio.TimerHandle
    async with asyncio.timeout(None) as patience:

        def look() -> None:
            nonlocal next_look
            if request.transport is None or request.transport.is_closing():
                patience.reschedule(loop.time())
            else:
                next_look = loop.call_later(_LOOK_S, look)

        next_look = loop.call_later(_LOOK_S, look)
        try:
            yield
        finally:
            next_look.cancel()


def _question(request: web.Request, client: str) -> dict[str, str]:
    """Return what the renderer is told of a caller: conditions and ranges as they are, where they can be sent."""
    # Of an IPv6 client the name is its network, and the header holds addresses.
    asked = {**_ASKED, str(hdrs.X_FORWARDED_FOR): client.partition("/")[0]}
    for name in _FROM_CALLER:
        value = request.headers.get(name)
        if value and value.isascii():
            asked[name] = value
    if trace := current_span().traceparent:
        asked[HEADER] = trace
    return asked


def _headers(said: aiohttp.ClientResponse) -> dict[str, str]:
    """Return what a caller is told: all that belongs to a picture, and for how long it may be believed."""
    passed = {name: said.headers[name] for name in _FROM_RENDERER if name in said.headers}
    if said.status == HTTPStatus.SERVICE_UNAVAILABLE:
        passed.setdefault(hdrs.RETRY_AFTER, str(RETRY_AFTER_S))
    return {**passed, **_ALWAYS, hdrs.CACHE_CONTROL: _cache_control(said.status, passed.get(hdrs.CACHE_CONTROL))}


def _cache_control(status: int, said: str | None) -> str:
    """Return ``DIRECT`` for a picture that the renderer calls good, else what it said; never more for a failure."""
    if said is None or status >= _FIRST_FAILURE:
        return cache_lifetime.NO_STORE
    believed = _BELIEVED.match(said)
    if status >= _FIRST_REFUSAL or believed is None or int(believed[1]) < _BELIEVED_S:
        return said
    return cache_lifetime.DIRECT
