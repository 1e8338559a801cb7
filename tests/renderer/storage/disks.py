"""Helpers of the disk cache tests: a cache of pictures and artwork in one directory, a clock, and file access."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.lru_directory import LruDirectory
from renderer.storage.disk.storage import DiskArtwork, DiskStorage
from tests.contracts.test_storage import picture

ROOM = 1 << 20
AGE_S = 1800.0
KEY = "c/0123456789abcdef0123456789abcdef/movie-278.jpg"


class Clock:
    """A clock that tests can set; each reading is slightly later than the last, so no two uses have the same time."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class Disk(DiskStorage):
    """A disk cache for pictures, with one for artwork in the same directory."""

    def __init__(self, executor: DiskExecutor) -> None:
        super().__init__(executor)
        self.executor = executor
        self.art = DiskArtwork(executor)

    @property
    def used_bytes(self) -> int:
        return self.executor.directory.used_bytes

    @property
    def max_bytes(self) -> int:
        return self.executor.directory.max_bytes

    async def quiet(self) -> None:
        """Wait until all queued writes are done."""
        await self.executor.write(lambda _: None)


Open = Callable[..., AbstractAsyncContextManager[Disk]]


def make(folder: Path) -> None:
    folder.mkdir()


def write(file: Path, body: bytes) -> None:
    file.write_bytes(body)


def move(folder: Path, to: Path) -> None:
    folder.rename(to)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def file_bytes(open_disk: Open, folder: Path) -> int:
    """Return the size of the file of one picture of 1,000 bytes, and delete it again."""
    async with open_disk() as disk:
        await disk.put("k0", picture(bytes(1000)))
    (file,) = files(folder)
    size = file.stat().st_size
    file.unlink()
    return size


async def kept(disk: DiskStorage, *keys: str) -> list[bool]:
    return [await disk.get(key) is not None for key in keys]


def until(event: threading.Event) -> Callable[[LruDirectory], None]:
    """Return work that blocks until the event is set."""

    def wait(_: LruDirectory) -> None:
        event.wait(60)

    return wait
