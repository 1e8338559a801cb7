import asyncio

import pytest
import structlog

from shared.concurrency import supervisor
from shared.concurrency.supervisor import supervised


async def test_work_that_crashes_is_logged_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PAUSE_S", 0.0)
    tries, done = 0, asyncio.Event()

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("clumsy")
        done.set()

    with structlog.testing.capture_logs() as lines:
        async with asyncio.timeout(5), supervised({"work": work}):
            await done.wait()

    assert [("background_work_crashed", "work")] == [(line["event"], line["work"]) for line in lines]


async def test_work_ends_with_the_block() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with supervised({"work": work}):
        await begun.wait()

    assert ended.is_set()
