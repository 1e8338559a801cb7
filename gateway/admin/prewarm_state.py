"""How a warm-up stands, written where every replica reads it: one run at a time over all of them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from shared.domain.pictures import Kind
from shared.stores.redis import redis_errors

TURN_S: Final = 30
"""A run that says nothing for so long is lost with its replica, and makes way for the next."""

KEPT_S: Final = 86_400
"""How long it can be seen how the last run ended."""

_TURN: Final = "marquee:warm:turn"
_STATE: Final = "marquee:warm:state"
_STOP: Final = "marquee:warm:stop"

# KEYS: turn, state, stop. ARGV: run, state, turn seconds, kept seconds, "1" when the run ends.
# Answers 1 for a run that shall stop: because somebody wants it, or because its turn has gone to another.
_TELL: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 1 end
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
    LOST = "lost"  # its replica is gone without a word


class PrewarmStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The warm-up that goes on, or else the last one of the last day; counts are of pictures."""

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
    """Keeps the state in Redis, bounded to one run and gone after a day. All methods raise ``StoreDown``."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._tell = redis.register_script(_TELL)

    async def claim(self, run: str) -> bool:
        """Take the turn for a run; tells whether no other has it."""
        with redis_errors():
            return bool(await self._redis.set(_TURN, run, nx=True, ex=TURN_S))

    async def give_up(self, run: str) -> None:
        """Let go of the turn for a run that never began."""
        with redis_errors():
            if await self._redis.get(_TURN) == run.encode():
                await self._redis.delete(_TURN)

    async def publish(self, run: str, state: PrewarmStatus) -> bool:
        """Write how a run stands; tells whether it shall stop."""
        told = msgspec.structs.replace(state, told_at=datetime.now(UTC))
        args: list[str | int | bytes] = [run, msgspec.json.encode(told), TURN_S, KEPT_S, int(not state.running)]
        with redis_errors():
            return bool(await self._tell(keys=[_TURN, _STATE, _STOP], args=args))

    async def read(self) -> PrewarmStatus:
        """Return how the run stands that goes on, or how the last one ended."""
        with redis_errors():
            body, holder, stop = await self._redis.mget(_STATE, _TURN, _STOP)
        if body is None:
            return PrewarmStatus()
        state = msgspec.json.decode(body, type=PrewarmStatus)
        if state.running and holder is None:
            return msgspec.structs.replace(state, running=False, ending=RunEnding.LOST)
        return msgspec.structs.replace(state, stopping=state.running and stop is not None and stop == holder)

    async def stop(self) -> bool:
        """Ask the run to stop, wherever it goes on; tells whether there is one."""
        with redis_errors():
            holder: Any = await self._redis.get(_TURN)
            if holder is not None:
                await self._redis.set(_STOP, holder, ex=2 * TURN_S)
        return holder is not None
