"""The client that a source holds: it attaches a key, retries, fails over to the next key, and counts.

A circuit breaker stops calls to a source that keeps failing.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
import structlog

from services.client.circuit_breaker import CircuitOpen, KeysExhausted
from services.client.http import Http, Request, Response, TooManyRequests
from services.client.key_pool import MAX_COOLDOWN_S, Permit, Quota, ReportedQuota, cooldown_s, read_quota
from services.client.priority import is_background
from shared.config.environment import Secret
from shared.domain.errors import SourceDown, SourceError, SourceRefused, SourceTimeout

_T = TypeVar("_T")

AttachKey = Callable[[Request, Secret], Request]
"""Returns the request with a key in it."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def in_query(name: str) -> AttachKey:
    """Return a function that puts the key into the query parameter ``name``."""
    return lambda request, key: msgspec.structs.replace(request, query={**request.query, name: key})


class UpstreamClient:
    """Sends the requests of one source; ``source`` is its name in errors and metrics."""

    def __init__(
        self,
        http: Http,
        source: str,
        keys: Sequence[Secret] = (),
        attach: AttachKey = lambda request, _: request,
        quota: Quota = Quota(),  # noqa: B008 - frozen
    ) -> None:
        self.source = source
        self._http = http
        self._breaker = http.source_limits.breaker(source)
        self._key_pool = http.source_limits.key_pool(source, keys, quota)
        self._keys = _Keys(tuple(keys), attach, quota.is_reported)
        http.metrics.watch(source, self._breaker, self._key_pool)

    async def send(self, request: Request, read: Callable[[Response], _T]) -> _T:
        """Return what ``read`` makes of the response. Retries as the policy allows.

        Raises ``SourceError``, and the permanent errors that ``read`` raises. ``SourceRefused`` means that no key is
        left; it says when to retry, except for a host without keys that sends no ``Retry-After``.
        """
        total_s = self._http.retry_policy.total_s
        try:
            async with self._breaker.guard():
                try:
                    async with asyncio.timeout(total_s):
                        return await self._send(request, read)
                except TimeoutError:
                    raise SourceTimeout(self.source, f"no response within {total_s:g} s") from None
        except (CircuitOpen, KeysExhausted):
            self._http.metrics.count_not_sent(self.source)
            raise

    async def _send(self, request: Request, read: Callable[[Response], _T]) -> _T:
        permit, attempt = await self._acquire(), 1
        for _ in range(self._http.retry_policy.attempts * self._keys.count):
            try:
                return await self._attempt(permit, request, read)
            except SourceRefused as error:
                following = await self._after_refusal(permit, attempt, error)
            except (SourceDown, SourceTimeout) as error:
                following = await self._retry(permit, attempt, error)
            attempt = attempt + 1 if following.index == permit.index else 1
            permit = following
        raise SourceRefused(self.source, "every attempt was refused")

    async def _attempt(self, permit: Permit, request: Request, read: Callable[[Response], _T]) -> _T:
        """Make one attempt, and record the quota that the response reports."""
        reported = ReportedQuota()
        try:
            with self._http.metrics.call(self.source):
                response = await self._http.call(self.source, self._keys.attached(request, permit.index))
                reported = self._keys.reported(response.headers)
                return read(response)
        except SourceRefused as error:
            if isinstance(error, TooManyRequests):
                reported = self._keys.reported(error.headers)
            if error.retry_after_s is None and reported.is_spent:
                error.retry_after_s = reported.reset_s
            raise
        finally:
            if reported != ReportedQuota():
                await self._key_pool.record(permit, reported)

    async def _after_refusal(self, permit: Permit, attempt: int, error: SourceRefused) -> Permit:
        """Cool the key down and return a permit for another one.

        If no other key is ready, a 429 is retried with the same key after a wait. Raises ``error`` if that is not
        possible.
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
            return await self._retry(permit, attempt, error)
        await self._cool_down(permit, error)
        if error.retry_after_s is not None:
            error.retry_after_s = min(error.retry_after_s, soonest_s)
        raise error

    async def _retry(self, permit: Permit, attempt: int, error: SourceError) -> Permit:
        """Wait, then return a permit for the next attempt, preferably with the same key. Raises ``error`` if none."""
        wait_s = self._wait_s(attempt, error)
        if wait_s is None:
            raise error
        await self._http.sleep(wait_s)
        try:
            return await self._acquire((permit.index, *self._keys.others(permit.index)))
        except KeysExhausted as exhausted:  # during the wait the budget ran out, or a parallel call cooled the key down
            if isinstance(error, SourceRefused):
                error.retry_after_s = exhausted.retry_after_s
            raise error from None

    async def _cool_down(self, permit: Permit, error: SourceRefused) -> None:
        """Take the refused key out of rotation for a while; a host without keys only if it says for how long."""
        if self._keys.keys or error.retry_after_s:
            error.retry_after_s = cooldown_s(error.retry_after_s, is_rate_limit=isinstance(error, TooManyRequests))
            if await self._key_pool.cool_down(permit.index, error.retry_after_s):
                log.warning("source_key_rested", source=self.source, key=permit.index + 1, rest_s=error.retry_after_s)

    async def _acquire(self, among: Sequence[int] = ()) -> Permit:
        return await self._key_pool.acquire(is_urgent=not is_background(), among=among)

    def _wait_s(self, attempt: int, error: SourceError) -> float | None:
        return self._http.retry_policy.wait_s(attempt, error.retry_after_s)


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
        return read_quota(headers, time.time()) if self.is_reported else ReportedQuota()
