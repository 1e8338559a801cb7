"""A forced job redraws the picture."""

import msgspec

from renderer.jobs.context import Drawn, JobResult
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.renderer.studio import Studio


async def processed(studio: Studio, *, force: bool) -> JobResult:
    job = msgspec.structs.replace(await studio.job(), force=force)
    return await Pipeline(studio.dependencies, studio.metrics).run(job, parse(Kind.POSTER, Format.JPG, {}))


async def test_a_forced_job_redraws_a_fresh_picture(studio: Studio) -> None:
    await processed(studio, force=False)
    studio.clock.advance(60)

    usual, forced = await processed(studio, force=False), await processed(studio, force=True)

    assert JobOutcome.FRESH is usual.outcome
    assert isinstance(forced, Drawn)
    assert forced.context.existing is not None
    assert forced.context.existing.drawn_at < forced.picture.metadata.drawn_at
