"""Measuring in alternating rounds: ours, bare, bare, ours…, so that any disturbance of the machine affects both."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from deploy.dev.bench.callers import Measured, Order, Target
from deploy.dev.bench.harness import Bench, cpu_s, machine_cpu_s, pin
from deploy.dev.bench.results import Pair
from deploy.dev.local.parts import ROOT

ROUNDS: Final = 5
ROUND_S: Final = 1.5
_WARM_S: Final = 0.4
_QUIET: Final = 0.06  # cores that other programs may use
_ENOUGH: Final = 3  # quiet rounds
_ANSWER_S: Final = 180.0
_LONGEST_LINE: Final = 1 << 26
_END_S: Final = 5.0


class RoundFailed(Exception):
    """Callers got unexpected responses, or ended, so their times are meaningless."""


class Load:
    """The load generator, seen from the bench."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def press(self, target: str, seconds: float) -> Measured:
        """Give one order and wait for its result. Raises ``RoundFailed``, also when any request failed."""
        ask, answer = self._process.stdin, self._process.stdout
        assert ask is not None  # noqa: S101 - both are pipes
        assert answer is not None  # noqa: S101
        ask.write(msgspec.json.encode(Order(target, seconds)) + b"\n")
        async with asyncio.timeout(_ANSWER_S):
            line = await answer.readline()
        if not line:
            raise RoundFailed(f"the load generator ended while it pressed {target}")
        measured = msgspec.json.decode(line, type=Measured)
        if measured.failed:
            raise RoundFailed(f"{target}: {measured.failed} answers failed, the first with {measured.first_failure}")
        return measured


@asynccontextmanager
async def open_load(bench: Bench, targets: Mapping[str, Target], cores: frozenset[int]) -> AsyncIterator[Load]:
    """Run a load generator for these targets on these cores while inside."""
    file = bench.folder / f"{'-'.join(targets)}.targets"
    file.write_bytes(msgspec.json.encode(targets))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.dev.bench.callers",
        str(file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        limit=_LONGEST_LINE,
        start_new_session=True,
    )
    pin(process.pid, cores)
    try:
        yield Load(process)
    finally:
        assert process.stdin is not None  # noqa: S101 - a pipe
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Side(msgspec.Struct):
    """One side of a comparison: the load, its name, and the process whose processor time it costs.

    A single-threaded server that has its core to itself handles as many requests per second of processor time as per
    second of real time. On a shared machine only processor time can be compared, so rates use that;
    ``by_clock`` is for a server that waits for others.
    """

    load: Load
    target: str
    pid: int
    by_clock: bool = False
    requests: int = 0
    cpu_s: float = 0.0
    seconds: float = 0.0
    load_busy: float = 0.0

    async def measure(self, seconds: float) -> float:
        """Measure one round; returns requests per second of processor time, or of real time if chosen."""
        before = cpu_s(self.pid)
        measured = await self.load.press(self.target, seconds)
        used_s = cpu_s(self.pid) - before
        self.requests += measured.visits
        self.seconds += measured.seconds
        self.cpu_s += used_s
        self.load_busy = max(self.load_busy, measured.busy)
        return measured.rate if self.by_clock else measured.visits / used_s

    def cost(self, name: str) -> str:
        """Describe what a request cost its process, and how busy it was."""
        each_us, busy = self.cpu_s / self.requests * 1e6, self.cpu_s / self.seconds
        by_clock = f"{self.requests / self.seconds:,.0f}/s in real time while {busy:.0%} busy"
        return f"{name} {each_us:.0f} µs of its core each, {by_clock}"


async def compare(ours: Side, bare: Side, rounds: int = ROUNDS, seconds: float = ROUND_S) -> tuple[Pair, ...]:
    """Measure both in turn; the first round of each is discarded."""
    for side in (ours, bare):
        await side.load.press(side.target, _WARM_S)
    return await in_pairs(lambda: ours.measure(seconds), lambda: bare.measure(seconds), rounds)


async def in_pairs(
    ours: Callable[[], Awaitable[float]], bare: Callable[[], Awaitable[float]], rounds: int
) -> tuple[Pair, ...]:
    """Call both in turn, each first in every other round."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            base = await bare()
            pairs.append(Pair(await ours(), base))
        else:
            mine = await ours()
            pairs.append(Pair(mine, await bare()))
    return tuple(pairs)


async def in_quiet_pairs(
    ours: Callable[[], Awaitable[float]], bare: Callable[[], Awaitable[float]], rounds: int, most: int
) -> tuple[tuple[Pair, ...], str]:
    """Measure until enough rounds ran on an otherwise idle machine, for work in this process that needs every core.

    When too few were quiet, all rounds count. The text says which it was.
    """
    quiet: list[Pair] = []
    every: list[Pair] = []
    for _ in range(most):
        began, all_used, own_used = time.perf_counter(), machine_cpu_s(), time.process_time()
        pairs = await in_pairs(ours, bare, 1)
        others_s = machine_cpu_s() - all_used - (time.process_time() - own_used)
        every += pairs
        if others_s < _QUIET * (time.perf_counter() - began):
            quiet += pairs
        if len(quiet) >= rounds:
            break
    disturbed = len(every) - len(quiet)
    if len(quiet) >= _ENOUGH:
        return tuple(quiet), f"{disturbed} of {len(every)} rounds, disturbed by other programs, are discarded"
    return tuple(every), f"other programs disturbed {disturbed} of {len(every)} rounds, and all count"
