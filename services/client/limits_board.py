"""What stands in the way of calls, read for all sources at once: open circuit breakers and resting keys.

Nearly always there is nothing, and then one read a moment ago lets every call pass without asking Redis again.
"""

import time
from collections.abc import Callable, Sequence

from services.client.script_runner import ScriptRunner
from shared.concurrency.singleflight import SingleFlight


class LimitsBoard:
    """Knows which of some keys exist in Redis, as of at most ``ttl_s`` ago."""

    def __init__(self, redis: ScriptRunner, *, ttl_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis, self._ttl_s, self._clock = redis, ttl_s, clock
        self._names: dict[str, None] = {}
        self._present: frozenset[str] = frozenset()
        self._until = clock()
        self._reads: SingleFlight[str, None] = SingleFlight()

    def watch(self, names: Sequence[str]) -> None:
        """Read these keys too from the next time on."""
        self._names.update(dict.fromkeys(names))
        self.forget()

    def forget(self) -> None:
        """Read again before the next answer: something has changed."""
        self._until = self._clock()
        self._reads.forget("all")

    async def is_clear(self, names: Sequence[str]) -> bool:
        """Return whether none of these keys existed a moment ago. Raises ``StoreDown``."""
        if self._clock() >= self._until:
            await self._reads.run("all", self._read)
        return self._present.isdisjoint(names)

    async def _read(self) -> None:
        names, asked_at = list(self._names), self._clock()
        values = await self._redis.run(lambda redis: redis.mget(names))
        self._present = frozenset(name for name, value in zip(names, values, strict=True) if value is not None)
        self._until = asked_at + self._ttl_s
