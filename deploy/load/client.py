"""The load generator: keeps connections busy, each asking for the next address as soon as it has its answer.

Run as a measurer with the file of a ``Plan``. It speaks as much HTTP/1.1 as it needs, so that it costs less than the
servers it presses.
"""

import asyncio
import gc
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Final, cast

import msgspec
import uvloop

from deploy.load.orders import Measured, Order, obey
from deploy.local.ports import HOST

_BUFFER_BYTES: Final = 1 << 18
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"Content-Length: "
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
        loop = asyncio.get_running_loop()
        started, used = time.perf_counter(), time.process_time()
        callers = [Caller(self) for _ in range(self.target.connections)]
        for caller in callers:
            await loop.create_connection(lambda caller=caller: caller, HOST, self.target.port)  # type: ignore[misc]  # a bound default
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


class Caller(asyncio.BufferedProtocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, pressure: Pressure) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pressure = pressure
        self._expected = pressure.expected
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._held = 0  # bytes of a head that is not complete
        self._left = 0  # bytes of a body that are still to come

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first address."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - always as much as there is
        """Lend the room behind what is held."""
        return self._view[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        """Read on; a complete answer is counted and followed by the next request."""
        if self._left:
            self._left -= nbytes
        else:
            self._held += nbytes
            end = self._buffer.find(_END, 0, self._held)
            if end < 0:
                return
            self._read_head(end)
        if self._left <= 0:
            self._pressure.done += 1
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; a server that closes in the middle has failed."""
        if not self.ended.done():
            self._pressure.fail(f"a connection that was closed ({type(exc).__name__})")
            self.ended.set_result(None)

    def _read_head(self, end: int) -> None:
        if self._buffer.find(self._expected, 0, end) < 0:
            self._pressure.fail(bytes(self._buffer[: min(end, 300)]).decode("latin-1").replace("\r\n", " | "))
        at = self._buffer.find(_LENGTH, 0, end)
        length = int(self._buffer[at + len(_LENGTH) : self._buffer.find(b"\r", at)]) if at >= 0 else 0
        self._left = length - (self._held - end - len(_END))
        self._held = 0

    def _ask(self) -> None:
        request = next(self._pressure.next_request, None)
        if request is not None:
            self._transport.write(request)
        elif not self.ended.done():
            self.ended.set_result(None)
            self._transport.close()


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
