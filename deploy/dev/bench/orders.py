"""How the bench commands its measurers: one order a line on standard input, one result a line on standard output."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from deploy.dev.bench.cores import pin
from deploy.dev.local.parts import ROOT

ANSWER_S: Final = 120.0
_LONGEST_LINE: Final = 1 << 20
_END_S: Final = 5.0


class Order(msgspec.Struct, frozen=True):
    """Press the target of this name for some seconds, or with 0 ask for each of its addresses once."""

    target: str
    seconds: float


class Measured(msgspec.Struct, frozen=True):
    """What a round came to; ``busy`` is the share of its time in which the measurer itself used its core."""

    requests: int
    seconds: float
    busy: float
    failed: int = 0
    first_failure: str = ""

    @property
    def rate(self) -> float:
        """Return requests per second."""
        return self.requests / self.seconds


class MeasurerFailed(Exception):
    """A measurer ended or answered nothing."""


def obey(carry_out: Callable[[Order], Measured]) -> None:
    """Be a measurer: carry out orders until standard input ends, which it does when the bench is gone."""
    for line in sys.stdin:
        done = carry_out(msgspec.json.decode(line, type=Order))
        sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
        sys.stdout.flush()


class Measurer:
    """A measurer as the bench sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def measure(self, target: str, seconds: float) -> Measured:
        """Give one order and wait for its result. Raises ``MeasurerFailed``, also when any request failed."""
        ask, answer = self._process.stdin, self._process.stdout
        assert ask is not None  # noqa: S101 - both are pipes
        assert answer is not None  # noqa: S101
        ask.write(msgspec.json.encode(Order(target, seconds)) + b"\n")
        async with asyncio.timeout(ANSWER_S):
            line = await answer.readline()
        if not line:
            raise MeasurerFailed(f"the measurer ended while it measured {target}")
        measured = msgspec.json.decode(line, type=Measured)
        if measured.failed:
            raise MeasurerFailed(
                f"{target}: {measured.failed} requests failed, the first with {measured.first_failure}"
            )
        return measured


@asynccontextmanager
async def measurer(module: str, plan: Path, cores: frozenset[int]) -> AsyncIterator[Measurer]:
    """Run a measurer on these cores while inside."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        str(plan),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        limit=_LONGEST_LINE,
        start_new_session=True,
    )
    pin(process.pid, cores)
    try:
        yield Measurer(process)
    finally:
        assert process.stdin is not None  # noqa: S101 - a pipe
        process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
