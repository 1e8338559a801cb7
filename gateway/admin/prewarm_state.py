"""The status of prewarming in Redis, shared by all replicas: one run at a time."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from shared.domain.pictures import Kind
from shared.observability.unreadable import DECODE_ERRORS
from shared.stores.redis import redis_errors

LOCK_S: Final = 30
"""A run that publishes nothing for this long is lost with its replica; the next one may start."""

KEPT_S: Final = 86_400
"""How long the status of the last run is kept."""

_LOCK: Final = "marquee:warm:turn"
_STATE: Final = "marquee:warm:state"
_STOP: Final = "marquee:warm:stop"

# KEYS: lock, state, stop. ARGV: run, state, lock seconds, kept seconds, "1" when the run ends.
# Returns 1 if the run must stop: an admin wants it, or another run has taken the lock.
_PUBLISH: Final = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 1 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
if ARGV[5] == '1' then
  redis.call('DEL', KEYS[1], KEYS[3])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return redis.call('GET', KEYS[3]) == ARGV[1] and 1 or 0
"""


class RunEnding(StrEnum):
    """How a run ended."""

    DONE = "done"
    STOPPED = "stopped"  # by an admin, or with its replica
    STALLED = "stalled"  # nothing was drawn for too long
    FAILED = "failed"
    LOST = "lost"  # its replica disappeared


class PrewarmStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The current run, or the last one within a day; counts are pictures."""

    running: bool = False
    stopping: bool = False
    kind: Kind | None = None
    total: int = 0
    queued: int = 0
    drawn: int = 0
    unknown: int = 0
    failed: int = 0
    left_s: float | None = None
    began_at: datetime | None = None
    told_at: datetime | None = None
    ending: RunEnding | None = None


class PrewarmState:
    """Stores the status of one run in Redis for a day. All methods raise ``StoreDown``."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._publish = redis.register_script(_PUBLISH)

    async def claim(self, run: str) -> bool:
        """Take the lock for a run; returns whether it was free."""
        with redis_errors():
            return bool(await self._redis.set(_LOCK, run, nx=True, ex=LOCK_S))

    async def give_up(self, run: str) -> None:
        """Release the lock of a run that never started."""
        with redis_errors():
            if await self._redis.get(_LOCK) == run.encode():
                await self._redis.delete(_LOCK)

    async def publish(self, run: str, state: PrewarmStatus) -> bool:
        """Store the status of a run; returns whether it must stop."""
        updated = msgspec.structs.replace(state, told_at=datetime.now(UTC))
        args: list[str | int | bytes] = [run, msgspec.json.encode(updated), LOCK_S, KEPT_S, int(not state.running)]
        with redis_errors():
            return bool(await self._publish(keys=[_LOCK, _STATE, _STOP], args=args))

    async def read(self) -> PrewarmStatus:
        """Return the status of the current or the last run."""
        with redis_errors():
            body, owner, stop = await self._redis.mget(_STATE, _LOCK, _STOP)
        if body is None:
            return PrewarmStatus()
        try:
            state = msgspec.json.decode(body, type=PrewarmStatus)
        except DECODE_ERRORS:  # of another version
            return PrewarmStatus(running=owner is not None)
        if state.running and owner is None:
            return msgspec.structs.replace(state, running=False, ending=RunEnding.LOST)
        return msgspec.structs.replace(state, stopping=state.running and stop is not None and stop == owner)

    async def stop(self) -> bool:
        """Ask the run to stop, on any replica; returns whether there is one."""
        with redis_errors():
            owner: Any = await self._redis.get(_LOCK)
            if owner is not None:
                await self._redis.set(_STOP, owner, ex=2 * LOCK_S)
        return owner is not None
