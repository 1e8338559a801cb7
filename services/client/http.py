"""The one HTTP client to the outside: every wait, attempt and byte has a limit.

``Http`` makes single calls. ``UpstreamClient`` is what a source holds: it attaches a key, retries where that may help,
moves on to the next key when one is refused, counts, and backs off from a source in trouble. Neither logs or raises a
URL, because a URL may hold a key.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
import msgspec
import structlog
from yarl import URL

from services.client.circuit_breaker import Breaker, CircuitOpen, KeysExhausted
from services.client.error_translation import translated
from services.client.key_pool import LONGEST_REST_S, KeyPool, Permit, Quota, ReportedQuota, read_told, rest_s
from services.client.limits import MemoryLimits, SourceLimits
from services.client.metrics import SourceMetrics
from services.client.priority import is_background
from shared.config.environment import Secret
from shared.domain.errors import (
    SourceDown,
    SourceError,
    SourceInvalidResponse,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
)
from shared.observability.tracing import Role, start_span

_T = TypeVar("_T")

JSON_BYTES: Final = 4 << 20
ART_BYTES: Final = 25 << 20

_CHUNK: Final = 65_536
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"User-Agent": "Marquee", "Accept-Encoding": "gzip, deflate"}

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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


class Request(msgspec.Struct, frozen=True):
    """One GET, or one POST of JSON where there is a body. Keys stand in it as ``Secret``, which does not print."""

    url: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    most_bytes: int = JSON_BYTES
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """What came back: 2xx, or 4xx other than 429. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooManyRequests(SourceRefused):
    """The source said 429; ``headers`` may say more, their names are in lower case."""

    headers: Mapping[str, str] = {}


Attach = Callable[[Request, Secret], Request]
"""Puts a key into a question."""


def in_query(name: str) -> Attach:
    """Return what puts a key into the query, under this name."""
    return lambda question, key: msgspec.structs.replace(question, query={**question.query, name: key})


class Http:
    """The client; build it once, inside a running loop, and close it."""

    def __init__(
        self,
        metrics: SourceMetrics,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        source_limits: SourceLimits = MemoryLimits(),  # noqa: B008 - holds nothing, only builds
    ) -> None:
        self.limits = limits
        self.metrics = metrics
        self.sleep = sleep
        self._source_limits = source_limits
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

    def _request(self, url: URL, question: Request) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if not question.body:
            return self._session.get(url, headers=question.headers, allow_redirects=False)
        headers = {**question.headers, "Content-Type": "application/json"}
        return self._session.post(url, data=question.body, headers=headers, allow_redirects=False)

    def line(
        self,
        source: str,
        keys: Sequence[Secret] = (),
        attach: Attach = lambda question, _: question,
        quota: Quota = Quota(),  # noqa: B008 - frozen
    ) -> "UpstreamClient":
        """Return a new line to a source; ``source`` names it in errors and metrics. It attaches one of the keys."""
        breaker, ring = self._source_limits.breaker(source), self._source_limits.ring(source, keys, quota)
        self.metrics.watch(source, breaker, ring)
        return UpstreamClient(source, self, breaker, ring, Keys(tuple(keys), attach, quota.is_told))

    async def call(self, source: str, question: Request) -> Response:
        """Make one call, following redirects only within the same host.

        Raises ``SourceDown`` (also for 5xx), ``SourceTimeout``, ``TooManyRequests``, ``SourceTooLarge``, and
        ``SourceInvalidResponse`` for a redirect to elsewhere.
        """
        method = "POST" if question.body else "GET"
        said = {"marquee.source": source, "http.request.method": method}
        with start_span(f"{method} {source}", Role.CLIENT, said) as span, translated(source):
            url = URL(question.url).update_query(dict(question.query))
            span.set("server.address", url.host or "")
            for _ in range(self.limits.redirects + 1):
                async with self._request(url, question) as response:
                    span.set("http.response.status_code", response.status)
                    if response.status not in _REDIRECTS:
                        return await _answer(source, response, question.most_bytes)
                    url = _redirected(source, url, response.headers.get("Location", ""))
        raise SourceInvalidResponse(source, "redirected too often")


class Keys(msgspec.Struct, frozen=True):
    """A source's keys, how one is put into a question, and whether its answers tell how much of it is used."""

    keys: tuple[Secret, ...]
    attach: Attach
    is_told: bool

    def question(self, question: Request, index: int) -> Request:
        """Return the question with a key, where there are keys."""
        return self.attach(question, self.keys[index]) if self.keys else question

    @property
    def count(self) -> int:
        """Return how many keys there are, the nameless one among them."""
        return max(1, len(self.keys))

    def others(self, index: int) -> tuple[int, ...]:
        """Return which keys there are besides, in the order of their turn."""
        return tuple((index + nth) % self.count for nth in range(1, self.count))

    def told(self, headers: Mapping[str, str]) -> ReportedQuota:
        """Return what an answer says of the key's day."""
        return read_told(headers, time.time()) if self.is_told else ReportedQuota()


