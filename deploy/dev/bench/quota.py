"""Limits processes to a share of a core each, like a pod's limit, with the kernel's control groups."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_FIRST_VERSION: Final = _ROOT / "cpu"
_PERIOD_US: Final = 10_000
"""A short period: a process that has used up its share waits only for milliseconds."""


class NoQuota(Exception):
    """No control group can be created here: that needs root."""


@contextmanager
def quota(pids: Iterable[int], cores: float) -> Iterator[None]:
    """Limit each of these processes, with all its threads, to a number of cores. Raises ``NoQuota``."""
    with ExitStack() as stack:
        for pid in pids:
            stack.enter_context(_held(pid, cores))
        yield


@contextmanager
def _held(pid: int, cores: float) -> Iterator[None]:
    is_first = _FIRST_VERSION.is_dir()
    parent = _FIRST_VERSION if is_first else _ROOT
    group = parent / f"marquee-load-{os.getpid()}-{pid}"
    allowed_us = int(cores * _PERIOD_US)
    limits = (
        {"cpu.cfs_period_us": f"{_PERIOD_US}", "cpu.cfs_quota_us": f"{allowed_us}"}
        if is_first
        else {"cpu.max": f"{allowed_us} {_PERIOD_US}"}
    )
    try:
        before = parent / _path(pid, is_first=is_first).lstrip("/")
        group.mkdir()
    except OSError as error:
        raise NoQuota(f"no control group can be created: {error.strerror}") from error
    try:
        for name, value in limits.items():
            _write(group / name, value)
        _write(group / "cgroup.procs", str(pid))
        yield
    finally:
        try:
            _write(before / "cgroup.procs", str(pid))
        finally:
            group.rmdir()


def _write(file: Path, value: str) -> None:
    try:
        file.write_text(value)
    except OSError as error:
        raise NoQuota(f"{file.name} cannot be set: {error.strerror}") from error


def _path(pid: int, *, is_first: bool) -> str:
    """Return the control group of a process, from its file with three fields per line."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if ("cpu" in controllers.split(",")) if is_first else not controllers:
            return path
    return "/"
