"""The base of every measurement: real stores, services and bare servers, each pinned to its cores."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg

from tests.stack.part import Part
from tests.stack.parts import running_stack
from tests.stack.server import Server
from tests.stack.services import SECRETS, Services
from tests.stack.stores import Stores

_TICKS_S: Final = os.sysconf("SC_CLK_TCK")
_IDLE_S: Final = 1.0
_BUSY: Final = 0.1  # cores that other programs use
_EVERY_SOURCE: Final = {name: SECRETS[name] for name in ("OMDB_API_KEY", "FANART_API_KEY")}
_SETTINGS: Final = {**_EVERY_SOURCE, "LOG_LEVEL": "info"}
_P = TypeVar("_P", bound=Part)


@dataclass(frozen=True)
class Cores:
    """The core of the measured process, those of the load generator and the stores, and all there are."""

    server: frozenset[int]
    load: frozenset[int]
    every: frozenset[int]

    @classmethod
    def here(cls, *, shared: bool = False) -> "Cores":
        """Divide the cores that this process may use; when there is only one, or on request, all share all."""
        every = sorted(os.sched_getaffinity(0))
        if shared:
            return cls(frozenset(every), frozenset(every), frozenset(every))
        return cls(frozenset(every[:1]), frozenset(every[1:] or every), frozenset(every))


@dataclass(frozen=True)
class Bench:
    """Postgres, Valkey and S3, running, and the base for what a measurement starts."""

    folder: Path
    cores: Cores
    stores: Stores
    pids: Mapping[str, int]
    """The pids of Postgres and Valkey."""
    sources: Server
    """Sources that answer at once. Not started: only cold requests need them."""

    @asynccontextmanager
    async def running(self, part: _P, cores: frozenset[int]) -> AsyncIterator[_P]:
        """Run a part on these cores while inside. Raises ``StartFailed``."""
        try:
            await part.up()
            pin(part.pid, cores)
            yield part
        finally:
            await part.down()

    def server(self, module: str, *arguments: str) -> Server:
        """Return a server of this package, not started yet."""
        return Server(self.folder, f"deploy.dev.bench.{module}", *arguments)

    @asynccontextmanager
    async def services(
        self,
        cores: frozenset[int],
        settings: Mapping[str, str] | None = None,
        *,
        gateways: int = 0,
        renderers: int = 0,
        stores: Stores | None = None,
    ) -> AsyncIterator[Services]:
        """Run some services on these cores while inside. Raises ``StartFailed``."""
        told = {**_SETTINGS, **(settings or {})}
        services = Services(self.folder, stores or self.stores, self.sources, told, gateways, renderers)
        async with services:
            for part in services.parts:
                pin(part.pid, cores)
            yield services


@asynccontextmanager
async def open_bench(cores: Cores, films: int) -> AsyncIterator[Bench]:
    """Run the stores on the load's cores while inside; ``films`` is how many the sources know."""
    with running_stack("marquee-bench-") as stack:
        postgres, valkey, s3 = stack.postgres(), stack.valkey(), stack.s3()
        for name in ("postgres", "valkey", "s3"):
            pin(stack.part(name).pid, cores.load)
        pids = {name: stack.part(name).pid for name in ("postgres", "valkey")}
        sources = Server(stack.folder, "deploy.dev.bench.sources", str(films))
        stores = Stores.fresh(postgres, valkey, s3, redis_number=0)
        yield Bench(stack.folder, cores, stores, pids, sources)


def database(url: str) -> Any:
    """Return a pool with one connection to Postgres, which opens on entering."""
    return asyncpg.create_pool(url, min_size=1, max_size=1)


def pin(pid: int, cores: frozenset[int]) -> None:
    """Keep a process with all its threads, and all that it will start, on these cores."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):  # a thread may end meanwhile
            os.sched_setaffinity(int(task.name), cores)


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Keep this thread on these cores while inside."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_s(pid: int) -> float:
    """Return the seconds of processor time that a process has used, in steps of the kernel's clock tick."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


def family_cpu_s(pid: int) -> float:
    """Return the processor time of a process and of its running children: Postgres has one for each connection."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return cpu_s(pid) + sum(family_cpu_s(int(child)) for child in children)
    except (FileNotFoundError, ProcessLookupError):  # a child may end meanwhile
        return 0.0


def machine_cpu_s() -> float:
    """Return the processor time that everything on this machine has used, including time taken by the host."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _waiting, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq + steal) / _TICKS_S


def peak_mib(pid: int | str = "self") -> float:
    """Return the peak resident memory of a process; getrusage would count its parent's as well."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


async def others_share() -> float:
    """Return how many cores other programs use while the bench is idle."""
    began, used = time.perf_counter(), machine_cpu_s()
    await asyncio.sleep(_IDLE_S)  # the second that is measured
    return (machine_cpu_s() - used) / (time.perf_counter() - began)


def said_of(others: float, otherwise: str) -> str:
    """Report whether the machine was quiet; ``otherwise`` has a placeholder for the cores that others used."""
    return "The machine was otherwise idle." if others < _BUSY else otherwise.format(others)
