"""Fixtures of the disk cache tests: a directory that a test can open several times."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from renderer.storage.disk import executor as disk_executor
from renderer.storage.disk.executor import DiskExecutor
from tests.renderer.storage.disks import AGE_S, ROOM, Clock, Disk, Open


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time: after a second, a disk counts as lost."""
    monkeypatch.setattr(disk_executor, "TIMEOUT_S", 60.0)


@pytest.fixture
def open_disk(folder: Path, clock: Clock, patience: None) -> Open:  # noqa: ARG001 - a fixture
    @asynccontextmanager
    async def opened(max_bytes: int = ROOM, count_loss: Callable[[], None] = lambda: None) -> AsyncIterator[Disk]:
        opening = DiskExecutor.open(folder, max_bytes, max_age_s=AGE_S, clock=clock, count_loss=count_loss)
        async with opening as executor:
            yield Disk(executor)

    return opened
