"""Copies of pictures on local disk, between memory and the slower storage that holds the truth."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final, Self, TypeVar

import structlog
from cachetools import LRUCache

from shared.storage.base import Facts, Picture
from shared.storage.folder import Folder

_T = TypeVar("_T")

WAIT_S: Final = 1.0
"""Longest that a caller waits for the disk before it is served without."""

READERS: Final = 4
MOST_READS: Final = 64
MOST_WRITES: Final = 32
"""Reads and writes begun or waiting; what comes beyond them is served without the disk."""

REST_S: Final = 10.0
"""How long a disk that did not answer in time is left alone, so that not every caller waits for it."""

_MOST_KNOWN: Final = 20_000

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DiskStorage:
    """A ``Storage`` of copies in one folder, which may lose any of them at any time. Open it with :meth:`open`.

    No method raises: while the disk is full, slow or gone, ``get`` finds nothing and ``put`` keeps nothing. A loss is
    logged once when it begins and once when it ends, and every call that suffers from it is counted.
    """

    def __init__(self, folder: Folder, *, count_loss: Callable[[], None] = lambda: None) -> None:
        self._folder = folder
        self._count_loss = count_loss
        self._reads = _Lane("disk-read", READERS, MOST_READS)
        self._writes = _Lane("disk-write", 1, MOST_WRITES)  # in the order in which they come
        self._lost: set[str] = set()
        self._rests_until = 0.0
        # What we last heard of a picture: another process may still put an earlier one into the folder.
        self._known: LRUCache[str, str] = LRUCache(_MOST_KNOWN)

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
        """Hold the folder open, made where it is missing; what it holds is counted in the background."""
        folder = Folder(path, most_bytes, max_age_s=max_age_s, clock=clock)
        disk = cls(folder, count_loss=count_loss)
        disk._writes.begin(partial(disk._quietly, folder.look))
        try:
            yield disk
        finally:
            await asyncio.to_thread(disk._close)

    @property
    def used_bytes(self) -> int:
        """Return how much of the bound is used."""
        return self._folder.used_bytes

    @property
    def max_bytes(self) -> int:
        """Return the bound."""
        return self._folder.most_bytes

    async def get(self, key: str) -> Picture | None:
        """Return the copy or ``None``."""
        picture = await self._run("read", self._reads, partial(self._folder.read, key))
        known = self._known.get(key)
        if picture is None or known in {None, picture.facts.etag}:
            return picture
        self._drop_unless(key, known)
        return None

    async def head(self, key: str) -> Facts | None:
        """Return the copy's facts or ``None``."""
        picture = await self.get(key)
        return picture.facts if picture else None

    async def put(self, key: str, picture: Picture) -> None:
        """Keep a copy, whole or not at all, in place of any earlier one."""
        self._known[key] = picture.facts.etag
        await self._run("write", self._writes, partial(self._folder.write, key, picture))

    def forget_unless(self, key: str, etag: str) -> None:
        """Believe no copy with other bytes than those of ``etag`` from now on, and remove it soon."""
        self._known[key] = etag
        self._drop_unless(key, etag)

    def _drop_unless(self, key: str, etag: str) -> None:
        self._writes.begin(partial(self._quietly, partial(self._folder.remove_unless, key, etag)))

    async def _run(self, what: str, lane: "_Lane", work: Callable[[], _T]) -> _T | None:
        """Return what the work returns, or ``None`` when the disk will not, or not in time."""
        if time.monotonic() < self._rests_until:
            self._count_loss()
            return None
        try:
            async with asyncio.timeout(WAIT_S):
                result = await asyncio.wrap_future(lane.begin(work))
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

    def _quietly(self, work: Callable[[], None]) -> None:
        """Do what nobody waits for: a disk that fails now fails the next write too, which says so."""
        with suppress(OSError):
            work()

    def _close(self) -> None:
        self._writes.close()
        self._reads.close()


class _NoPlace(Exception):
    """As much is under way as may be."""


class _Lane:
    """Some threads, and a bound on what they are given."""

    def __init__(self, name: str, threads: int, most: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = BoundedSemaphore(most)

    def begin(self, work: Callable[[], _T]) -> "Future[_T]":
        """Begin the work when its turn comes; where there is no place for it, it has failed with ``_NoPlace``."""
        if not self._places.acquire(blocking=False):
            return _failed(_NoPlace())
        try:
            future = self._threads.submit(work)
        except RuntimeError:  # closed: the process is about to end
            self._places.release()
            return _failed(_NoPlace())
        future.add_done_callback(lambda _: self._places.release())
        return future

    def close(self) -> None:
        """Wait until all that was begun is done."""
        self._threads.shutdown(wait=True)


def _failed(error: Exception) -> "Future[_T]":
    future: Future[_T] = Future()
    future.set_exception(error)
    return future
