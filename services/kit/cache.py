"""What we remember of the sources' answers: facts, each for its own lifetime; accidents never.

However many callers ask the same thing at once, one call is made for all of them.
"""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

import msgspec
from cachetools import TLRUCache

from shared.flight import SingleFlight

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S


class _Held(msgspec.Struct, Generic[_V], frozen=True):
    value: _V
    lifetime_s: float


class FactCache(Generic[_K, _V]):
    """Facts by key, in memory; the least recently used leave first.

    ``most`` bounds the sum of ``sizeof`` over all facts, which counts one each when it is not given. A fact larger than
    all that is handed over and not kept.
    """

    def __init__(
        self,
        most: int,
        lifetime_s: Callable[[_V], float],
        *,
        sizeof: Callable[[_V], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        size = sizeof or (lambda _: 1)
        self._most = most
        self._lifetime_s = lifetime_s
        self._size = size
        self._facts: TLRUCache[_K, _Held[_V]] = TLRUCache(
            most,
            ttu=lambda _, held, now: now + held.lifetime_s,
            timer=clock,
            getsizeof=lambda held: size(held.value),
        )
        self._asked: SingleFlight[_K, _V] = SingleFlight(abandon=True)

    async def get(
        self, key: _K, ask: Callable[[], Awaitable[_V]], *, lifetime_s: Callable[[_V], float] | None = None
    ) -> _V:
        """Return what we know, or ask once however many wait. What ``ask`` raises is raised and not kept.

        A caller that gives up does not disturb the others; when all have given up, so does the question.
        """
        held = self._facts.get(key)
        if held is not None:
            return held.value
        return await self._asked.run(key, lambda: self._ask(key, ask, lifetime_s or self._lifetime_s))

    def forget(self, key: _K) -> None:
        """Drop what turned out to be no fact."""
        self._facts.pop(key, None)

    async def _ask(self, key: _K, ask: Callable[[], Awaitable[_V]], lifetime_s: Callable[[_V], float]) -> _V:
        value = await ask()
        if self._size(value) <= self._most:
            self._facts[key] = _Held(value, lifetime_s(value))
        return value
