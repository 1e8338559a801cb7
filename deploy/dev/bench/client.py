"""The load generator: keeps connections busy, each asking for the next address as soon as it has its answer.

Run as a measurer with the file of a ``Plan``.
"""

import asyncio
import gc
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from deploy.dev.bench.orders import Measured, Order, obey
from deploy.dev.bench.wire import Wire, told
from deploy.dev.local.ports import HOST

_LATE_S: Final = 30.0


class Target(msgspec.Struct, frozen=True):
    """A server with the addresses to ask it for, in turn, and what every answer's head must contain."""

    port: int
    paths: list[str]
    expected: str
    connections: int = 32
    clients: int = 0
    """How many callers a proxy in front names, in turn; with 0 there is no proxy."""


class Plan(msgspec.Struct, frozen=True):
    """All targets, by name."""

    targets: dict[str, Target]


class Pressure:
    """One target under load; goes on through its addresses where the last round stopped."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.expected = target.expected.encode()
        self._requests = [
            f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{_forwarded(nth, target.clients)}\r\n".encode()
            for nth, path in enumerate(target.paths)
        ]
        self._endless = cycle(self._requests)

    def press(self, seconds: float) -> Measured:
        """Press the target for that long, or with 0 until each address was asked for once."""
        return uvloop.run(self._press(seconds))

    async def _press(self, seconds: float) -> Measured:
        self.done = self.failed = 0
        self.first_failure = ""
        self.next_request = iter(self._requests if seconds == 0 else self._endless)
        started, used = time.perf_counter(), time.process_time()
        callers = [Caller(self) for _ in range(self.target.connections)]
        for caller in callers:
            await caller.connect()
        if seconds:
            await asyncio.sleep(seconds)
        else:
            await asyncio.wait([caller.ended for caller in callers])
        took, used = time.perf_counter() - started, time.process_time() - used
        measured = Measured(self.done, took, used / took, self.failed, self.first_failure)
        self.next_request = iter(())
        await asyncio.wait([caller.ended for caller in callers], timeout=_LATE_S)
        return measured

    def fail(self, what: str) -> None:
        """Count an answer that is not as expected."""
        self.failed += 1
        self.first_failure = self.first_failure or what


def _forwarded(nth: int, clients: int) -> str:
    """Return the header that names the caller of the nth request."""
    client = nth % clients if clients else 0
    return f"X-Forwarded-For: 198.{18 + client // 65_536}.{client // 256 % 256}.{client % 256}\r\n" if clients else ""


class Caller:
    """Keeps one connection busy until there is nothing more to ask for."""

    def __init__(self, pressure: Pressure) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pressure = pressure
        self._expected = pressure.expected
        self._wire = Wire(self._answered, self._cut_off)

    async def connect(self) -> None:
        """Connect, and ask for the first address."""
        await asyncio.get_running_loop().create_connection(lambda: self._wire, HOST, self._pressure.target.port)
        self._transport = self._wire.transport
        self._ask()

    def _answered(self, buffer: bytearray, end: int) -> None:
        if buffer.find(self._expected, 0, end) < 0:
            self._pressure.fail(told(buffer, end))
        self._pressure.done += 1
        self._ask()

    def _ask(self) -> None:
        request = next(self._pressure.next_request, None)
        if request is not None:
            self._transport.write(request)
        elif not self.ended.done():
            self.ended.set_result(None)
            self._transport.close()

    def _cut_off(self, what: str) -> None:
        """End; a server that closes in the middle has failed."""
        if not self.ended.done():
            self._pressure.fail(what)
            self.ended.set_result(None)


def main() -> None:
    """Obey orders about the targets of the plan."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    pressures: dict[str, Pressure] = {}
    gc.disable()  # it makes no cycles worth a pause

    def carry_out(order: Order) -> Measured:
        pressure = pressures.get(order.target) or Pressure(plan.targets[order.target])
        pressures[order.target] = pressure
        return pressure.press(order.seconds)

    obey(carry_out)


if __name__ == "__main__":
    main()
