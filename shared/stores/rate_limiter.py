"""Rate limits: decided in memory for each request, shared between replicas through Redis."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import structlog
from redis.asyncio import Redis

from shared.concurrency.batch_buffer import BatchBuffer
from shared.domain.errors import StoreDown
from shared.stores.redis import redis_errors

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Who: TypeAlias = str | int | tuple[str | int, ...]
"""Whose limit it is, such as a client's address, or an API key's id with an address. Never the key itself."""


class Rate(msgspec.Struct, frozen=True):
    """A burst, and then one request, or one unit of work, per interval."""

    name: str
    burst: int
    interval_ms: int

    @property
    def most_ms(self) -> int:
        """A whole burst, in milliseconds."""
        return self.burst * self.interval_ms


PICTURES: Final = Rate("pictures", 240, 200)
KEY_CHECKS: Final = Rate("key-checks", 30, 100)
REFUSALS: Final = Rate("refusals", 60, 1000)
PAGES: Final = Rate("pages", 60, 500)
CONTENT: Final = Rate("content", 240, 200)

SEARCHES: Final = Rate("searches", 60, 500)
"""Searches for titles; a page sends one whenever somebody pauses in typing."""
LISTS: Final = Rate("lists", 10, 30_000)
"""Public lists of titles; each may cost a call of a source's daily budget."""

WORK: Final = Rate("work", 1200, 40)
"""Units of ``shared.settings.work``, for pictures that may have to be drawn. Posters up to large and medium backdrops
reach ``PICTURES`` first; a burst has 11 WebPs in 4K, 10 s of one core."""

UNANNOUNCED: Final = Rate("unannounced", 60, 1000)
"""Pictures that are not stored, and to which no gateway has redirected lately."""

_HOUR_MS: Final = 3_600_000


