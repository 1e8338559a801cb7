"""A job that insists on drawing."""

import msgspec

from renderer.jobs.context import JobContext
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import RATED, run
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.renderer.studio import Studio


async def drawn(studio: Studio, *, force: bool) -> JobContext:
    job = msgspec.structs.replace(await studio.job(), force=force)
    draft = JobContext(job=job, settings=parse(Kind.POSTER, Format.JPG, {}))
    await run(RATED, draft, studio.tools, studio.metrics)
    return draft


async def test_a_fresh_picture_is_drawn_where_the_job_insists(studio: Studio) -> None:
    await drawn(studio, force=False)
    studio.clock.lock(60)

    plain, forced = await drawn(studio, force=False), await drawn(studio, force=True)

    assert JobOutcome.FRESH is plain.outcome
    assert JobOutcome.DRAWN is forced.outcome
    assert forced.picture is not None
    assert forced.stored is not None
    assert forced.stored.drawn_at < forced.picture.facts.drawn_at
