"""Detects when the process that started this one wants it to stop.

GNU make does not pass on an interrupt that was sent to make alone: it puts its own handler away and waits for its
child to end. Stopping `make run` that way would hang forever, so the child checks make's signal masks.
"""

import os
import re
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.2
_MASKS = re.compile(r"^Sig(?:Ign|Cgt):\s*([0-9a-f]+)$", re.MULTILINE)
_INTERRUPT_BIT = 1 << (signal.SIGINT - 1)


@dataclass(frozen=True)
class Parent:
    """The process that started this one; only a `make` is watched, anything else may come and go freely."""

    pid: int
    is_make: bool

    @classmethod
    def current(cls) -> "Parent":
        """Return the current parent process."""
        pid = os.getppid()
        try:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            name = ""
        return cls(pid=pid, is_make=name in {"make", "gmake"})

    def wants_us_to_stop(self) -> bool:
        """Return whether make has been interrupted or is gone."""
        if not self.is_make:
            return False
        if os.getppid() != self.pid:
            return True
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return True
        return is_interrupted(status)


def stop_with_parent() -> None:
    """Send this process SIGTERM when its parent wants it to stop, from a thread that watches for that."""
    threading.Thread(target=_watch, args=(Parent.current(),), name="parent", daemon=True).start()


def _watch(parent: Parent) -> None:
    while not parent.wants_us_to_stop():
        time.sleep(POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)


def is_interrupted(status: str) -> bool:
    """Read a make's /proc/<pid>/status: it neither ignores nor catches the interrupt once it has received one."""
    masks = _MASKS.findall(status)
    return bool(masks) and not any(int(mask, 16) & _INTERRUPT_BIT for mask in masks)
