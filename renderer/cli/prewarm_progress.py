"""How far a prewarm is: a bar on a terminal, else a plain line every ten seconds."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from shared.queue.prewarm import Progress

_PLAIN_EVERY_S: Final = 10.0
_HOUR_S: Final = 3600
_MINUTE_S: Final = 60


class ProgressReport:
    """Shows progress on ``out`` while it is open, and leaves the last state there."""

    def __init__(self, out: TextIO, *, now: Callable[[], float] = time.monotonic) -> None:
        self._out, self._now = out, now
        self._next = 0.0
        self._last: Progress | None = None
        columns = (BarColumn(24), MofNCompleteColumn(), TextColumn("{task.description}"))
        self._bar = Bar(*columns, console=Console(file=out), transient=False) if out.isatty() else None
        self._task = self._bar.add_task("", total=None, visible=False) if self._bar else None

    def __enter__(self) -> Self:
        """Begin."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the last state and leave it there."""
        if self._bar:
            self._bar.stop()
        elif self._last:
            self._write(self._last)

    def show(self, progress: Progress) -> None:
        """Show this state; without a terminal, at most every ten seconds."""
        self._last = progress
        if self._bar and self._task is not None:
            self._bar.update(
                self._task, total=progress.asked, completed=progress.done, description=describe(progress), visible=True
            )
        elif self._now() >= self._next:
            self._next = self._now() + _PLAIN_EVERY_S
            self._write(progress)

    def _write(self, progress: Progress) -> None:
        self._out.write(f"{progress.done}/{progress.asked}  {describe(progress)}\n")
        self._out.flush()


def describe(progress: Progress) -> str:
    """Return what became of the pictures, how fast it goes and how long it will take."""
    words = [
        f"queued {progress.queued}",
        f"drawn {progress.drawn}",
        f"unknown {progress.unknown}",
        f"failed {progress.failed}",
        f"{progress.per_s:.1f}/s",
    ]
    if progress.before:
        words.insert(0, f"before {progress.before}")
    if progress.queue_lost:
        words.append("the queue is not responding")
    elif progress.left_s is not None and not progress.stalled:
        words.append(f"{_duration(progress.left_s)} left")
    return "  ".join(words)


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s" if whole >= _MINUTE_S else f"{whole} s"
