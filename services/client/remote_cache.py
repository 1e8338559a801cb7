"""Where replicas share what they learned: bytes with a lifetime, and for each question a turn to ask it.

Redis is only a cache here. When it is lost or slow it is left alone for a moment, and every replica asks for itself.
"""

import asyncio
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final, Protocol

import msgspec
import structlog
from cachetools import TLRUCache
from redis.asyncio import Redis

from shared.domain.errors import StoreDown
from shared.stores.redis import CACHE_S, redis_errors

HOLD_S: Final = 8.0
"""A turn that is not given back ends by itself after this long: its holder died, or its source does not answer."""

_REST_S: Final = 1.0  # a Redis that hangs must not cost every question CACHE_S
_SAY_AGAIN_S: Final = 60.0
_MOST: Final = 10_000

# Found, ours to ask, or being asked: told in one step, so that of many who look at once just one gets the turn.
_LOOK: Final = """
local body = redis.call('GET', KEYS[1])
if body then return {body, redis.call('PTTL', KEYS[1])} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""
_SETTLE: Final = """
if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True):
    """What is kept under a name, and for how much longer, in seconds."""

    body: bytes
    left_s: float


class Turn(Enum):
    """Who asks what is not kept: the one who looked, or somebody before."""

    OURS = auto()
    THEIRS = auto()


class RemoteCache(Protocol):
    """Keeps bytes for all replicas, and lets one at a time learn what is missing."""

    async def fetch(self, name: str, holder: str) -> Kept | Turn:
        """Return what is kept; where nothing is, the turn, which the holder gives back with :meth:`release`.

        A turn ends by itself after ``HOLD_S``. Raises ``StoreDown``.
        """
        ...

    async def release(self, name: str, holder: str, kept: Kept | None) -> None:
        """Keep what was learned, or nothing, and end the holder's turn if it has it. Raises ``StoreDown``."""
        ...

    async def forget(self, name: str) -> None:
        """Keep it no longer. Raises ``StoreDown``."""
        ...


class RedisRemoteCache:
    """Facts that all replicas share; build one a process. No name may hold a secret."""

    def __init__(self, redis: Redis, *, hold_s: float = HOLD_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._look = redis.register_script(_LOOK)
        self._settle = redis.register_script(_SETTLE)
        self._hold_ms = int(hold_s * 1000)
        self._clock = clock
        self._rests_until = self._silent_until = clock()

    async def fetch(self, name: str, holder: str) -> Kept | Turn:
        """Return what is kept, or whose turn it is; see ``RemoteCache``."""
        answer: Any = await self._run(lambda: self._look(keys=_keys(name), args=[holder, self._hold_ms]))
        if isinstance(answer, list):
            return Kept(answer[0], answer[1] / 1000)
        return Turn.OURS if answer else Turn.THEIRS

    async def release(self, name: str, holder: str, kept: Kept | None) -> None:
        """Keep and end the turn; see ``RemoteCache``."""
        body, left_ms = (kept.body, int(kept.left_s * 1000)) if kept else (b"", 0)
        await self._run(lambda: self._settle(keys=_keys(name), args=[holder, body, left_ms]))

    async def forget(self, name: str) -> None:
        """Keep it no longer; see ``RemoteCache``."""
        await self._run(lambda: self._redis.delete(_keys(name)[0]))

    async def _run(self, command: Callable[[], Any]) -> Any:
        if self._clock() < self._rests_until:
            raise StoreDown("redis: not asked, for it did not answer a moment ago")
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    return await command()
        except StoreDown as error:
            self._rest(error)
            raise

    def _rest(self, error: StoreDown) -> None:
        now = self._clock()
        self._rests_until = now + _REST_S
        if now >= self._silent_until:
            self._silent_until = now + _SAY_AGAIN_S
            log.warning("facts_not_shared", reason=str(error))


class MemoryRemoteCache:
    """Facts within one process, for tests and for a process alone."""

    def __init__(
        self, *, most: int = _MOST, hold_s: float = HOLD_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._hold_s = hold_s
        self._facts: TLRUCache[str, tuple[bytes, float]] = TLRUCache(most, lambda _, fact, __: fact[1], timer=clock)
        self._turns: TLRUCache[str, tuple[str, float]] = TLRUCache(most, lambda _, turn, __: turn[1], timer=clock)

    async def fetch(self, name: str, holder: str) -> Kept | Turn:
        """Return what is kept, or whose turn it is; see ``RemoteCache``."""
        fact = self._facts.get(name)
        if fact is not None:
            return Kept(fact[0], fact[1] - self._clock())
        if name in self._turns:
            return Turn.THEIRS
        self._turns[name] = (holder, self._clock() + self._hold_s)
        return Turn.OURS

    async def release(self, name: str, holder: str, kept: Kept | None) -> None:
        """Keep and end the turn; see ``RemoteCache``."""
        if kept:
            self._facts[name] = (kept.body, self._clock() + kept.left_s)
        turn = self._turns.get(name)
        if turn is not None and turn[0] == holder:
            self._turns.pop(name, None)

    async def forget(self, name: str) -> None:
        """Keep it no longer; see ``RemoteCache``."""
        self._facts.pop(name, None)


def _keys(name: str) -> list[str]:
    return [f"marquee:fact:{name}", f"marquee:asking:{name}"]
