"""Interleaved rounds: ours, bare, bare, ours…, so that whatever else the machine does meets both alike."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from deploy.dev.bench.cores import cpu_s, machine_cpu_s
from deploy.dev.bench.orders import Measured, Measurer
from deploy.dev.bench.results import Pair

ROUNDS: Final = 5
ROUND_S: Final = 1.5
_WARM_S: Final = 0.4
_QUIET: Final = 0.06  # cores that others may use
_ENOUGH: Final = 3  # quiet rounds
_LOOK_S: Final = 1.0


class Side(msgspec.Struct):
    """One of the two that are compared: who measures it, under which name, and whose processor time it costs.

    A server with one thread that has its core for itself does as many requests in a second of its processor time as in
    one of the clock. On a machine that others use too only the former can be compared, so that is what a rate is;
    ``by_clock`` is for what waits for others.
    """

    measurer: Measurer
    target: str
    pid: int
    by_clock: bool = False
    requests: int = 0
    cpu_s: float = 0.0
    seconds: float = 0.0
    measurer_busy: float = 0.0

    async def measure(self, seconds: float) -> float:
        """Measure one round; returns requests per second of processor time, or of the clock if so chosen."""
        before = cpu_s(self.pid)
        measured = await self.measurer.measure(self.target, seconds)
        used_s = cpu_s(self.pid) - before
        self._note(measured, used_s)
        return measured.rate if self.by_clock else measured.requests / used_s

    def _note(self, measured: Measured, used_s: float) -> None:
        self.requests += measured.requests
        self.seconds += measured.seconds
        self.cpu_s += used_s
        self.measurer_busy = max(self.measurer_busy, measured.busy)

    def cost(self, name: str) -> str:
        """Say what a request cost its process, and how busy it was."""
        each_us, busy = self.cpu_s / self.requests * 1e6, self.cpu_s / self.seconds
        by_clock = f"{self.requests / self.seconds:,.0f}/s by the clock while {busy:.0%} busy"
        return f"{name} {each_us:.0f} µs of its core each, {by_clock}"


async def compare(ours: Side, bare: Side, rounds: int = ROUNDS, seconds: float = ROUND_S) -> tuple[Pair, ...]:
    """Measure both in turn; a first round of each is thrown away."""
    for side in (ours, bare):
        await side.measurer.measure(side.target, _WARM_S)
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
    """Measure until enough rounds met an otherwise idle machine; for what needs every core and runs in this process.

    When too few did, all rounds count. The text says which it was.
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
        return tuple(quiet), f"{disturbed} of {len(every)} rounds, in which others used the processor, are left out"
    return tuple(every), f"others used the processor in {disturbed} of {len(every)} rounds, and all count"


async def others_share() -> float:
    """Return how many cores others use while the bench does nothing."""
    began, used = time.perf_counter(), machine_cpu_s()
    await asyncio.sleep(_LOOK_S)
    return (machine_cpu_s() - used) / (time.perf_counter() - began)
