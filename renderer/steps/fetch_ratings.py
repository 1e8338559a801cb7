"""Fetch the ratings, and the award that the title has won."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from renderer.jobs.context import JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from services.source import RatingsAnswer, RatingSource, Title
from shared.domain.errors import SourceError, SourceTimeout
from shared.domain.pictures import Kind
from shared.domain.rating_merge import RatingReport, award_of, merged
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SOURCE_TIMEOUT_S: Final = 8.5
"""Longest wait for one source: a silent one costs its badges, and leaves time to draw before the deadline."""

_Answer = RatingReport | SourceError | None


async def fetch_ratings(context: JobContext, dependencies: Dependencies) -> Rated:
    """Return what the sources report. A source that fails is replaced by its last report, if there is one.

    Without a last report the picture is degraded. Raises the last ``SourceError`` when no rating is known at all, or
    when a degraded picture would replace a complete one.
    """
    title = context.title
    own = RatingReport(source=dependencies.title_source.name, ratings=title.ratings, heard_at=dependencies.now())
    answers = await _ask_all(_groups(context.settings, dependencies.rating_sources), title, dependencies)
    reports = [own, *(answer for answer in answers if isinstance(answer, RatingReport))]
    await dependencies.index_writer.record_ratings(title.media, reports)
    errors = {answer.source: answer for answer in answers if isinstance(answer, SourceError)}
    earlier = await _last_reports(errors, title, dependencies)
    reports += earlier.values()
    rated = Rated({site: rating for site, (rating, _) in merged(reports).items()}, award_of(reports))
    _accept([error for source, error in errors.items() if source not in earlier], context, rated)
    return rated


def _groups(settings: Settings, sources: Sequence[RatingSource]) -> list[list[RatingSource]]:
    """Return the sources in groups: of each group, the first source that knows the title is enough.

    Each source of awards is a group of its own where the picture can show one.
    """
    shows_award = settings.kind is Kind.POSTER and settings.awards
    award_sources = [source for source in sources if shows_award and source.knows_awards]
    others = [source for source in sources if source not in award_sources] if settings.limit else []
    return [others, *([source] for source in award_sources)]


async def _ask_all(groups: Sequence[Sequence[RatingSource]], title: Title, dependencies: Dependencies) -> list[_Answer]:
    """Ask all groups at the same time."""
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask_until_known(group, title, dependencies)) for group in groups]
    return [answer for task in asked for answer in task.result()]


async def _ask_until_known(sources: Sequence[RatingSource], title: Title, dependencies: Dependencies) -> list[_Answer]:
    """Ask one source after the other until one knows the title."""
    answers: list[_Answer] = []
    for source in sources:
        answer = await _ask(source, title, dependencies)
        answers.append(answer)
        if isinstance(answer, RatingReport):
            break
    return answers


async def _ask(source: RatingSource, title: Title, dependencies: Dependencies) -> _Answer:
    """Return what a source reports, ``None`` when it does not know the title, or the error; record its ids."""
    try:
        answer = await _within_timeout(source, title)
    except SourceError as error:
        log.warning("ratings_not_gathered", source=source.name, cause=error.cause, reason=str(error))
        return error
    if answer is None:
        return None
    await dependencies.index_writer.record_external_ids(title.media, *answer.refs)
    return RatingReport(source=source.name, ratings=answer.ratings, award=answer.award, heard_at=dependencies.now())


async def _within_timeout(source: RatingSource, title: Title) -> RatingsAnswer | None:
    try:
        async with asyncio.timeout(SOURCE_TIMEOUT_S):
            return await source.ratings(title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {SOURCE_TIMEOUT_S:g} s") from exc


async def _last_reports(
    errors: dict[str, SourceError], title: Title, dependencies: Dependencies
) -> dict[str, RatingReport]:
    """Return the last reports of the sources that failed, by source."""
    if not errors:
        return {}
    reports = await dependencies.index_writer.last_reports(title.media)
    return {report.source: report for report in reports if report.source in errors}


def _accept(errors: Sequence[SourceError], context: JobContext, rated: Rated) -> None:
    """Record failures that nothing replaces. Raises ``SourceError``."""
    if errors and context.settings.limit and not rated.ratings:
        raise errors[-1]
    for error in errors:
        context.failures.add(error)
