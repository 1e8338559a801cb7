"""Circuit breakers and key pools that all replicas share through Redis.

Each keeps an in-memory copy in sync, which decides while Redis is down and serves the metrics without I/O.
"""

import operator
import secrets
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from itertools import chain
from typing import Final

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
from services.client.limits_board import LimitsBoard
from services.client.script_runner import ScriptRunner
from shared.config.environment import Secret
from shared.domain.errors import StoreDown
from shared.stores.redis import CACHE_S

_RETRY_S: Final = 1.0
"""How long Redis is not used after a failure, because every request would wait for it."""

_COUNTED_EVERY_S: Final = 10.0
"""How often the calls of keys without any limit are counted in Redis, for the metrics of the other replicas."""

_MARGIN: Final = 50
_MARGIN_SHARE: Final = 10
_TRUSTED_CALLS: Final = 10
"""With more than 50 calls left, and more than a tenth of the limit, at most 10 calls in a row do not wait until Redis
has counted them, for half a second after one that did. A replica can exceed a budget only if the others use up that
margin in the same half second, and by those 10 calls at most."""

_COUNTED_WITHIN_S: Final = 0.25
"""How long the count of a call that did not wait may stay here, so that it leaves with other commands. It is in Redis
before the next call that does wait, because commands keep their order."""

_BUDGET_TTL_MS: Final = 2 * 86_400_000  # a reported limit outlives the day it was reported on
_OPEN_TTL_MS: Final = 600_000
_FIGURES: Final = 6  # per key, in a reply


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
        self._board = LimitsBoard(self._scripts, ttl_s=rules.closed_ttl_s)
        self._rules = rules

    def breaker(self, source: str) -> Breaker:
        """Return the circuit breaker of a source."""
        return SharedBreaker(source, self._scripts, self._board, self._rules)

    def key_pool(self, source: str, keys: Sequence[Secret], quota: Quota) -> KeyPool:
        """Return the key pool of a source."""
        names = key_names(source, keys)
        return SharedKeyPool(source, names, quota, self._scripts, self._board, trusted_s=self._rules.closed_ttl_s)


