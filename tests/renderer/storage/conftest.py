"""A folder of copies, opened as often as a test likes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from renderer.storage.disk.executor import DiskExecutor
from tests.renderer.storage.disks import AGE_S, ROOM, Clock, Disk, Open


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


@pytest.fixture
def open_disk(folder: Path, clock: Clock) -> Open:
    @asynccontextmanager
    async def opened(most_bytes: int = ROOM, count_loss: Callable[[], None] = lambda: None) -> AsyncIterator[Disk]:
        opening = DiskExecutor.open(folder, most_bytes, max_age_s=AGE_S, clock=clock, count_loss=count_loss)
        async with opening as device:
            yield Disk(device)

    return opened
