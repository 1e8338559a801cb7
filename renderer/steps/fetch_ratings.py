"""Ask for the ratings, and for what the title has won."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from services.source import RatingsAnswer, RatingSource, Title
from shared.domain.errors import SourceError, SourceTimeout
from shared.domain.pictures import Kind
from shared.domain.rating_merge import RatingReport, award_of, merged

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PATIENCE_S: Final = 8.5
"""Longest wait for one source: a silent one costs its badges, and leaves time to draw before the deadline."""

_Heard = RatingReport | SourceError | None


async def gather(draft: JobContext, tools: Dependencies) -> None:
    """Set ``ratings`` and ``award``, made of what each source says, or else said when it last answered.

    Who knows awards is asked where a statuette may stand; of the others the first that knows the title is enough.
    What is missing then makes the picture degraded. Raises the last ``SourceError`` when no rating is known at all, or
    when a whole picture stands already and would give way to a poorer one.
    """
    assert draft.title is not None  # noqa: S101 - set by describe
    settings = draft.settings
    has_statuette = settings.kind is Kind.POSTER and settings.awards
    asked_anyway = [source for source in tools.rating_sources if has_statuette and source.knows_awards]
    others = [source for source in tools.rating_sources if source not in asked_anyway] if settings.limit else []
    own = RatingReport(source=tools.title_source.name, ratings=draft.title.ratings, heard_at=tools.now())
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(_hear_first(sources, draft.title, tools))
            for sources in (others, *([source] for source in asked_anyway))
        ]
    heard = [answer for answers in asked for answer in answers.result()]
    reports = [own, *(answer for answer in heard if isinstance(answer, RatingReport))]
    await tools.records.heard(draft.title.media, reports)
    failed = [answer for answer in heard if isinstance(answer, SourceError)]
    if failed:
        remembered = {report.source: report for report in await tools.records.reports(draft.title.media)}
        reports += [remembered[error.source] for error in failed if error.source in remembered]
        failed = [error for error in failed if error.source not in remembered]
    draft.ratings = {site: rating for site, (rating, _) in merged(reports).items()}
    draft.award = award_of(reports)
    if failed and settings.limit and not draft.ratings:
        raise failed[-1]
    for error in failed:
        draft.go_on_without(error)


async def _hear_first(sources: Sequence[RatingSource], title: Title, tools: Dependencies) -> list[_Heard]:
    """Ask one after the other until one knows the title."""
    heard: list[_Heard] = []
    for source in sources:
        answer = await _hear(source, title, tools)
        heard.append(answer)
        if isinstance(answer, RatingReport):
            break
    return heard


async def _hear(source: RatingSource, title: Title, tools: Dependencies) -> _Heard:
    """Return what a source says, ``None`` when it knows no such title, or what went wrong; learn its names for it."""
    try:
        answer = await _patiently(source, title)
    except SourceError as error:
        log.warning("ratings_not_gathered", source=source.name, cause=error.cause, reason=str(error))
        return error
    if answer is None:
        return None
    await tools.records.learn(title.media, *answer.refs)
    return RatingReport(source=source.name, ratings=answer.ratings, award=answer.award, heard_at=tools.now())


async def _patiently(source: RatingSource, title: Title) -> RatingsAnswer | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await source.ratings(title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {PATIENCE_S:g} s") from exc
