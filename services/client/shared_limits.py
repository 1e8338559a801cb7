"""Circuit breakers and key pools that all replicas share through Redis.

Each keeps an in-memory copy in sync, which decides while Redis is down and serves the metrics without I/O.
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
from services.client.circuit_breaker import Breaker, BreakerRules, MemoryBreaker, circuit_open, guarded
from services.client.key_pool import (
    RESERVE_DIVISOR,
    KeyPool,
    KeyPoolStatus,
    KeyState,
    MemoryKeyPool,
    Permit,
    Quota,
    ReportedQuota,
    key_names,
    keys_exhausted,
)
from shared.config.environment import Secret
from shared.domain.errors import StoreDown
from shared.stores.redis import CACHE_S, redis_errors

_RETRY_S: Final = 1.0
"""How long Redis is not used after a failure, because every request would wait for it."""

_MAX_CONCURRENT: Final = 8
"""How many scripts run at the same time: a burst of requests must not open so many connections that they time out."""

_BUDGET_TTL_MS: Final = 2 * 86_400_000  # a reported limit outlives the day it was reported on
_OPEN_TTL_MS: Final = 600_000
_FIGURES: Final = 6  # per key, in a reply

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SharedLimits:
    """Limits of all replicas together; of each replica alone while Redis is down."""

    def __init__(
        self,
        redis: Redis,
        *,
        rules: BreakerRules = BreakerRules(),  # noqa: B008 - frozen
        timeout_s: float = CACHE_S,
        retry_s: float = _RETRY_S,
    ) -> None:
        self._scripts = ScriptRunner(redis, timeout_s=timeout_s, retry_s=retry_s)
        self._rules = rules

    def breaker(self, source: str) -> Breaker:
        """Return the circuit breaker of a source."""
        return SharedBreaker(source, self._scripts, self._rules)

    def key_pool(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the key pool of a source."""
        return SharedKeyPool(source, key_names(source, keys), quota, self._scripts)


class ScriptRunner:
    """Runs scripts in Redis. After a failure, calls fail at once, except one retry now and then."""

    def __init__(self, redis: Redis, *, timeout_s: float, retry_s: float) -> None:
        self._redis = redis
        self._timeout_s = timeout_s
        self._retry_s = retry_s
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)
        self._is_down = False
        self._retry_at = 0.0

    def script(self, text: str) -> Callable[[Sequence[str], Sequence[Any]], Any]:
        """Return a function that runs the script with its keys and arguments, and raises ``StoreDown``."""
        registered = self._redis.register_script(text)

        async def run(keys: Sequence[str], args: Sequence[Any]) -> Any:
            async with self._slots:
                self._check()
                try:
                    with redis_errors():
                        async with asyncio.timeout(self._timeout_s):
                            reply = await registered(keys=keys, args=args)
                except StoreDown as error:
                    self._mark_down(error)
                    raise
            self._mark_up()
            return reply

        return run

    def _check(self) -> None:
        if self._is_down and time.monotonic() < self._retry_at:
            raise StoreDown("redis: failed a moment ago")
        self._retry_at = time.monotonic() + self._retry_s  # one call retries, the others fail at once

    def _mark_down(self, error: StoreDown) -> None:
        self._retry_at = time.monotonic() + self._retry_s
        if not self._is_down:
            self._is_down = True
            log.warning("source_limits_lost", reason=str(error))

    def _mark_up(self) -> None:
        if self._is_down:
            self._is_down = False
            log.info("source_limits_found")


