"""The client that a source holds: it attaches a key, retries, fails over to the next key, and counts.

A circuit breaker stops calls to a source that keeps failing; what concerns one title or one key does not count there.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Final, TypeVar

import msgspec
import structlog

from services.client.circuit_breaker import BreakerRules, CircuitOpen, KeysExhausted
from services.client.failure_scope import KeyFailures, QuestionFailures
from services.client.http import Http, Request, Response, TooManyRequests
from services.client.key_pool import MAX_COOLDOWN_S, NO_REPORT, Permit, Quota, ReportedQuota, read_quota
from services.client.key_rests import KeyRests
from services.client.priority import is_background
from services.client.well_known import WellKnownQuestion
from shared.config.environment import Secret
from shared.domain.errors import (
    MarqueeError,
    SourceDown,
    SourceError,
    SourceInvalidResponse,
    SourceRefused,
    SourceTimeout,
)

_T = TypeVar("_T")

_ON_LOOP_BYTES: Final = 64 << 10  # JSON of this size takes about 3 ms; more is read in a thread

AttachKey = Callable[[Request, Secret], Request]
"""Returns the request with a key in it."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def in_query(name: str) -> AttachKey:
    """Return a function that puts the key into the query parameter ``name``."""
    return lambda request, key: msgspec.structs.replace(request, query={**request.query, name: key})


