"""The base of every measurement: real stores, services and bare servers, each pinned to its cores."""

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import psutil

from deploy.dev.bench.sources import copies
from tests.stack.part import Part
from tests.stack.parts import running_stack
from tests.stack.server import Server
from tests.stack.services import SECRETS, Services
from tests.stack.stores import Stores

_FILMS: Final = 12_000
"""How many the sources know: each is requested cold by one round only."""

_SCHEDULED: Final = 2  # the kernel's name for the clock of a process that counts its time on a processor
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
    def here(cls) -> "Cores":
        """Divide the cores that this process may use; when there is only one, all share it."""
        every = sorted(os.sched_getaffinity(0))
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
    titles: Iterator[str] = field(default_factory=lambda: (film.imdb for film in copies(_FILMS)))
    """The IMDb ids of films that were never requested, each handed out once."""
    sections: list[str] = field(default_factory=list)
    """What the page says below the table of rows."""

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
async def open_bench(cores: Cores) -> AsyncIterator[Bench]:
    """Run the stores on the load's cores while inside."""
    with running_stack("marquee-bench-") as stack:
        stores = stack.stores()
        pids = {name: stack.part(name).pid for name in ("postgres", "valkey", "s3")}
        for pid in pids.values():
            pin(pid, cores.load)
        sources = Server(stack.folder, "deploy.dev.bench.sources", str(_FILMS))
        yield Bench(stack.folder, cores, stores, pids, sources)


def database(url: str) -> Any:
    """Return a pool with one connection to Postgres, which opens on entering."""
    return asyncpg.create_pool(url, min_size=1, max_size=1)


def pin(pid: int, cores: frozenset[int]) -> None:
    """Keep a process with all its threads, and all that it will start, on these cores."""
    for thread in psutil.Process(pid).threads():
        with suppress(ProcessLookupError):  # it may end meanwhile
            os.sched_setaffinity(thread.id, cores)


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
    """Return the seconds of processor time that a process has used, threads that have ended included."""
    return time.clock_gettime(~pid << 3 | _SCHEDULED)  # what clock_getcpuclockid(3) makes of a pid


def family_cpu_s(pid: int) -> float:
    """Return the processor time of a process and of all that it started: Postgres has one for each connection."""
    parent, total = psutil.Process(pid), 0.0
    for each in (parent, *parent.children(recursive=True)):
        with suppress(psutil.NoSuchProcess, OSError):  # it may end meanwhile
            ended = each.cpu_times()
            total += cpu_s(each.pid) + ended.children_user + ended.children_system
    return total


def machine_cpu_s() -> float:
    """Return the processor time that everything on this machine has used, including time taken by the host."""
    used = psutil.cpu_times()
    return sum(used) - used.idle - used.iowait - used.guest - used.guest_nice  # guests are part of user and nice


@contextmanager
def beside() -> Iterator[Callable[[], float]]:
    """Yield a function that returns how many cores other programs have used since this was entered."""
    began, machine_s, own_s = time.perf_counter(), machine_cpu_s(), family_cpu_s(os.getpid())

    def others() -> float:
        used_s = machine_cpu_s() - machine_s - (family_cpu_s(os.getpid()) - own_s)
        return max(0.0, used_s / (time.perf_counter() - began))

    yield others


def peak_mib() -> float:
    """Return the peak resident memory of this process; getrusage would count its parent's as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def memory_mb(pid: int) -> float:
    """Return the memory of a process in MB; what it shares with others counts in part (PSS)."""
    return psutil.Process(pid).memory_full_info().pss / 1e6
