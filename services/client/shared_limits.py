"""Breakers and keys that all replicas share through Redis.

Each of them has one in memory beside it that follows along: it decides while Redis is lost, and tells what the numbers
are without asking.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from services.client import redis_scripts
from services.client.circuit_breaker import Breaker, BreakerRules, MemoryBreaker, guarded, held_off
from services.client.key_pool import (
    KEPT,
    HeldKey,
    KeyPool,
    KeyPoolStatus,
    MemoryKeyPool,
    Permit,
    Quota,
    ReportedQuota,
    names_of,
    no_key,
)
from shared.config.environment import Secret
from shared.domain.errors import StoreDown
from shared.stores.redis import CACHE_S, redis_errors

_AGAIN_S: Final = 1.0
"""How long a lost Redis is not asked: each question would wait for it."""

_LANES: Final = 8
"""How many scripts run at once: a burst of questions must not open so many connections that it loses patience."""

_KEPT_MS: Final = 2 * 86_400_000  # a learned limit outlives the day that it was learned on
_OPEN_KEPT_MS: Final = 600_000
_FIGURES: Final = 6  # of every key, in an answer

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SharedLimits:
    """All replicas together, each for itself while Redis is lost."""

    def __init__(
        self,
        redis: Redis,
        *,
        rules: BreakerRules = BreakerRules(),  # noqa: B008 - frozen
        patience_s: float = CACHE_S,
        again_s: float = _AGAIN_S,
    ) -> None:
        self._link = Link(redis, patience_s=patience_s, again_s=again_s)
        self._rules = rules

    def breaker(self, source: str) -> Breaker:
        """Return the breaker of a source."""
        return SharedBreaker(source, self._link, self._rules)

    def ring(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the ring of a source's keys."""
        return SharedKeyPool(source, names_of(source, keys), quota, self._link)


class Link:
    """The way to Redis, which may be lost: then nobody waits for it, and now and then one call looks again."""

    def __init__(self, redis: Redis, *, patience_s: float, again_s: float) -> None:
        self._redis = redis
        self._patience_s = patience_s
        self._again_s = again_s
        self._lanes = asyncio.Semaphore(_LANES)
        self._is_lost = False
        self._again_at = 0.0

    def script(self, text: str) -> Callable[[Sequence[str], Sequence[Any]], Any]:
        """Return what runs a script, given its keys and arguments. Raises ``StoreDown``, soon."""
        registered = self._redis.register_script(text)

        async def run(keys: Sequence[str], args: Sequence[Any]) -> Any:
            async with self._lanes:
                self._check()
                try:
                    with redis_errors():
                        async with asyncio.timeout(self._patience_s):
                            answer = await registered(keys=keys, args=args)
                except StoreDown as error:
                    self._lose(error)
                    raise
            self._find()
            return answer

        return run

    def _check(self) -> None:
        if self._is_lost and time.monotonic() < self._again_at:
            raise StoreDown("redis: lost a moment ago")
        self._again_at = time.monotonic() + self._again_s  # one looks again, the others need not

    def _lose(self, error: StoreDown) -> None:
        self._again_at = time.monotonic() + self._again_s
        if not self._is_lost:
            self._is_lost = True
            log.warning("source_limits_lost", reason=str(error))

    def _find(self) -> None:
        if self._is_lost:
            self._is_lost = False
            log.info("source_limits_found")


