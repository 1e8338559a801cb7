"""The load generator: callers that keep connections busy, each sending the next request as soon as it has its response.

It runs in a process of its own (``rounds.open_load``), so that its work is not part of what is measured.
"""

import asyncio
import gc
import os
import time
from collections.abc import Iterator, Mapping
from itertools import cycle
from signal import Signals
from typing import Final

import msgspec
import uvloop

from deploy.dev.bench.wire import Wire, told
from deploy.dev.local.ports import HOST
from deploy.dev.local.processes import ends_with

REDIRECT: Final = "302"
WHOLE: Final = "visit"
_GATEWAY, _CONTENT = 0, 1
_CACHE: Final = b"X-Cache-Status: "
_LONGEST_S: Final = 180.0
_LATE_S: Final = 60.0


class Visit(msgspec.Struct, frozen=True, array_like=True):
    """A keyed path for the gateway, a path for the content server, or the one and then the other."""

    keyed: str = ""
    content: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Servers with the visits to make, in turn, and what the head of every response must contain."""

    visits: list[Visit]
    gateway: int = 0
    content: int = 0
    redirect: str = "HTTP/1.1 302"
    picture: str = "HTTP/1.1 200"
    callers: int = 32
    clients: int = 0
    """How many clients a proxy in front names, in turn; with 0 there is no proxy."""
    notes_times: bool = False
    """Record the seconds of every response."""


class Measured(msgspec.Struct, frozen=True):
    """The result of a round: ``times`` has the seconds of responses by ``302`` or by cache status, and of visits."""

    visits: int
    seconds: float
    cpu_s: float = 0.0
    """Processor time that the load generator itself used."""
    failed: int = 0
    first_failure: str = ""
    times: dict[str, list[float]] = {}

    @property
    def rate(self) -> float:
        """Return visits per second of real time."""
        return self.visits / self.seconds

    @property
    def busy(self) -> float:
        """Return the share of the time in which the load generator used its core."""
        return self.cpu_s / self.seconds


class Step(msgspec.Struct, frozen=True):
    """One request of a visit: its connection, what its response must contain, and the request after it."""

    wire: int
    request: bytes
    expected: bytes
    then: "Step | None" = None


class Pressure:
    """One target under load; every round continues where the last one stopped."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.ports = {_GATEWAY: target.gateway, _CONTENT: target.content}
        self._steps = [_step(target, visit, nth) for nth, visit in enumerate(target.visits)]
        self._endless = cycle(self._steps)
        self.done = self.failed = 0
        self.first_failure = ""
        self.times: dict[str, list[float]] = {}
        self.next_step: Iterator[Step] = iter(())

    async def press(self, seconds: float) -> Measured:
        """Load the target for that long, or with 0 until each visit was made once."""
        self.done = self.failed = 0
        self.first_failure, self.times = "", {}
        self.next_step = iter(self._endless if seconds else self._steps)
        callers = [Caller(self) for _ in range(self.target.callers)]
        for caller in callers:
            await caller.connect()
        started, used = time.perf_counter(), time.process_time()
        for caller in callers:
            caller.begin()
        ended = [caller.ended for caller in callers]
        await asyncio.wait(ended, timeout=seconds or _LONGEST_S)
        took, used, done = time.perf_counter() - started, time.process_time() - used, self.done
        self.next_step = iter(())
        _, late = await asyncio.wait(ended, timeout=_LATE_S)
        if late:
            self.fail(f"no answer within {_LATE_S:g} s")
        return Measured(done, took, used, self.failed, self.first_failure, self.times)

    def fail(self, what: str) -> None:
        """Count a response that is not as expected."""
        self.failed += 1
        self.first_failure = self.first_failure or what

    def note(self, step: Step, buffer: bytearray, end: int, seconds: float) -> None:
        """Record how long a response took, by its kind."""
        what = REDIRECT
        if step.wire == _CONTENT:
            at = buffer.find(_CACHE, 0, end) + len(_CACHE)
            what = buffer[at : buffer.find(b"\r", at)].decode()
        self.times.setdefault(what, []).append(round(seconds, 6))


def _step(target: Target, visit: Visit, nth: int) -> Step:
    client = nth % target.clients if target.clients else 0
    proxy = f"X-Forwarded-For: 198.{18 + client // 65_536}.{client // 256 % 256}.{client % 256}\r\n"
    head = f" HTTP/1.1\r\nHost: {HOST}\r\n{proxy if target.clients else ''}\r\n"
    step = None
    if visit.content:
        step = Step(_CONTENT, f"GET {visit.content}{head}".encode(), target.picture.encode())
    if visit.keyed:
        step = Step(_GATEWAY, f"GET {visit.keyed}{head}".encode(), target.redirect.encode(), step)
    if step is None:
        raise ValueError("a visit without a path")
    return step


class Caller:
    """Keeps a connection to each server, and one of them busy, until there are no more visits."""

    def __init__(self, pressure: Pressure) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pressure = pressure
        self._notes_times = pressure.target.notes_times
        self._wires = {to: Wire(self._answered, self._cut_off) for to, port in pressure.ports.items() if port}
        self._began = self._visit_began = 0.0

    async def connect(self) -> None:
        """Open the connections."""
        for to, wire in self._wires.items():
            await wire.connect(self._pressure.ports[to])

    def begin(self) -> None:
        """Begin the next visit, or end."""
        self._visit_began = time.perf_counter()
        self._ask(next(self._pressure.next_step, None))

    def _answered(self, buffer: bytearray, end: int) -> None:
        step, pressure = self._step, self._pressure
        if buffer.find(step.expected, 0, end) < 0:
            pressure.fail(told(buffer, end))
        if self._notes_times:
            pressure.note(step, buffer, end, time.perf_counter() - self._began)
        if step.then is not None:
            self._ask(step.then)
        else:
            pressure.done += 1
            if self._notes_times:
                pressure.times.setdefault(WHOLE, []).append(time.perf_counter() - self._visit_began)
            self._visit_began = time.perf_counter()
            self._ask(next(pressure.next_step, None))

    def _ask(self, step: Step | None) -> None:
        if step is not None:
            self._step, self._began = step, time.perf_counter()
            self._wires[step.wire].transport.write(step.request)
        elif not self.ended.done():
            self._end()

    def _cut_off(self, what: str) -> None:
        """End; a server that closes in the middle has failed."""
        if not self.ended.done():
            self._pressure.fail(what)
            self._end()

    def _end(self) -> None:
        self.ended.set_result(None)
        for wire in self._wires.values():
            wire.transport.close()


_pressed: Final[dict[str, Pressure]] = {}


def prepare(targets: Mapping[str, Target], cores: frozenset[int], bench: int) -> None:
    """Make this process the load generator of these targets, on these cores, for as long as the bench runs."""
    ends_with(bench, Signals.SIGKILL)
    os.sched_setaffinity(0, cores)
    gc.disable()  # it creates no cycles worth a pause
    _pressed.update({name: Pressure(target) for name, target in targets.items()})


def press(target: str, seconds: float) -> Measured:
    """Load the target of this name for some seconds, or with 0 make each visit once."""
    return uvloop.run(_pressed[target].press(seconds))
