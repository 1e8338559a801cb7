"""How far a warm-up is, said on one line: rewritten on a terminal, else written again from time to time."""

import shutil
import time
from collections.abc import Callable
from typing import Final, TextIO

from shared.queue.prewarm import Progress

_WIDTH: Final = 24
_LEAST_WIDTH: Final = 6
_ROOM: Final = 200
_AGAIN_S: Final = 0.2
_AGAIN_PLAIN_S: Final = 10.0
_HOUR_S: Final = 3600
_MINUTE_S: Final = 60


class Bar:
    """Shows progress on ``out``; ``end`` leaves the last state standing."""

    def __init__(self, out: TextIO, *, now: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._now = now
        self._is_terminal = out.isatty()
        self._next = 0.0
        self._last: Progress | None = None

    def show(self, progress: Progress) -> None:
        """Show how far it is, not more often than anybody reads."""
        self._last = progress
        if self._now() < self._next:
            return
        self._next = self._now() + (_AGAIN_S if self._is_terminal else _AGAIN_PLAIN_S)
        self._write(progress)

    def end(self) -> None:
        """Show the last state, whenever it was, and leave the line."""
        if self._last:
            self._write(self._last)
            self._out.write("\n" if self._is_terminal else "")
            self._out.flush()

    def _write(self, progress: Progress) -> None:
        if self._is_terminal:
            self._out.write(f"\r\x1b[K{describe(progress, shutil.get_terminal_size().columns - 1)}")
        else:
            self._out.write(f"{describe(progress)}\n")
        self._out.flush()


def describe(progress: Progress, room: int = _ROOM) -> str:
    """Return the line: how much of it is done, what became of it, how fast it goes and how long it will take.

    The bar gives way where there is little room, and then the end of the words.
    """
    words = [
        f"{progress.done}/{progress.asked}",
        f"queued {progress.queued}",
        f"drawn {progress.drawn}",
        f"unknown {progress.unknown}",
        f"failed {progress.failed}",
        f"{progress.per_s:.1f}/s",
    ]
    if progress.before:
        words.insert(1, f"before {progress.before}")
    if progress.queue_lost:
        words.append("the queue does not answer")
    elif progress.left_s is not None and not progress.stalled:
        words.append(f"{_span(progress.left_s)} left")
    line = "  ".join(words)
    width = min(_WIDTH, room - len(line) - len("[] "))
    filled = width * progress.done // max(1, progress.asked)
    bar = f"[{'#' * filled}{'.' * (width - filled)}] " if width >= _LEAST_WIDTH else ""
    return f"{bar}{line}"[:room]


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s" if whole >= _MINUTE_S else f"{whole} s"
