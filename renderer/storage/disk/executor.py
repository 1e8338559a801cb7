"""A local disk that may be full, slow or gone at any time: work for it has its own threads, and nobody waits long."""

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

WAIT_S: Final = 1.0
"""Longest that a caller waits for the disk before it is served without."""

READERS: Final = 4
MOST_READS: Final = 64
MOST_WRITES: Final = 32
"""Reads and writes begun or waiting; what comes beyond them is served without the disk."""

REST_S: Final = 10.0
"""How long a disk that did not answer in time is left alone, so that not every caller waits for it."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DiskExecutor:
    """One folder and the threads that work on it. Open it with :meth:`open`.

    No method raises: what cannot be done in time is not done. A loss is logged once when it begins and once when it
    ends, and every call that suffers from it is counted.
    """

    def __init__(self, folder: LruDirectory, *, count_loss: Callable[[], None] = lambda: None) -> None:
        self.folder = folder
        self._count_loss = count_loss
        self._reads = _Lane("disk-read", READERS, MOST_READS)
        self._writes = _Lane("disk-write", 1, MOST_WRITES)  # in the order in which they come
        self._lost: set[str] = set()
        self._rests_until = 0.0

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        most_bytes: int,
        *,
        max_age_s: float,
        count_loss: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator[Self]:
        """Hold the folder open, made where it is missing; what it holds is counted in the background.

        ``max_age_s`` is the age to which copies of pictures are believed.
        """
        device = cls(LruDirectory(path, most_bytes, max_age_s=max_age_s, clock=clock), count_loss=count_loss)
        device.later(LruDirectory.look)
        try:
            yield device
        finally:
            await asyncio.to_thread(device.close)

    async def read(self, work: Callable[[LruDirectory], _T]) -> _T | None:
        """Return what the work brings, or ``None`` when the disk will not, or not in time."""
        return await self._run("read", self._reads, work)

    async def write(self, work: Callable[[LruDirectory], None]) -> None:
        """Have the work done after all that was to be written before, if the disk will, and in time."""
        await self._run("write", self._writes, work)

    def later(self, work: Callable[[LruDirectory], None]) -> None:
        """Have the work done after all that was to be written before, and do not wait."""
        self._writes.begin(lambda: self._quietly(work))

    def forget(self, prefix: str) -> None:
        """Believe no picture whose key begins so and that came before now, and remove them soon."""
        if self.folder.forget(prefix):
            self._writes.begin(
                lambda: self._quietly(LruDirectory.sweep), beyond=True
            )  # one, however many words it is for

    def close(self) -> None:
        """Wait until all that was begun is done."""
        self._writes.close()
        self._reads.close()

    async def _run(self, what: str, lane: "_Lane", work: Callable[[LruDirectory], _T]) -> _T | None:
        if time.monotonic() < self._rests_until:
            self._count_loss()
            return None
        try:
            async with asyncio.timeout(WAIT_S):
                result = await asyncio.wrap_future(lane.begin(lambda: work(self.folder)))
        except _NoPlace:
            self._count_loss()
            return None
        except OSError as error:
            if isinstance(error, TimeoutError):
                self._rests_until = time.monotonic() + REST_S
            self._lose(what, error)
            return None
        if what in self._lost:
            self._lost.discard(what)
            log.info("disk_cache_back", what=what)
        return result

    def _lose(self, what: str, error: OSError) -> None:
        self._count_loss()
        if what not in self._lost:
            self._lost.add(what)
            reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
            log.warning("disk_cache_lost", what=what, reason=reason)

    def _quietly(self, work: Callable[[LruDirectory], None]) -> None:
        """Do what nobody waits for: a disk that fails now fails the next write too, which says so."""
        with suppress(OSError):
            work(self.folder)


class _NoPlace(Exception):
    """As much is under way as may be."""


class _Lane:
    """Some threads, and a bound on what they are given."""

    def __init__(self, name: str, threads: int, most: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = BoundedSemaphore(most)

    def begin(self, work: Callable[[], _T], *, beyond: bool = False) -> "Future[_T]":
        """Begin the work when its turn comes; where there is no place for it, it has failed with ``_NoPlace``.

        What goes ``beyond`` needs no place: it is for the caller to see that there is never more than one.
        """
        if not (beyond or self._places.acquire(blocking=False)):
            return _failed(_NoPlace())
        try:
            future = self._threads.submit(work)
        except RuntimeError:  # closed: the process is about to end
            future = _failed(_NoPlace())
        if not beyond:
            future.add_done_callback(lambda _: self._places.release())
        return future

    def close(self) -> None:
        """Wait until all that was begun is done."""
        self._threads.shutdown(wait=True)


def _failed(error: Exception) -> "Future[_T]":
    future: Future[_T] = Future()
    future.set_exception(error)
    return future
