"""Metrics of the last day: the counts of all processes in steps of five minutes, kept in Redis for a day.

They feed the admin charts without Prometheus. A loss costs a chart and nothing else.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from shared.domain.errors import StoreDown
from shared.stores.redis import redis_errors

log: structlog.stdlib.BoundLogger = structlog.get_logger()

STEP_S: Final = 300
STEPS: Final = 288
"""Of the last day."""

EVERY_S: Final = 15.0
_KEPT_S: Final = (STEPS + 2) * STEP_S
_DEADLINE_S: Final = 2.0
_NOW_S: Final = 60  # a process that reports nothing for this long is gone
_MOST_PROCESSES: Final = 1000


class ChartSeries(msgspec.Struct, frozen=True):
    """One series of a chart: the sum of a metric's samples with these labels."""

    name: str
    metric: str
    labels: Mapping[str, str | frozenset[str]] = {}

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Return whether a sample belongs to it."""
        return all(
            labels.get(name) in value if isinstance(value, frozenset) else labels.get(name) == value
            for name, value in self.labels.items()
        )


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The last day: ``began`` is the Unix time of the first step; the last step is in progress."""

    began: int
    step_s: int
    series: Mapping[str, list[float]]
    now: Mapping[str, float]
    """Current gauges; of several processes with the same gauge, the greatest value."""


class DailyMetrics:
    """Adds this process's counts to those of all processes; ``gauges`` are stored as they are."""

    def __init__(
        self,
        redis: Redis,
        registry: CollectorRegistry,
        lines: Iterable[ChartSeries],
        *,
        process: str,
        gauges: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._redis, self._registry, self._clock = redis, registry, clock
        self._lines, self._gauges, self._process = tuple(lines), frozenset(gauges), process
        self._told: Counter[str] = Counter()

    async def flush(self) -> None:
        """Add the counts since the last flush; what Redis does not take is added by the next one."""
        counted, measured = self._read()
        new = {name: value - self._told[name] for name, value in counted.items() if value > self._told[name]}
        try:
            with redis_errors():
                async with asyncio.timeout(_DEADLINE_S):
                    await self._write(new, measured)
        except StoreDown as error:
            log.warning("history_not_written", reason=str(error))
            return
        self._told = counted

    def _read(self) -> tuple[Counter[str], dict[str, float]]:
        counted: Counter[str] = Counter()
        measured: dict[str, float] = {}
        for family in self._registry.collect():
            for sample in family.samples:
                if sample.name in self._gauges:
                    labels = ",".join(sample.labels.values())
                    measured[f"{sample.name}:{labels}" if labels else sample.name] = sample.value
                for line in self._lines:
                    if line.metric == sample.name and line.takes(sample.labels):
                        counted[line.name] += sample.value  # type: ignore[assignment]  # seconds are counted too
        return counted, measured

    async def _write(self, new: Mapping[str, float], measured: Mapping[str, float]) -> None:
        pipe: Any = self._redis.pipeline(transaction=False)
        if new:
            step = _step_key(int(self._clock()) // STEP_S)
            for name, value in new.items():
                pipe.hincrbyfloat(step, name, value)
            pipe.expire(step, _KEPT_S)
        if measured:
            pipe.set(_now_key(self._process), msgspec.json.encode(measured), ex=_NOW_S)
            pipe.zadd(_PROCESSES, {self._process: self._clock()})
            pipe.zremrangebyrank(_PROCESSES, 0, -_MOST_PROCESSES - 1)
        if new or measured:
            await pipe.execute()


async def last_day(redis: Redis, *, clock: Callable[[], float] = time.time) -> Day:
    """Return the last day, with 0 where nothing was counted. Raises ``StoreDown``."""
    last = int(clock()) // STEP_S
    steps = range(last - STEPS + 1, last + 1)
    with redis_errors():
        async with asyncio.timeout(_DEADLINE_S):
            pipe: Any = redis.pipeline(transaction=False)
            for step in steps:
                pipe.hgetall(_step_key(step))
            counted: list[Mapping[bytes, bytes]] = await pipe.execute()
            measured = await _measured(redis, clock())
    names = sorted({name for step in counted for name in step})
    series = {name.decode(): [float(step.get(name, 0)) for step in counted] for name in names}
    return Day(began=steps[0] * STEP_S, step_s=STEP_S, series=series, now=measured)


async def _measured(redis: Redis, now: float) -> dict[str, float]:
    processes: Any = await redis.zrangebyscore(_PROCESSES, now - _NOW_S, "+inf")
    greatest: dict[str, float] = {}
    bodies = await redis.mget([_now_key(process.decode()) for process in processes]) if processes else []
    for body in bodies:
        for name, value in msgspec.json.decode(body, type=dict[str, float]).items() if body else ():
            greatest[name] = max(greatest.get(name, value), value)
    return greatest


_PROCESSES: Final = "marquee:history:processes"


def _step_key(step: int) -> str:
    return f"marquee:history:step:{step}"


def _now_key(process: str) -> str:
    return f"marquee:history:now:{process}"