class SharedBreaker:
    """The circuit breaker of one source, shared by all replicas."""

    def __init__(self, source: str, scripts: ScriptRunner, rules: BreakerRules) -> None:
        self._source = source
        self._rules = rules
        self._local = MemoryBreaker(source, rules=rules)
        self._closed_until = 0.0
        self._keys = [f"marquee:source:{source}:{name}" for name in ("open", "probe", "accidents")]
        self._admit, self._fail, self._end_probe = (
            scripts.script(text) for text in (redis_scripts.ADMIT, redis_scripts.FAIL, redis_scripts.END_PROBE)
        )

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Wrap one call; see ``Breaker``."""
        return guarded(self, self._rules.slow_s, time.monotonic)

    def is_open(self) -> bool:
        """Return whether calls are blocked now; see ``Breaker``."""
        return self._local.is_open()

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        if time.monotonic() < self._closed_until:
            return ""
        token = secrets.token_hex(8)
        try:
            state, open_ms = await self._admit(self._keys[:2], [token, _ms(self._rules.probe_s)])
        except StoreDown:
            return await self._local.admit()
        self._local.sync(None if state == redis_scripts.CLOSED else open_ms / 1000)
        if state == redis_scripts.CLOSED:
            self._closed_until = time.monotonic() + self._rules.closed_ttl_s
        if state not in {redis_scripts.CLOSED, redis_scripts.PROBE}:
            raise circuit_open(self._source, open_ms / 1000)
        return token if state == redis_scripts.PROBE else ""

    async def fail(self, probe: str) -> None:
        """Record a failure."""
        rules = self._rules
        self._closed_until = 0.0
        await self._local.fail(probe)
        with suppress(StoreDown):
            open_ms = await self._fail(
                self._keys, [probe, _ms(rules.within_s), rules.failures, _ms(rules.open_s), _OPEN_TTL_MS]
            )
            self._local.sync(open_ms / 1000 if open_ms else None)

    async def close(self, probe: str) -> None:
        """End a successful probe: the breaker closes."""
        await self._local.close(probe)
        with suppress(StoreDown):
            await self._end_probe(self._keys, [probe, 1])

    async def abandon(self, probe: str) -> None:
        """End a probe that gave no result."""
        await self._local.abandon(probe)
        with suppress(StoreDown):
            await self._end_probe(self._keys, [probe, 0])


class SharedKeyPool:
    """The keys of one source, shared by all replicas."""

    def __init__(self, source: str, names: Sequence[str], quota: Quota, scripts: ScriptRunner) -> None:
        self._source = source
        self._quota = quota
        self._local = MemoryKeyPool(source, names, quota)
        self._all = range(len(names))
        self._synced_at = 0
        self._rotation = f"marquee:source:{source}:turn"
        self._cooldowns = [f"marquee:source:{source}:rest:{name}" for name in names]
        self._budgets = [f"marquee:source:{source}:budget:{name}" for name in names]
        self._acquire, self._cool_down, self._record = (
            scripts.script(text) for text in (redis_scripts.ACQUIRE, redis_scripts.COOL_DOWN, redis_scripts.RECORD)
        )

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return a permit for one attempt; see ``KeyPool``."""
        quota = self._quota
        keys = [self._rotation, *(key for pair in zip(self._cooldowns, self._budgets, strict=True) for key in pair)]
        windows = [quota.daily, _ms(quota.day_s), quota.burst, _ms(quota.burst_s)]
        args = [int(is_urgent), *windows, RESERVE_DIVISOR, _BUDGET_TTL_MS, int(not among), *(among or self._all)]
        try:
            reply = await self._acquire(keys, args)
        except StoreDown:
            return await self._local.acquire(is_urgent=is_urgent, among=among)
        return self._read(reply)

    async def cool_down(self, index: int, cooldown_s: float) -> bool:
        """Take a key out of rotation; see ``KeyPool``."""
        was_ready = await self._local.cool_down(index, cooldown_s)
        with suppress(StoreDown):
            was_ready = bool(await self._cool_down([self._cooldowns[index]], [max(1, _ms(cooldown_s))]))
        return was_ready

    async def record(self, permit: Permit, reported: ReportedQuota) -> None:
        """Adopt the reported quota; see ``KeyPool``. Calls Redis only if the report changes something."""
        if not self._local.is_change(permit, reported):
            return
        await self._local.record(permit, reported)
        used, reset_ms = -1 if reported.used is None else reported.used, _ms(reported.reset_s or 0)
        args = [reported.limit or 0, used, reset_ms, permit.used, _BUDGET_TTL_MS]
        with suppress(StoreDown):
            await self._record([self._budgets[permit.index]], args)

    def status(self) -> KeyPoolStatus:
        """Return the status of the keys; see ``KeyPool``."""
        return self._local.status()

    def _read(self, reply: Sequence[int]) -> Permit:
        when, index, soonest_ms, *figures = reply
        keys = [_key_state(*figures[nth : nth + _FIGURES]) for nth in range(0, len(figures), _FIGURES)]
        if when >= self._synced_at:  # replies may arrive out of order
            self._synced_at = when
            self._local.sync(keys)
        if index < 0:
            raise keys_exhausted(self._source, soonest_ms / 1000)
        return Permit(index, keys[index].used)


def _key_state(used: int, limit: int, ends_ms: int, burst: int, burst_ends_ms: int, cooldown_ms: int) -> KeyState:
    """Return the state of one key; its times are seconds from now."""
    return KeyState(limit, used, ends_ms / 1000, burst, burst_ends_ms / 1000, cooldown_ms / 1000)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