def new_settings_rate(per_hour: int) -> Rate:
    """Return the limit of settings that no caller used before; each is a row for a week, also when nothing is drawn."""
    return Rate("settings", per_hour, _HOUR_MS // per_hour)


MOST_CELLS: Final = 100_000
"""Limits kept in memory, about 400 bytes each. When there are as many, those are forgotten that were not used since
half as many others were."""

UNREPORTED: Final = 8
"""Requests of one client that may stay unknown to Redis while less than half of the burst is used."""

PAUSE_S: Final = 0.05
"""Pause between two exchanges with Redis: requests at other replicas stay unknown for this long plus one round trip."""

LARGEST_BATCH: Final = 100
MOST_DUE: Final = 10_000
_PATIENCE_S: Final = 1.0
_REST_S: Final = 1.0  # before the next exchange after Redis did not answer
_ROUNDING_S: Final = 1e-6  # a burst is a sum of floats, and rounding must not refuse its last request

# The generic cell rate algorithm. A cell holds the time, in milliseconds of Redis's clock, at which everything taken is
# worked off; what remains until then is its backlog. ARGV has three numbers for each of KEYS: the interval, the largest
# backlog, and the work to add, all in milliseconds. As many whole intervals as fit are added. Returns two numbers for
# each: the backlog, and the work that did not fit.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local said = {}
for nth, cell in ipairs(KEYS) do
    local interval, most, work = tonumber(ARGV[nth * 3 - 2]), tonumber(ARGV[nth * 3 - 1]), tonumber(ARGV[nth * 3])
    local backlog = math.max(tonumber(redis.call('GET', cell) or '0') - now, 0)
    local room = math.max(math.floor((most - backlog) / interval), 0) * interval
    local taken = math.min(work, room)
    if taken > 0 then
        backlog = backlog + taken
        redis.call('SET', cell, string.format('%.0f', now + backlog), 'PX', string.format('%.0f', backlog))
    end
    said[nth * 2 - 1], said[nth * 2] = backlog, work - taken
end
return said
"""


class Addition(msgspec.Struct, frozen=True):
    """Work to add to a cell: up to ``most_ms``, and only in whole intervals if not all of it fits."""

    rate: Rate
    who: Who
    work_ms: int
    most_ms: int


class CellState(msgspec.Struct, frozen=True):
    """A cell's backlog after an addition, and what did not fit; both in milliseconds."""

    backlog_ms: int
    left_ms: int


class RedisRateCells:
    """The limits in Redis, shared by all replicas."""

    def __init__(self, redis: Redis) -> None:
        self._take: Any = redis.register_script(_TAKE)

    async def add(self, additions: Sequence[Addition], patience_s: float) -> list[CellState]:
        """Add all in one atomic call. Raises ``StoreDown``, also after ``patience_s``."""
        names = [_name(each.rate, each.who) for each in additions]
        figures = [n for each in additions for n in (each.rate.interval_ms, each.most_ms, each.work_ms)]
        with redis_errors():
            async with asyncio.timeout(patience_s):
                said = await self._take(keys=names, args=figures)
        return [CellState(*pair) for pair in zip(said[::2], said[1::2], strict=True)]


class _Cell:
    """One client's limit as this process knows it."""

    __slots__ = ("free_at", "is_due", "unreported")

    def __init__(self) -> None:
        self.free_at = 0.0  # by the local clock: when everything taken so far has been worked off
        self.unreported = 0  # requests that Redis does not know of
        self.is_due = False


class RateLimiter:
    """Decides by what this process knows, and exchanges counts with the other replicas through Redis.

    A client is reported to Redis once ``UNREPORTED`` requests are unknown there or more than half of its burst is used,
    so ordinary callers cause no calls. In a time T, all replicas together grant one client at most

        burst + T / interval + UNREPORTED per replica + what arrives within ``PAUSE_S`` and one round trip to Redis

    and never more than what each of them would grant alone. An excess is worked off, up to one burst, before more is
    granted. A refused request takes nothing. While Redis is lost each process limits on its own, and what it could not
    report stays unknown to the others.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_cells: int = MOST_CELLS,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._shared, self._clock = RedisRateCells(redis), clock
        self.most_cells = most_cells
        # Two generations: to note of each use when it was would cost more than the limit itself.
        self._cells: dict[tuple[str, Who], _Cell] = {}
        self._former: dict[tuple[str, Who], _Cell] = {}
        self._due: BatchBuffer[tuple[str, Who], tuple[Rate, _Cell]] = BatchBuffer(
            self._share,
            every_s=pause_s,
            retry_s=_REST_S,
            batch=LARGEST_BATCH,
            max_waiting=MOST_DUE,
            keep_failed=False,  # a Redis that hung may have counted, and no caller may pay twice
        )
        self._is_alone = False

    @property
    def cells(self) -> int:
        """Limits in memory, at most ``most_cells``."""
        return len(self._cells) + len(self._former)

    def take(self, rate: Rate, who: Who, units: int = 1) -> float:
        """Count a request of ``units`` units; return 0.0 when it is allowed, otherwise the seconds to wait.

        No I/O, never raises.
        """
        key = (rate.name, who)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._recall(key)  # for refused requests too, so that a flooding client is not forgotten
        now, free_at = self._clock(), cell.free_at
        if free_at < now:
            free_at, cell.unreported = now, 0  # what is worked off here needs no report
        interval_s = rate.interval_ms * 0.001
        taken_s, most_s = units * interval_s, rate.burst * interval_s
        backlog_s = free_at + taken_s - now
        if backlog_s > most_s + _ROUNDING_S:
            return backlog_s - most_s
        cell.free_at = free_at + taken_s
        cell.unreported += units
        if not cell.is_due and (cell.unreported >= UNREPORTED or backlog_s + backlog_s > most_s):
            cell.is_due = self._due.add(key, (rate, cell))  # without room, the next request tries again
        return 0.0

    def wait_s(self, rate: Rate, who: Who) -> float:
        """Return how long a client would have to wait, without counting a request; 0.0 when it would be allowed."""
        key = (rate.name, who)
        cell = self._cells.get(key) or self._former.get(key)
        if cell is None:
            return 0.0
        interval_s = rate.interval_ms * 0.001
        excess_s = cell.free_at + interval_s - self._clock() - rate.burst * interval_s
        return excess_s if excess_s > _ROUNDING_S else 0.0

    async def run(self) -> None:
        """Exchange counts with Redis until cancelled."""
        await self._due.run()

    async def flush(self) -> None:
        """Exchange counts now. While Redis is down the rest is kept for the next exchange. Never raises."""
        await self._due.flush()

    def _recall(self, key: tuple[str, Who]) -> _Cell:
        """Return a cell that was not used in this generation, or a new one."""
        cell = self._former.pop(key, None) or _Cell()
        if 2 * len(self._cells) >= self.most_cells:
            self._cells, self._former = {}, self._cells
        self._cells[key] = cell
        return cell

    async def _share(self, batch: dict[tuple[str, Who], tuple[Rate, _Cell]]) -> None:
        """Add the takes of these cells in Redis and adopt what it knows of them. Raises ``StoreDown``."""
        asked_at = self._clock()
        additions = [_addition(rate, key[1], cell, asked_at) for key, (rate, cell) in batch.items()]
        for _, cell in batch.values():
            cell.unreported, cell.is_due = 0, False
        try:
            standings = await self._shared.add(additions, _PATIENCE_S)
        except StoreDown as error:
            if not self._is_alone:
                log.warning("rates_not_shared", reason=str(error))
            self._is_alone = True
            raise
        self._is_alone = False
        for standing, (rate, cell) in zip(standings, batch.values(), strict=True):
            # As of the request, so that the round trip delays no client; the greater of the two, so that a Redis that
            # lost its data grants no new burst here.
            shared_s = (standing.backlog_ms + cell.unreported * rate.interval_ms) / 1000
            cell.free_at = max(cell.free_at, asked_at + shared_s)


def _addition(rate: Rate, who: Who, cell: _Cell, now: float) -> Addition:
    """Return what to add in Redis: the requests, without what is already worked off here."""
    backlog_ms = max(cell.free_at - now, 0) * 1000
    # Twice the burst: what several replicas granted in excess must be worked off, too.
    return Addition(rate, who, round(min(cell.unreported * rate.interval_ms, backlog_ms)), 2 * rate.most_ms)


def _name(rate: Rate, who: Who) -> str:
    text = ":".join(map(str, who)) if isinstance(who, tuple) else str(who)
    return f"marquee:rate:{rate.name}:{text}"