class SharedBreaker:
    """A breaker of all replicas."""

    def __init__(self, source: str, link: Link, rules: BreakerRules) -> None:
        self._source = source
        self._rules = rules
        self._local = MemoryBreaker(source, rules=rules)
        self._closed_until = 0.0
        self._keys = [f"marquee:source:{source}:{name}" for name in ("open", "probe", "accidents")]
        self._admit, self._fail, self._end_probe = (
            link.script(text) for text in (redis_scripts.ADMIT, redis_scripts.FAIL, redis_scripts.END_PROBE)
        )

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Enclose one call; see ``Breaker``."""
        return guarded(self, self._rules.slow_s, time.monotonic)

    def is_open(self) -> bool:
        """Tell whether calls are refused now; see ``Breaker``."""
        return self._local.is_open()

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        if time.monotonic() < self._closed_until:
            return ""
        token = secrets.token_hex(8)
        try:
            state, left_ms = await self._admit(self._keys[:2], [token, _ms(self._rules.probe_s)])
        except StoreDown:
            return await self._local.admit()
        self._local.follow(None if state == redis_scripts.CLOSED else left_ms / 1000)
        if state == redis_scripts.CLOSED:
            self._closed_until = time.monotonic() + self._rules.believed_s
        if state not in {redis_scripts.CLOSED, redis_scripts.PROBE}:
            raise held_off(self._source, left_ms / 1000)
        return token if state == redis_scripts.PROBE else ""

    async def fail(self, probe: str) -> None:
        """Note an accident."""
        rules = self._rules
        self._closed_until = 0.0
        await self._local.fail(probe)
        with suppress(StoreDown):
            left_ms = await self._fail(
                self._keys, [probe, _ms(rules.within_s), rules.accidents, _ms(rules.pause_s), _OPEN_KEPT_MS]
            )
            self._local.follow(left_ms / 1000 if left_ms else None)

    async def close(self, probe: str) -> None:
        """End a probe that went well: calls are let through again."""
        await self._local.close(probe)
        with suppress(StoreDown):
            await self._end_probe(self._keys, [probe, 1])

    async def leave(self, probe: str) -> None:
        """End a probe that found nothing out."""
        await self._local.leave(probe)
        with suppress(StoreDown):
            await self._end_probe(self._keys, [probe, 0])


class SharedKeyPool:
    """The keys of one source, for all replicas."""

    def __init__(self, source: str, names: Sequence[str], quota: Quota, link: Link) -> None:
        self._source = source
        self._quota = quota
        self._local = MemoryKeyPool(source, names, quota)
        self._all = range(len(names))
        self._heard = 0
        self._turn = f"marquee:source:{source}:turn"
        self._rests = [f"marquee:source:{source}:rest:{name}" for name in names]
        self._budgets = [f"marquee:source:{source}:budget:{name}" for name in names]
        self._take, self._rest, self._learn = (
            link.script(text) for text in (redis_scripts.TAKE, redis_scripts.REST, redis_scripts.LEARN)
        )

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return leave for one try; see ``KeyPool``."""
        quota = self._quota
        keys = [self._turn, *(key for pair in zip(self._rests, self._budgets, strict=True) for key in pair)]
        windows = [quota.daily, _ms(quota.day_s), quota.burst, _ms(quota.burst_s)]
        args = [int(is_urgent), *windows, KEPT, _KEPT_MS, int(not among), *(among or self._all)]
        try:
            answer = await self._take(keys, args)
        except StoreDown:
            return await self._local.acquire(is_urgent=is_urgent, among=among)
        return self._read(answer)

    async def cool_down(self, index: int, rest_s: float) -> bool:
        """Hand a key out no more for so long; see ``KeyPool``."""
        is_news = await self._local.cool_down(index, rest_s)
        with suppress(StoreDown):
            is_news = bool(await self._rest([self._rests[index]], [max(1, _ms(rest_s))]))
        return is_news

    async def record(self, ticket: Permit, told: ReportedQuota) -> None:
        """Believe the source; see ``KeyPool``. What all know already costs nothing."""
        if not self._local.is_news(ticket, told):
            return
        await self._local.record(ticket, told)
        used, reset_ms = -1 if told.used is None else told.used, _ms(told.reset_s or 0)
        with suppress(StoreDown):
            await self._learn([self._budgets[ticket.index]], [told.limit or 0, used, reset_ms, ticket.used, _KEPT_MS])

    def standing(self) -> KeyPoolStatus:
        """Return how the keys stand; see ``KeyPool``."""
        return self._local.standing()

    def _read(self, answer: Sequence[int]) -> Permit:
        when, index, soonest_ms, *figures = answer
        held = [_held(*figures[nth : nth + _FIGURES]) for nth in range(0, len(figures), _FIGURES)]
        if when >= self._heard:  # answers may overtake one another on their way
            self._heard = when
            self._local.follow(held)
        if index < 0:
            raise no_key(self._source, soonest_ms / 1000)
        return Permit(index, held[index].used)


def _held(used: int, limit: int, ends_ms: int, burst: int, burst_ends_ms: int, rest_ms: int) -> HeldKey:
    """Return how one key stands, its times in seconds from now."""
    return HeldKey(limit, used, ends_ms / 1000, burst, burst_ends_ms / 1000, rest_ms / 1000)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
