"""Runs disk work in threads of its own with a time limit, because the disk may be full, slow or gone at any time."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final, Self, TypeVar

import structlog

from renderer.storage.disk.lru_directory import LruDirectory

_T = TypeVar("_T")

TIMEOUT_S: Final = 1.0
"""Longest that a caller waits for the disk before it continues without."""

READERS: Final = 4
MAX_READS: Final = 64
MAX_WRITES: Final = 32
"""Reads and writes that are running or queued; above this, callers continue without the disk."""

COOLDOWN_S: Final = 10.0
"""After a timeout the disk is not used for this long, so that not every caller waits for it."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DiskExecutor:
    """One directory and the threads that work on it. Open it with :meth:`open`.

    No method raises: work that cannot be done in time is skipped. An outage is logged once when it begins and once when
    it ends, and every call that fails because of it is counted.
    """

    def __init__(self, directory: LruDirectory, *, count_loss: Callable[[], None] = lambda: None) -> None:
        self.directory = directory
        self._count_loss = count_loss
        self._reads = _BoundedThreads("disk-read", READERS, MAX_READS)
        self._writes = _BoundedThreads("disk-write", 1, MAX_WRITES)  # one thread, so they stay in order
        self._failing: set[str] = set()
        self._cooldown_until = 0.0

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        max_bytes: int,
        *,
        max_age_s: float,
        count_loss: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator[Self]:
        """Yield an executor; the directory is created if missing, and scanned in the background.

        ``max_age_s`` is the lifetime of a copy of a picture.
        """
        executor = cls(LruDirectory(path, max_bytes, max_age_s=max_age_s, clock=clock), count_loss=count_loss)
        executor.write_later(LruDirectory.scan)
        try:
            yield executor
        finally:
            await asyncio.to_thread(executor.close)

    async def read(self, work: Callable[[LruDirectory], _T]) -> _T | None:
        """Return the result of the work, or ``None`` when the disk fails or is too slow."""
        return await self._run("read", self._reads, work)

    async def write(self, work: Callable[[LruDirectory], None]) -> None:
        """Run the work after all earlier writes; skipped when the disk fails or is too slow."""
        await self._run("write", self._writes, work)

    def write_later(self, work: Callable[[LruDirectory], None]) -> None:
        """Queue the work after all earlier writes, without waiting for it."""
        self._writes.submit(lambda: self._ignore_errors(work))

    def invalidate(self, prefix: str) -> None:
        """Invalidate all existing pictures whose key starts with ``prefix``, and delete them in the background."""
        if self.directory.invalidate(prefix):  # one sweep serves all invalidations before it
            self._writes.submit(lambda: self._ignore_errors(LruDirectory.sweep), unbounded=True)

    def close(self) -> None:
        """Wait until all queued work is done."""
        self._writes.close()
        self._reads.close()

    async def _run(self, what: str, threads: "_BoundedThreads", work: Callable[[LruDirectory], _T]) -> _T | None:
        if time.monotonic() < self._cooldown_until:
            self._count_loss()
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                result = await asyncio.wrap_future(threads.submit(lambda: work(self.directory)))
        except _QueueFull:
            self._count_loss()
            return None
        except OSError as error:
            if isinstance(error, TimeoutError):
                self._cooldown_until = time.monotonic() + COOLDOWN_S
            self._fail(what, error)
            return None
        if what in self._failing:
            self._failing.discard(what)
            log.info("disk_cache_back", what=what)
        return result

    def _fail(self, what: str, error: OSError) -> None:
        self._count_loss()
        if what not in self._failing:
            self._failing.add(what)
            reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
            log.warning("disk_cache_lost", what=what, reason=reason)

    def _ignore_errors(self, work: Callable[[LruDirectory], None]) -> None:
        """Run background work: if the disk fails now, the next regular write fails too and reports it."""
        with suppress(OSError):
            work(self.directory)


class _QueueFull(Exception):
    """The limit of running and queued work is reached, or the threads are closed."""


class _BoundedThreads:
    """A thread pool with a limit on running and queued work."""

    def __init__(self, name: str, threads: int, limit: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._slots = BoundedSemaphore(limit)

    def submit(self, work: Callable[[], _T], *, unbounded: bool = False) -> "Future[_T]":
        """Queue the work; when no slot is free, the future has already failed with ``_QueueFull``.

        ``unbounded`` work needs no slot: the caller makes sure that there is never more than one.
        """
        if not (unbounded or self._slots.acquire(blocking=False)):
            return _failed(_QueueFull())
        try:
            future = self._threads.submit(work)
        except RuntimeError:  # closed: the process is about to exit
            future = _failed(_QueueFull())
        if not unbounded:
            future.add_done_callback(lambda _: self._slots.release())
        return future

    def close(self) -> None:
        """Wait until all queued work is done."""
        self._threads.shutdown(wait=True)


def _failed(error: Exception) -> "Future[_T]":
    future: Future[_T] = Future()
    future.set_exception(error)
    return future
