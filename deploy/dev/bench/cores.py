"""Which processor core belongs to whom, so that the measured and the measuring do not take each other's time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cores:
    """The core of what is measured, the core of whoever measures and of the stores, and all there are."""

    server: frozenset[int]
    load: frozenset[int]
    every: frozenset[int]

    @classmethod
    def here(cls) -> "Cores":
        """Divide the cores that this process may use; a machine with one core has it for both."""
        mine = sorted(os.sched_getaffinity(0))
        return cls(frozenset(mine[:1]), frozenset(mine[1:] or mine), frozenset(mine))


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


def machine_cpu_s() -> float:
    """Return the processor time that everything on this machine has used, time taken by the host included."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _waiting, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq + steal) / _TICKS_S
