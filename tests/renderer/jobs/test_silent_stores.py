"""Stores that hang: new titles get their fallback artwork in time anyway."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from renderer.content.fallback import FallbackArtwork
from renderer.content.picture_result import CacheStatus
from renderer.content.service import ContentService
from renderer.jobs import title_question
from renderer.jobs.pipeline import Pipeline
from shared.domain.errors import StoreDown
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import parse_content_address
from shared.settings.parameters import parse
from tests.renderer.studio import Studio

SOON_S = 1.0


class Silent:
    """A title index in a Postgres that hangs."""

    async def find(self, *_: object) -> Any:
        await asyncio.Event().wait()

    async def record_title(self, *_: object) -> Any:
        await asyncio.Event().wait()


@pytest.fixture
async def frozen(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """A renderer whose title index hangs on reads and writes."""
    monkeypatch.setattr(title_question, "INDEX_TIMEOUT_S", 0.05)
    silent: Any = Silent()
    studio.dependencies = dataclasses.replace(studio.dependencies, titles=silent, index_writer=silent)
    studio.fallback = FallbackArtwork(studio.dependencies, studio.metrics)
    yield studio
    await studio.fallback.close()


async def test_fallback_artwork_waits_neither_to_read_nor_to_write_the_index(frozen: Studio) -> None:
    pipeline = Pipeline(frozen.dependencies, frozen.metrics)

    async with asyncio.timeout(SOON_S):
        picture = await pipeline.run_fallback(await frozen.job(), parse(Kind.POSTER, Format.JPG, {}))

    assert picture.body


async def test_a_queue_that_fails_early_leaves_the_fallback_all_of_the_callers_wait(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.content.missing_pictures.FALLBACK_GRACE_S", 0.05)

    async def lost(*_: object, **__: object) -> None:
        raise StoreDown("redis: gone")

    studio.queue.enqueue = lost  # type: ignore[method-assign, assignment]  # the queue is down
    answered = asyncio.Event()
    find = studio.sources.find
    studio.sources.find = lambda ref, **_: _late(answered, find(ref))  # type: ignore[method-assign]  # slower than the grace period
    parts: dict[str, Any] = {"queue": studio.queue, "dependencies": studio.dependencies, "metrics": studio.metrics}
    content = ContentService(**parts, fallback=studio.fallback, wait_s=5.0)
    job = await studio.job()
    asked = asyncio.create_task(
        content.find(parse_content_address(job.settings_hash, "imdb", "poster-default", "tt0017136.jpg"))
    )
    done, _ = await asyncio.wait([asked], timeout=0.3)  # longer than the grace period alone

    answered.set()

    assert set() == done
    assert CacheStatus.FALLBACK is (await asked).cache


async def _late(answered: asyncio.Event, answer: Any) -> Any:
    await answered.wait()
    return await answer