class SharedBreaker:
    """The circuit breaker of one source, shared by all replicas."""

    def __init__(self, source: str, scripts: ScriptRunner, board: LimitsBoard, rules: BreakerRules) -> None:
        self._source = source
        self._board = board
        self._rules = rules
        self._local = MemoryBreaker(source, rules=rules)
        self._keys = [f"marquee:source:{source}:{name}" for name in ("open", "probe", "accidents")]
        self._admit, self._fail, self._end_probe = (
            scripts.script(text) for text in (redis_scripts.ADMIT, redis_scripts.FAIL, redis_scripts.END_PROBE)
        )
        board.watch(self._keys[:1])

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Wrap one call; see ``Breaker``."""
        return guarded(self, self._rules.slow_s, time.monotonic)

    def is_open(self) -> bool:
        """Return whether calls are blocked now; see ``Breaker``."""
        return self._local.is_open()

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        try:
            if await self._board.is_clear(self._keys[:1]):
                self._local.sync(None)
                return ""
            token = secrets.token_hex(8)
            state, open_ms = await self._admit(self._keys[:2], [token, _ms(self._rules.probe_s)])
        except StoreDown:
            return await self._local.admit()
        self._local.sync(None if state == redis_scripts.CLOSED else open_ms / 1000)
        if state not in {redis_scripts.CLOSED, redis_scripts.PROBE}:
            raise circuit_open(self._source, open_ms / 1000)
        return token if state == redis_scripts.PROBE else ""

    async def fail(self, probe: str) -> None:
        """Record a failure."""
        rules = self._rules
        await self._local.fail(probe)
        with suppress(StoreDown):
            open_ms = await self._fail(
                self._keys, [probe, _ms(rules.within_s), rules.failures, _ms(rules.open_s), _OPEN_TTL_MS]
            )
            self._local.sync(open_ms / 1000 if open_ms else None)
        self._board.forget()

    async def close(self, probe: str) -> None:
        """End a successful probe: the breaker closes."""
        await self._local.close(probe)
        with suppress(StoreDown):
            await self._end_probe(self._keys, [probe, 1])
        self._board.forget()

    async def abandon(self, probe: str) -> None:
        """End a probe that gave no result."""
        await self._local.abandon(probe)
        with suppress(StoreDown):
            await self._end_probe(self._keys, [probe, 0])


class SharedKeyPool:
    """The keys of one source, shared by all replicas.

    Keys without any limit are given out without asking Redis while none of them rests; their calls are counted there
    later, and those of the last seconds of a process that dies never. Far from their limits the others are given out
    likewise, and each call is counted within a quarter of a second, which it does not wait for.
    """

    def __init__(
        self,
        source: str,
        names: Sequence[str],
        quota: Quota,
        scripts: ScriptRunner,
        board: LimitsBoard,
        *,
        trusted_s: float,
    ) -> None:
        self._board, self._trusted_s = board, trusted_s
        self._may_be_unlimited = not (quota.daily or quota.burst or quota.is_reported)
        self._uncounted = [0] * len(names)
        self._counted_at, self._trusted_calls = float("-inf"), 0
        self._count = scripts.posting(redis_scripts.ACQUIRE, within_s=_COUNTED_WITHIN_S)
        self._source = source
        self._local = MemoryKeyPool(source, names, quota)
        self._all = range(len(names))
        self._synced_at = 0
        self._cooldowns = [f"marquee:source:{source}:rest:{name}" for name in names]
        self._budgets = [f"marquee:source:{source}:budget:{name}" for name in names]
        self._counters = [f"marquee:source:{source}:turn", *chain(*zip(self._cooldowns, self._budgets, strict=True))]
        self._windows = (quota.daily, _ms(quota.day_s), quota.burst, _ms(quota.burst_s))
        self._acquire, self._cool_down, self._record = (
            scripts.script(text) for text in (redis_scripts.ACQUIRE, redis_scripts.COOL_DOWN, redis_scripts.RECORD)
        )
        board.watch(self._cooldowns)

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return a permit for one attempt; see ``KeyPool``."""
        is_unlimited = self._may_be_unlimited and not self._local.is_limited
        if not await self._may_trust(is_unlimited=is_unlimited, is_urgent=is_urgent):
            return await self._acquire_counted(is_urgent=is_urgent, among=among)
        permit = await self._local.acquire(is_urgent=is_urgent, among=among)
        if is_unlimited:
            self._uncounted[permit.index] += 1
        else:
            self._trusted_calls -= 1
            args = self._args(is_urgent=is_urgent, among=[permit.index], uncounted=[0] * len(self._uncounted))
            self._count(self._counters, args)
        return permit

    async def _may_trust(self, *, is_unlimited: bool, is_urgent: bool) -> bool:
        """Return whether no key rests or comes near a limit, as far as was known a moment ago."""
        trusted_s = _COUNTED_EVERY_S if is_unlimited else self._trusted_s
        if time.monotonic() >= self._counted_at + trusted_s or self._trusted_calls <= 0:
            return False
        if not is_unlimited and not self._local.leaves(is_urgent=is_urgent, margin=_MARGIN, share=_MARGIN_SHARE):
            return False
        try:
            return await self._board.is_clear(self._cooldowns)
        except StoreDown:
            return False

    async def _acquire_counted(self, *, is_urgent: bool, among: Sequence[int]) -> Permit:
        """Return a permit counted in Redis, and report the calls that were only counted here so far."""
        uncounted, self._uncounted = self._uncounted, [0] * len(self._uncounted)
        self._counted_at, self._trusted_calls = time.monotonic(), _TRUSTED_CALLS
        try:
            args = self._args(is_urgent=is_urgent, among=among, uncounted=uncounted)
            reply = await self._acquire(self._counters, args)
        except StoreDown:
            self._uncounted = list(map(operator.add, self._uncounted, uncounted))
            return await self._local.acquire(is_urgent=is_urgent, among=among)
        return self._read(reply)

    def _args(self, *, is_urgent: bool, among: Sequence[int], uncounted: Sequence[int]) -> list[int]:
        """Return the arguments of the script; its keys are the counters."""
        order = among or self._all
        choice = [int(not among), len(order), *order]
        return [int(is_urgent), *self._windows, RESERVE_DIVISOR, _BUDGET_TTL_MS, *choice, *uncounted]

    async def cool_down(self, index: int, cooldown_s: float) -> bool:
        """Take a key out of rotation; see ``KeyPool``."""
        was_ready = await self._local.cool_down(index, cooldown_s)
        with suppress(StoreDown):
            was_ready = bool(await self._cool_down([self._cooldowns[index]], [max(1, _ms(cooldown_s))]))
        self._board.forget()
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
        self._local.rotate_after(index)
        if index < 0:
            raise keys_exhausted(self._source, soonest_ms / 1000)
        return Permit(index, keys[index].used)


def _key_state(used: int, limit: int, ends_ms: int, burst: int, burst_ends_ms: int, cooldown_ms: int) -> KeyState:
    """Return the state of one key; its times are seconds from now."""
    return KeyState(limit, used, ends_ms / 1000, burst, burst_ends_ms / 1000, cooldown_ms / 1000)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