class UpstreamClient:
    """Sends the requests of one source; ``source`` is its name in errors and metrics.

    ``serves_pictures`` is for a host of nothing but pictures.
    """

    def __init__(
        self,
        http: Http,
        source: str,
        keys: Sequence[Secret] = (),
        attach: AttachKey = lambda request, _: request,
        quota: Quota = Quota(),  # noqa: B008 - frozen
        rules: BreakerRules = BreakerRules(),  # noqa: B008 - frozen
        *,
        serves_pictures: bool = False,
    ) -> None:
        self.source = source
        # To read a picture's response is to look at its status: a thread would cost more.
        self._on_loop_bytes = inf if serves_pictures else _ON_LOOP_BYTES
        self._http = http
        self._breaker = http.source_limits.breaker(source)
        self._key_pool = http.source_limits.key_pool(source, keys, quota)
        self._keys = _Keys(tuple(keys), attach, quota.is_reported)
        self._questions = QuestionFailures(source, rules=rules)
        self._key_failures = KeyFailures(self._keys.count, rules=rules)
        self._key_rest_s = rules.open_s
        self._rests = KeyRests(self._keys.count)
        self._well_known = WellKnownQuestion(
            self._attempt, self._acquire_for_check, keys=self._keys.count, acquitted_s=rules.open_s
        )
        http.metrics.watch(source, self._breaker, self._key_pool)

    async def send(self, request: Request, read: Callable[[Response], _T]) -> _T:
        """Return what ``read`` makes of the response. Retries as the policy allows.

        Raises ``SourceError``, and the permanent errors that ``read`` raises. ``SourceRefused`` means that no key is
        left; it says when to retry, except for a host without keys that sends no ``Retry-After``. ``CircuitOpen``
        means that the source, or this question, failed too often a moment ago.
        """
        try:
            self._questions.check(request)
            async with self._breaker.guard():
                return await self._send_judged(request, read)
        except (CircuitOpen, KeysExhausted):
            self._http.metrics.count_not_sent(self.source)
            raise

    async def _send_judged(self, request: Request, read: Callable[[Response], _T]) -> _T:
        """Send within the total time; mark an error that is no trouble of the whole source."""
        until = _now() + self._http.retry_policy.total_s
        try:
            value = await self._send(request, read, until)
        except SourceError as error:
            is_own = self._questions.failed(request, error)
            if is_own and self._questions.wants_check() and not await self._well_known.is_readable():
                self._questions.distrust()
                is_own = False
            error.is_local = error.is_local or is_own
            raise
        except MarqueeError:  # permanent, such as a picture that is gone: a readable answer
            self._questions.answered(request)
            raise
        self._questions.answered(request)
        self._well_known.remember(request, read)
        return value

    async def _send(self, request: Request, read: Callable[[Response], _T], until: float) -> _T:
        permit, attempt, doubted = await self._acquire(), 1, None
        for _ in range(self._http.retry_policy.attempts * self._keys.count):
            try:
                value = await self._attempt(permit, request, read, until)
            except SourceRefused as error:
                following = await self._after_refusal(request, permit, attempt, error, until)
            except (SourceDown, SourceTimeout) as error:
                await self._note_key_failure(permit, error)
                following = await self._retry(permit, attempt, error, until)
            except SourceInvalidResponse as error:
                if doubted is not None:
                    raise
                doubted, following = permit, await self._other_key(permit, error)
            else:
                self._key_failures.succeeded(permit.index)
                self._rests.answered(permit.index)
                if doubted is not None and doubted.index != permit.index:
                    await self._note_key_failure(doubted)
                return value
            attempt = attempt + 1 if following.index == permit.index else 1
            permit = following
        raise SourceRefused(self.source, "every attempt was refused")

    async def _note_key_failure(self, permit: Permit, error: SourceError | None = None) -> None:
        """Record that a key failed; one that keeps failing while others work rests for a while."""
        is_own = self._key_failures.failed(permit.index)
        if error is not None:
            error.is_local = is_own
        if is_own and self._key_failures.is_worn_out(permit.index):
            await self._rest(permit, self._key_rest_s)

    async def _other_key(self, permit: Permit, error: SourceInvalidResponse) -> Permit:
        """Return a permit for another key, whose answer may be readable. Raises ``error`` if none is ready."""
        others = self._keys.others(permit.index)
        if not others:
            raise error
        try:
            return await self._acquire(others)
        except KeysExhausted:
            raise error from None

    async def _attempt(
        self, permit: Permit, request: Request, read: Callable[[Response], _T], until: float = inf
    ) -> _T:
        """Make one attempt, and record the quota that the response reports."""
        reported = NO_REPORT
        try:
            with self._http.metrics.call(self.source):
                response = await self._http.call(self.source, self._keys.attached(request, permit.index), until=until)
                reported = self._keys.reported(response.headers)
                if len(response.body) <= self._on_loop_bytes:
                    return read(response)
                return await asyncio.to_thread(read, response)
        except SourceRefused as error:
            if isinstance(error, TooManyRequests):
                reported = self._keys.reported(error.headers)
            if error.retry_after_s is None and reported.is_spent:
                error.retry_after_s = reported.reset_s
            raise
        finally:
            if reported != NO_REPORT:
                await self._key_pool.record(permit, reported)

    async def _after_refusal(
        self, request: Request, permit: Permit, attempt: int, error: SourceRefused, until: float
    ) -> Permit:
        """Cool the key down and return a permit for another one.

        If no other key is ready, a 429 is retried with the same key after a wait. Raises ``error`` if that is not
        possible; then the last key cools down too, unless it still gets an answer to the well-known question.
        """
        others, soonest_s = self._keys.others(permit.index), MAX_COOLDOWN_S
        if others:
            try:
                following = await self._acquire(others)
            except KeysExhausted as exhausted:
                soonest_s = exhausted.retry_after_s or soonest_s
            else:
                await self._cool_down(permit, error)
                return following
        if isinstance(error, TooManyRequests) and self._wait_s(attempt, error) is not None:
            return await self._retry(permit, attempt, error, until)
        if await self._well_known.acquits(permit.index, request):
            error.is_local = True
            raise error
        await self._cool_down(permit, error)
        if error.retry_after_s is not None:
            error.retry_after_s = min(error.retry_after_s, soonest_s)
        raise error

    async def _retry(self, permit: Permit, attempt: int, error: SourceError, until: float) -> Permit:
        """Wait, then return a permit for the next attempt, preferably with the same key. Raises ``error`` if none.

        Raises ``SourceTimeout`` if the total time is over by then.
        """
        wait_s = self._wait_s(attempt, error)
        if wait_s is None:
            raise error
        if _now() + wait_s >= until:
            raise SourceTimeout(self.source, f"no response within {self._http.retry_policy.total_s:g} s") from error
        await self._http.sleep(wait_s)
        own, others = (permit.index,), self._keys.others(permit.index)
        try:
            return await self._acquire((*others, *own) if error.is_local else (*own, *others))
        except KeysExhausted as exhausted:  # during the wait the budget ran out, or a parallel call cooled the key down
            if isinstance(error, SourceRefused):
                error.retry_after_s = exhausted.retry_after_s
            raise error from None

    async def _cool_down(self, permit: Permit, error: SourceRefused) -> None:
        """Take the refused key out of rotation for a while; a host without keys only if it says for how long."""
        if self._keys.keys or error.retry_after_s:
            is_rate_limit = isinstance(error, TooManyRequests)
            rest_s = self._rests.refused(permit.index, error.retry_after_s, is_rate_limit=is_rate_limit)
            error.retry_after_s = rest_s
            await self._rest(permit, rest_s)

    async def _rest(self, permit: Permit, rest_s: float) -> None:
        if await self._key_pool.cool_down(permit.index, rest_s):
            log.warning("source_key_rested", source=self.source, key=permit.index + 1, rest_s=rest_s)

    async def _acquire(self, among: Sequence[int] = ()) -> Permit:
        return await self._key_pool.acquire(is_urgent=not is_background(), among=among)

    async def _acquire_for_check(self, among: Sequence[int]) -> Permit:
        return await self._key_pool.acquire(is_urgent=True, among=among)  # it decides for callers who wait too

    def _wait_s(self, attempt: int, error: SourceError) -> float | None:
        return self._http.retry_policy.wait_s(attempt, error.retry_after_s)


def _now() -> float:
    return asyncio.get_running_loop().time()


class _Keys(msgspec.Struct, frozen=True):
    """A source's keys, how one is attached to a request, and whether responses report the quota."""

    keys: tuple[Secret, ...]
    attach: AttachKey
    is_reported: bool

    def attached(self, request: Request, index: int) -> Request:
        """Return the request with the key, if the source has keys."""
        return self.attach(request, self.keys[index]) if self.keys else request

    @property
    def count(self) -> int:
        """Return the number of keys; a source without keys counts as one."""
        return max(1, len(self.keys))

    def others(self, index: int) -> tuple[int, ...]:
        """Return the other keys, in rotation order."""
        return tuple((index + nth) % self.count for nth in range(1, self.count))

    def reported(self, headers: Mapping[str, str]) -> ReportedQuota:
        """Return the quota that a response reports."""
        return read_quota(headers, time.time()) if self.is_reported else NO_REPORT
