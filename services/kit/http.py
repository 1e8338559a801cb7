"""The one HTTP client to the outside: every wait, try and byte of it has a limit.

``Http`` makes single calls. ``Line`` is what a source holds: it tries again where that may help, counts, and keeps away
from a source in trouble. Neither ever says a URL, for a URL may hold a key.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
import msgspec
from yarl import URL

from services.kit.errors import translated
from services.kit.limits import Breaker, HeldOff, MemoryBreaker, QuotaHeldOff
from services.kit.metrics import SourceMetrics
from shared.errors import SourceDown, SourceError, SourceGarbled, SourceRefused, SourceTimeout, SourceTooLarge

_T = TypeVar("_T")

JSON_BYTES: Final = 4 << 20
ART_BYTES: Final = 25 << 20

_CHUNK: Final = 65_536
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"User-Agent": "Marquee", "Accept-Encoding": "gzip, deflate"}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long we wait, how often we try and how many calls we make at once; seconds."""

    connect_s: float = 3.0
    attempt_s: float = 8.0
    whole_s: float = 20.0
    tries: int = 3
    first_wait_s: float = 0.25
    longest_wait_s: float = 8.0
    calls: int = 100
    calls_per_host: int = 32
    redirects: int = 2


class Question(msgspec.Struct, frozen=True):
    """One GET, or one POST of JSON where there is a body. Keys stand in it as ``Secret``, which does not print."""

    url: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    most_bytes: int = JSON_BYTES
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True):
    """What came back: 2xx, or 4xx other than 429. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooManyRequests(SourceRefused):
    """The source said 429."""


class Http:
    """The client; build it once, inside a running loop, and close it."""

    def __init__(
        self,
        metrics: SourceMetrics,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        breaker: Callable[[str], Breaker] = MemoryBreaker,
    ) -> None:
        self.limits = limits
        self.metrics = metrics
        self.sleep = sleep
        self._breaker = breaker
        metrics.limit.set(limits.calls_per_host)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limits.calls, limit_per_host=limits.calls_per_host),
            timeout=aiohttp.ClientTimeout(total=limits.attempt_s, sock_connect=limits.connect_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    def _request(self, url: URL, question: Question) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if not question.body:
            return self._session.get(url, headers=question.headers, allow_redirects=False)
        headers = {**question.headers, "Content-Type": "application/json"}
        return self._session.post(url, data=question.body, headers=headers, allow_redirects=False)

    def line(self, source: str) -> "Line":
        """Return a new line to a source; ``source`` names it in errors and metrics."""
        return Line(source, self, self._breaker(source))

    async def call(self, source: str, question: Question) -> Answer:
        """Make one call, following redirects only within the same host.

        Raises ``SourceDown`` (also for 5xx), ``SourceTimeout``, ``TooManyRequests``, ``SourceTooLarge``, and
        ``SourceGarbled`` for a redirect to elsewhere.
        """
        with translated(source):
            url = URL(question.url).update_query(dict(question.query))
            for _ in range(self.limits.redirects + 1):
                async with self._request(url, question) as response:
                    if response.status not in _REDIRECTS:
                        return await _answer(source, response, question.most_bytes)
                    url = _redirected(source, url, response.headers.get("Location", ""))
        raise SourceGarbled(source, "redirected too often")


class Line:
    """One source's line to the outside."""

    def __init__(self, source: str, http: Http, breaker: Breaker) -> None:
        self.source = source
        self._http = http
        self._breaker = breaker

    async def ask(self, question: Question, read: Callable[[Answer], _T]) -> _T:
        """Return what ``read`` makes of the answer, with as many tries as the limits allow.

        Raises ``SourceError``, and whatever facts ``read`` raises.
        """
        whole_s = self._http.limits.whole_s
        try:
            async with self._breaker.guard():
                try:
                    async with asyncio.timeout(whole_s):
                        return await self._try(question, read)
                except TimeoutError:
                    raise SourceTimeout(self.source, f"no answer within {whole_s:g} s") from None
        except (HeldOff, QuotaHeldOff):
            self._http.metrics.held_off(self.source)
            raise

    async def _try(self, question: Question, read: Callable[[Answer], _T]) -> _T:
        limits = self._http.limits
        for attempt in range(1, limits.tries + 1):
            try:
                with self._http.metrics.call(self.source):
                    return read(await self._http.call(self.source, question))
            except (SourceDown, SourceTimeout, TooManyRequests) as error:
                wait_s = _wait_s(attempt, error, limits)
                if attempt == limits.tries or wait_s > limits.longest_wait_s:
                    raise
            await self._http.sleep(wait_s)
        raise AssertionError("a line tries at least once")


async def _answer(source: str, response: aiohttp.ClientResponse, most_bytes: int) -> Answer:
    if response.status == HTTPStatus.TOO_MANY_REQUESTS or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        refused = response.status == HTTPStatus.TOO_MANY_REQUESTS
        wait_s = retry_after_s(response.headers.get("Retry-After"))
        raise (TooManyRequests if refused else SourceDown)(source, f"status {response.status}", retry_after_s=wait_s)
    if (response.content_length or 0) > most_bytes:
        raise SourceTooLarge(source, f"declares more than {most_bytes} bytes")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):  # already decompressed: a bomb stops here too
        body += chunk
        if len(body) > most_bytes:
            raise SourceTooLarge(source, f"more than {most_bytes} bytes")
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, bytes(body))


def _redirected(source: str, url: URL, location: str) -> URL:
    """Return where to go on; only the same host may say so, for our key goes with us."""
    try:
        target = url.join(URL(location))
        upgraded = (url.scheme, target.scheme) == ("http", "https") and target.host == url.host
        allowed = bool(location) and (upgraded or target.origin() == url.origin())
    except ValueError:
        raise SourceGarbled(source, "redirected to nowhere") from None
    if not allowed:
        raise SourceGarbled(source, "redirected to another host")
    return target


def retry_after_s(text: str | None) -> float | None:
    """Read a ``Retry-After``, seconds or a date; ``None`` when there is none that can be read."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.fromtimestamp(time.time(), UTC)).total_seconds())


def _wait_s(attempt: int, error: SourceError, limits: Limits) -> float:
    """Return how long to wait after a failed try: as told, else twice as long each time, spread out."""
    if error.retry_after_s:
        return error.retry_after_s
    longest_s = limits.first_wait_s * 2.0 ** (attempt - 1)
    return longest_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