class UpstreamClient:
    """One source's line to the outside."""

    def __init__(self, source: str, http: Http, breaker: Breaker, ring: KeyPool, keys: Keys) -> None:
        self.source = source
        self._http = http
        self._breaker = breaker
        self._ring = ring
        self._keys = keys

    async def send(self, question: Request, read: Callable[[Response], _T]) -> _T:
        """Return what ``read`` makes of the answer, with as many tries as the limits allow.

        Raises ``SourceError``, and whatever facts ``read`` raises. A ``SourceRefused`` says that no key is left; it
        tells when to come back, except where a host without keys does not say.
        """
        whole_s = self._http.limits.whole_s
        try:
            async with self._breaker.guard():
                try:
                    async with asyncio.timeout(whole_s):
                        return await self._try(question, read)
                except TimeoutError:
                    raise SourceTimeout(self.source, f"no answer within {whole_s:g} s") from None
        except (CircuitOpen, KeysExhausted):
            self._http.metrics.held_off(self.source)
            raise

    async def _try(self, question: Request, read: Callable[[Response], _T]) -> _T:
        ticket, attempt = await self._take(), 1
        for _ in range(self._http.limits.tries * self._keys.count):
            try:
                return await self._once(ticket, question, read)
            except SourceRefused as error:
                following = await self._after_refusal(ticket, attempt, error)
            except (SourceDown, SourceTimeout) as error:
                following = await self._again(ticket, attempt, error)
            attempt = attempt + 1 if following.index == ticket.index else 1
            ticket = following
        raise SourceRefused(self.source, "refused again and again")

    async def _once(self, ticket: Permit, question: Request, read: Callable[[Response], _T]) -> _T:
        """Make one try, and learn what its answer says of the key."""
        told = ReportedQuota()
        try:
            with self._http.metrics.call(self.source):
                answer = await self._http.call(self.source, self._keys.question(question, ticket.index))
                told = self._keys.told(answer.headers)
                return read(answer)
        except SourceRefused as error:
            if isinstance(error, TooManyRequests):
                told = self._keys.told(error.headers)
            if error.retry_after_s is None and told.is_spent:
                error.retry_after_s = told.reset_s
            raise
        finally:
            if told != ReportedQuota():
                await self._ring.record(ticket, told)

    async def _after_refusal(self, ticket: Permit, attempt: int, error: SourceRefused) -> Permit:
        """Let the key rest and return another one; without another, wait for it as after an accident, where told to."""
        others, soonest_s = self._keys.others(ticket.index), LONGEST_REST_S
        if others:
            try:
                following = await self._take(others)
            except KeysExhausted as held:
                soonest_s = held.retry_after_s or soonest_s
            else:
                await self._rest(ticket, error)
                return following
        if isinstance(error, TooManyRequests) and self._wait_s(attempt, error) is not None:
            return await self._again(ticket, attempt, error)
        await self._rest(ticket, error)
        if error.retry_after_s is not None:
            error.retry_after_s = min(error.retry_after_s, soonest_s)
        raise error

    async def _again(self, ticket: Permit, attempt: int, error: SourceError) -> Permit:
        """Wait, and return leave to ask again, with the same key where it is still ready; raise when that was all."""
        wait_s = self._wait_s(attempt, error)
        if wait_s is None:
            raise error
        await self._http.sleep(wait_s)
        try:
            return await self._take((ticket.index, *self._keys.others(ticket.index)))
        except KeysExhausted as held:  # the budget ended while we waited, or others saw the key refused for good
            if isinstance(error, SourceRefused):
                error.retry_after_s = held.retry_after_s
            raise error from None

    async def _rest(self, ticket: Permit, error: SourceRefused) -> None:
        """Hand the refused key out no more for a while; a host without keys rests only where it says for how long."""
        if self._keys.keys or error.retry_after_s:
            error.retry_after_s = rest_s(error.retry_after_s, is_haste=isinstance(error, TooManyRequests))
            if await self._ring.cool_down(ticket.index, error.retry_after_s):
                log.warning("source_key_rested", source=self.source, key=ticket.index + 1, rest_s=error.retry_after_s)

    async def _take(self, among: Sequence[int] = ()) -> Permit:
        return await self._ring.acquire(is_urgent=not is_background(), among=among)

    def _wait_s(self, attempt: int, error: SourceError) -> float | None:
        """Return how long to wait after a failed try: as told, else twice as long each time, spread out.

        ``None`` when that was the last try, or the wait is too long.
        """
        limits = self._http.limits
        longest_s = limits.first_wait_s * 2.0 ** (attempt - 1)
        wait_s = error.retry_after_s or longest_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
        return wait_s if attempt < limits.tries and wait_s <= limits.longest_wait_s else None


async def _answer(source: str, response: aiohttp.ClientResponse, most_bytes: int) -> Response:
    if response.status == HTTPStatus.TOO_MANY_REQUESTS or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        said, wait_s = f"status {response.status}", retry_after_s(response.headers.get("Retry-After"))
        if response.status != HTTPStatus.TOO_MANY_REQUESTS:
            raise SourceDown(source, said, retry_after_s=wait_s)
        refusal = TooManyRequests(source, said, retry_after_s=wait_s)
        refusal.headers = _lower(response.headers)
        raise refusal
    if (response.content_length or 0) > most_bytes:
        raise SourceTooLarge(source, f"declares more than {most_bytes} bytes")
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):  # already decompressed: a bomb stops here too
        body += chunk
        if len(body) > most_bytes:
            raise SourceTooLarge(source, f"more than {most_bytes} bytes")
    return Response(response.status, _lower(response.headers), bytes(body))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _redirected(source: str, url: URL, location: str) -> URL:
    """Return where to go on; only the same host may say so, for our key goes with us."""
    try:
        target = url.join(URL(location))
        upgraded = (url.scheme, target.scheme) == ("http", "https") and target.host == url.host
        allowed = bool(location) and (upgraded or target.origin() == url.origin())
    except ValueError:
        raise SourceInvalidResponse(source, "redirected to nowhere") from None
    if not allowed:
        raise SourceInvalidResponse(source, "redirected to another host")
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
