"""Measuring in alternating rounds: ours, bare, bare, ours…, so that any disturbance of the machine affects both."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing import get_context
from typing import Final

import msgspec

from deploy.dev.bench import callers
from deploy.dev.bench.callers import Measured, Target
from deploy.dev.bench.harness import cpu_s
from deploy.dev.bench.results import KINDS, Bound, Pair, Row, compared

ROUNDS: Final = 5
ROUND_S: Final = 1.5
_MOST: Final = 3
"""How many times the usual number of rounds there may be, until they tell on which side of the bound they are."""

_WARM_S: Final = 0.4

Measure = Callable[[], Awaitable[float]]


class RoundFailed(Exception):
    """Callers got unexpected responses, or ended, so their times are meaningless."""


class Load:
    """The load generator, seen from the bench."""

    def __init__(self, pool: ProcessPoolExecutor, pid: int) -> None:
        self._pool = pool
        self.pid = pid

    async def press(self, target: str, seconds: float) -> Measured:
        """Run one round in the load generator. Raises ``RoundFailed``, also when any request failed."""
        try:
            measured = await asyncio.get_running_loop().run_in_executor(self._pool, callers.press, target, seconds)
        except BrokenProcessPool as error:
            raise RoundFailed(f"the load generator ended while it pressed {target}") from error
        if measured.failed:
            raise RoundFailed(f"{target}: {measured.failed} answers failed, the first with {measured.first_failure}")
        return measured


@asynccontextmanager
async def open_load(targets: Mapping[str, Target], cores: frozenset[int]) -> AsyncIterator[Load]:
    """Run a load generator for these targets on these cores while inside."""
    settings = (targets, cores, os.getpid())
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=callers.prepare, initargs=settings
    ) as pool:
        yield Load(pool, await asyncio.get_running_loop().run_in_executor(pool, os.getpid))


class Side(msgspec.Struct):
    """One side of a comparison: the load, its name, and the process whose processor time it costs.

    A single-threaded server that has its core to itself handles as many requests per second of processor time as per
    second of real time. On a shared machine only processor time can be compared, so rates use that.
    """

    load: Load
    target: str
    pid: int
    requests: int = 0
    cpu_s: float = 0.0
    seconds: float = 0.0
    load_busy: float = 0.0

    async def measure(self, seconds: float = ROUND_S) -> float:
        """Measure one round; returns requests per second of processor time."""
        before = cpu_s(self.pid)
        measured = await self.load.press(self.target, seconds)
        used_s = cpu_s(self.pid) - before
        self.requests += measured.visits
        self.seconds += measured.seconds
        self.cpu_s += used_s
        self.load_busy = max(self.load_busy, measured.busy)
        return measured.visits / used_s

    @property
    def each_us(self) -> float:
        """Return the microseconds of processor time of a request."""
        return self.cpu_s / self.requests * 1e6

    def cost(self, name: str) -> str:
        """Describe what a request cost its process, and how busy it was."""
        by_clock = f"{self.requests / self.seconds:,.0f}/s in real time while {self.cpu_s / self.seconds:.0%} busy"
        return f"{name} {self.each_us:.0f} µs of its core each, {by_clock}"


async def per_core(name: str, ours: Side, bare: Side, *, note: str) -> Row:
    """Compare requests per second of processor time, and return the row with what a request cost in its note."""
    for side in (ours, bare):
        await side.load.press(side.target, _WARM_S)
    pairs = await in_pairs(name, ours.measure, bare.measure)
    cost = f"{ours.cost('ours')}; {bare.cost('bare')}"
    busy = f"load generator at most {max(ours.load_busy, bare.load_busy):.0%} busy"
    return compared(name, pairs, f"{note}; {cost}; {busy}.")


async def in_pairs(name: str, ours: Measure, bare: Measure, rounds: int = ROUNDS) -> list[Pair]:
    """Call both in turn, each first in every other round, until the rounds tell whether the row keeps its bound."""

    async def pair(number: int) -> Pair:
        if number % 2:
            base = await bare()
            return Pair(await ours(), base)
        return Pair(await ours(), await bare())

    return await until_told(pair, KINDS[name], rounds)


async def until_told(pair: Callable[[int], Awaitable[Pair]], bound: Bound, rounds: int) -> list[Pair]:
    """Call it for round after round, at least this number and at most thrice, until the bound has a verdict."""
    pairs: list[Pair] = []

    def verdict() -> bool | None:
        return bound.verdict([pair.ours / pair.base for pair in pairs])

    while len(pairs) < rounds or (len(pairs) < _MOST * rounds and verdict() is None):
        pairs.append(await pair(len(pairs)))
    return pairs
