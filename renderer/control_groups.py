"""What the operating system lets this process use: CPUs and memory, by its affinity and its control groups.

A limit of a container is a limit of its control group or of one above it, in version 1 or 2 of the kernel's interface.
"""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

_PROC: Final = Path("/proc/self")
_UNLIMITED: Final = 1 << 60  # version 1 writes its largest number of whole pages where memory is not limited
_FIRST_OPTIONAL: Final = 6  # mountinfo has any number of optional fields from here to a lone "-"


class _Mount(msgspec.Struct, frozen=True):
    """A mounted hierarchy of control groups: which of its groups is mounted, and where."""

    root: str
    point: Path
    controllers: frozenset[str]  # none in version 2, which has all of them in one hierarchy


def usable_cpus(proc: Path = _PROC, affinity: int | None = None) -> int:
    """Return how many CPUs this process may use: by its affinity and its quota, which is rounded up; at least 1.

    A quota of 1.5 CPUs counts as 2, as a limit of 1500m does where Kubernetes passes it on as a variable.
    """
    cpus = affinity or _affinity()
    return max(1, math.ceil(min([cpus, *_limits(proc, "cpu", _first_quota, _second_quota)])))


def _affinity() -> int:
    """Return how many CPUs the scheduler may put this process on; macOS has no such choice."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_limit_bytes(proc: Path = _PROC) -> int | None:
    """Return how much memory the process may use; ``None`` if that is not limited or cannot be read."""
    limits = _limits(proc, "memory", _memory("memory.limit_in_bytes"), _memory("memory.max"))
    return min((int(limit) for limit in limits if limit < _UNLIMITED), default=None)


_Reader = Callable[[Path], float]


def _limits(proc: Path, controller: str, first: _Reader, second: _Reader) -> Iterator[float]:
    """Yield each limit that applies, read by ``first`` and ``second``, for each version; skip what cannot be read."""
    for mount in _mounts(proc):
        if mount.controllers and controller not in mount.controllers:
            continue
        for group in _groups(proc, mount, controller):
            try:
                yield (first if mount.controllers else second)(group)
            except (OSError, ValueError, ArithmeticError):  # no such file, or "max"
                continue


def _first_quota(group: Path) -> float:
    quota_us, period_us = (int(_text(group / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
    return quota_us / period_us if quota_us > 0 else math.inf


def _second_quota(group: Path) -> float:
    quota_us, period_us = _text(group / "cpu.max").split()
    return int(quota_us) / int(period_us)


def _memory(name: str) -> _Reader:
    return lambda group: int(_text(group / name))


def _groups(proc: Path, mount: _Mount, controller: str) -> Iterator[Path]:
    """Yield the folder of the process's own group, and of each one above it that is visible here."""
    path = _own_group(proc, controller if mount.controllers else "")
    below = Path(path).relative_to(mount.root) if Path(path).is_relative_to(mount.root) else Path()
    yield from (mount.point / each for each in (below, *below.parents))


def _own_group(proc: Path, controller: str) -> str:
    for line in _lines(proc / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path
    return "/"


def _mounts(proc: Path) -> Iterator[_Mount]:
    for line in _lines(proc / "mountinfo"):
        fields = line.split(" ")
        kind, _, options = fields[fields.index("-", _FIRST_OPTIONAL) + 1 :][:3]
        if kind in {"cgroup", "cgroup2"}:
            controllers = frozenset(options.split(",")) if kind == "cgroup" else frozenset[str]()
            yield _Mount(fields[3], Path(fields[4]), controllers)


def _lines(file: Path) -> list[str]:
    try:
        return _text(file).splitlines()
    except (OSError, ValueError):
        return []


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()
