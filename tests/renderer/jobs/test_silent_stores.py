"""Stores that take a question and say nothing: new titles get their plain art in time all the same."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest

from renderer.content.fallback import FallbackArtwork
from renderer.content.service import CacheStatus, ContentService
from renderer.jobs.context import JobContext
from renderer.jobs.pipeline import PLAIN, run
from renderer.steps import resolve
from shared.domain.errors import StoreDown
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import parse_content_address
from shared.settings.parameters import parse
from tests.renderer.studio import Studio

SOON_S = 1.0


class Silent:
    """Plays an index of titles in a Postgres that is frozen."""

    async def find(self, *_: object) -> Any:
        await asyncio.Event().wait()

    async def learn_title(self, *_: object) -> Any:
        await asyncio.Event().wait()


@pytest.fixture
async def frozen(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """A renderer whose index says nothing, neither to a question nor to news."""
    monkeypatch.setattr(resolve, "PATIENCE_S", 0.05)
    silent: Any = Silent()
    studio.tools = dataclasses.replace(studio.tools, titles=silent, records=silent)
    studio.plain = FallbackArtwork(studio.tools, studio.metrics)
    yield studio
    await studio.plain.close()


async def test_plain_art_waits_neither_for_the_index_nor_to_be_noted_there(frozen: Studio) -> None:
    draft = JobContext(job=await frozen.job(), settings=parse(Kind.POSTER, Format.JPG, {}), is_hurried=True)

    async with asyncio.timeout(SOON_S):
        await run(PLAIN, draft, frozen.tools, frozen.metrics)

    assert draft.picture is not None


async def test_a_queue_that_refuses_early_leaves_the_plain_art_all_of_the_callers_wait(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.content.service.PLAIN_GRACE_S", 0.05)

    async def lost(*_: object, **__: object) -> None:
        raise StoreDown("redis: gone")

    studio.queue.enqueue = lost  # type: ignore[method-assign, assignment]  # plays a lost queue
    answered = asyncio.Event()
    find = studio.sources.find
    studio.sources.find = lambda ref: _late(answered, find(ref))  # type: ignore[method-assign]  # slower than the grace
    parts: dict[str, Any] = {"queue": studio.queue, "tools": studio.tools, "metrics": studio.metrics}
    library = ContentService(**parts, plain=studio.plain, wait_s=5.0)
    job = await studio.job()
    asked = asyncio.create_task(
        library.find(parse_content_address(job.settings_hash, "imdb", "poster-default", "tt0017136.jpg"))
    )
    done, _ = await asyncio.wait([asked], timeout=0.3)  # longer than the grace alone

    answered.set()

    assert set() == done
    assert CacheStatus.FALLBACK is (await asked).cache


async def _late(answered: asyncio.Event, answer: Any) -> Any:
    await answered.wait()
    return await answer
