"""Plain artwork that takes too long is a delay like any other, whether a caller still waits for it or not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from renderer.content.fallback import FallbackArtwork
from shared.domain.errors import DeadlineExceeded
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.renderer.studio import Studio
from tests.waiting import until

POSTER = parse(Kind.POSTER, Format.JPG, {})


async def silence(*_: object) -> bytes:
    """Answer like a source that keeps its connections open."""
    await asyncio.Event().wait()
    return b""


@pytest.fixture
async def delayed(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FallbackArtwork]:
    """Fallback artwork whose source is silent."""
    monkeypatch.setattr(studio.sources, "fetch", silence)
    fallback = FallbackArtwork(studio.dependencies, studio.metrics, timeout_s=0.05)
    yield fallback
    await fallback.close()


async def test_a_caller_is_told_that_it_took_too_long(studio: Studio, delayed: FallbackArtwork) -> None:
    with pytest.raises(DeadlineExceeded, match=r"no artwork within 0\.05 s"):
        await delayed.get(await studio.job(), POSTER)


async def test_nothing_crashes_when_the_callers_have_gone(studio: Studio, delayed: FallbackArtwork) -> None:
    job = await studio.job()

    with capture_logs() as logs:
        delayed.begin(job, POSTER)
        await until(lambda: not delayed._in_flight)

    assert [] == [line["event"] for line in logs if line["log_level"] == "error"]
