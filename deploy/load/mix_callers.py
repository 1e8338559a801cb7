"""Callers that visit: each asks for a keyed address, then for the picture that it leads to, and notes both times.

``python -m deploy.load.mix_callers PLAN SEEN``: a file with a ``Plan``, and one for what was ``Seen``.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Final, cast

import msgspec
import uvloop

from deploy.local.ports import HOST

REDIRECT: Final = "302"
_BUFFER_BYTES: Final = 1 << 18
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"Content-Length: "
_CACHE: Final = b"X-Cache-Status: "
_LATE_S: Final = 60.0


class Visit(msgspec.Struct, frozen=True, array_like=True):
    """A keyed path for the gateway, a path for the content server, or the one and then the other."""

    keyed: str = ""
    content: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where to, what for, by how many at once; for some seconds, or with 0 each visit once."""

    gateway: int
    content: int
    visits: list[Visit]
    callers: int
    seconds: float = 0.0


class Seen(msgspec.Struct, frozen=True):
    """What the callers saw: seconds of every answer, by ``302`` or by what the cache said."""

    visits: int
    seconds: float
    times: dict[str, list[float]]
    failed: int
    first_failure: str
    cpu_s: float


class Wire(asyncio.BufferedProtocol):
    """One connection: a request, its whole answer, the next request; ``answered`` is given the head."""

    def __init__(self, answered: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._answered, self._lost = answered, lost
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._held = 0  # bytes of a head that is not complete
        self._left = 0  # bytes of a body that are still to come
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so."""
        self._lost(f"a connection that was closed ({type(exc).__name__})")

    def ask(self, path: str) -> None:
        """Send a request; one at a time."""
        self.transport.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - always as much as there is
        """Lend the room behind what is held."""
        return self._view[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        """Read on; a complete answer is told."""
        if self._left:
            self._left -= nbytes
        else:
            self._held += nbytes
            end = self._buffer.find(_END, 0, self._held)
            if end < 0:
                return
            self._head = bytes(self._buffer[:end]) + b"\r\n"
            at = self._head.find(_LENGTH)
            length = int(self._head[at + len(_LENGTH) : self._head.find(b"\r", at)]) if at >= 0 else 0
            self._left = length - (self._held - end - len(_END))
            self._held = 0
        if self._left <= 0:
            self._left = 0
            self._answered(self._head)


class Round:
    """All visits of one plan, and what came of them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.next_visit: Iterator[Visit] = iter(plan.visits if plan.seconds == 0 else cycle(plan.visits))
        self.times: dict[str, list[float]] = {}
        self.visits = self.failed = 0
        self.first_failure = ""

    def fail(self, what: str) -> None:
        """Count what is not as it should be."""
        self.failed += 1
        self.first_failure = self.first_failure or what

    async def run(self) -> Seen:
        """Let the callers visit until the time or the visits are over."""
        callers = [Caller(self) for _ in range(self.plan.callers)]
        await asyncio.gather(*(caller.connect() for caller in callers))
        started, used = time.perf_counter(), time.process_time()
        for caller in callers:
            caller.visit()
        ended = [caller.ended for caller in callers]
        if self.plan.seconds:
            await asyncio.sleep(self.plan.seconds)
            took = time.perf_counter() - started
            seen_visits, self.next_visit = self.visits, iter(())
            await asyncio.wait(ended, timeout=_LATE_S)
        else:
            await asyncio.wait(ended)
            took, seen_visits = time.perf_counter() - started, self.visits
        return Seen(seen_visits, took, self.times, self.failed, self.first_failure, time.process_time() - used)


class Caller:
    """One who visits; has a connection to each server that is needed."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gateway = Wire(self._redirected, self._cut_off)
        self._content = Wire(self._served, self._cut_off)
        self._visit = Visit()
        self._began = 0.0

    async def connect(self) -> None:
        """Open both connections."""
        loop, plan = asyncio.get_running_loop(), self._round.plan
        await loop.create_connection(lambda: self._gateway, HOST, plan.gateway)
        await loop.create_connection(lambda: self._content, HOST, plan.content)

    def visit(self) -> None:
        """Begin the next visit, or end."""
        visit = next(self._round.next_visit, None)
        if visit is None:
            if not self.ended.done():
                self.ended.set_result(None)
            return
        self._visit, self._began = visit, time.perf_counter()
        if visit.keyed:
            self._gateway.ask(visit.keyed)
        else:
            self._content.ask(visit.content)

    def _redirected(self, head: bytes) -> None:
        self._note(REDIRECT, head, b"HTTP/1.1 302")
        if self._visit.content:
            self._began = time.perf_counter()
            self._content.ask(self._visit.content)
        else:
            self._done()

    def _served(self, head: bytes) -> None:
        at = head.find(_CACHE) + len(_CACHE)
        self._note(head[at : head.find(b"\r", at)].decode(), head, b"HTTP/1.1 200")
        self._done()

    def _note(self, what: str, head: bytes, wanted: bytes) -> None:
        if not head.startswith(wanted):
            self._round.fail(head[:300].decode("latin-1").replace("\r\n", " | "))
        self._round.times.setdefault(what, []).append(round(time.perf_counter() - self._began, 6))

    def _done(self) -> None:
        self._round.visits += 1
        self.visit()

    def _cut_off(self, what: str) -> None:
        if not self.ended.done():
            self._round.fail(what)
            self.ended.set_result(None)


def main() -> None:
    """Carry out the plan and write down what was seen."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    gc.disable()  # it makes no cycles worth a pause

    async def run() -> Seen:
        return await Round(plan).run()

    Path(sys.argv[2]).write_bytes(msgspec.json.encode(uvloop.run(run())))


if __name__ == "__main__":
    main()
