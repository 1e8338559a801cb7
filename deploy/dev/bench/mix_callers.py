"""Callers that visit: each asks for a keyed address, then for the picture that it leads to, and notes both times.

``python -m deploy.dev.bench.mix_callers PLAN SEEN``: a file with a ``Plan``, and one for what was ``Seen``.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from deploy.dev.bench.wire import Wire, told
from deploy.dev.local.ports import HOST

REDIRECT: Final = "302"
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
            self._gateway.transport.write(_get(visit.keyed))
        else:
            self._content.transport.write(_get(visit.content))

    def _redirected(self, buffer: bytearray, end: int) -> None:
        self._note(REDIRECT, b"HTTP/1.1 302", buffer, end)
        if self._visit.content:
            self._began = time.perf_counter()
            self._content.transport.write(_get(self._visit.content))
        else:
            self._done()

    def _served(self, buffer: bytearray, end: int) -> None:
        at = buffer.find(_CACHE, 0, end) + len(_CACHE)
        self._note(buffer[at : buffer.find(b"\r", at)].decode(), b"HTTP/1.1 200", buffer, end)
        self._done()

    def _note(self, what: str, wanted: bytes, buffer: bytearray, end: int) -> None:
        if not buffer.startswith(wanted):
            self._round.fail(told(buffer, end))
        self._round.times.setdefault(what, []).append(round(time.perf_counter() - self._began, 6))

    def _done(self) -> None:
        self._round.visits += 1
        self.visit()

    def _cut_off(self, what: str) -> None:
        if not self.ended.done():
            self._round.fail(what)
            self.ended.set_result(None)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def main() -> None:
    """Carry out the plan and write down what was seen."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    gc.disable()  # it makes no cycles worth a pause

    async def run() -> Seen:
        return await Round(plan).run()

    Path(sys.argv[2]).write_bytes(msgspec.json.encode(uvloop.run(run())))


if __name__ == "__main__":
    main()
