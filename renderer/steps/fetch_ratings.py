"""Fetch the ratings, and the award that the title has won."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

import msgspec
import structlog

from renderer.jobs.context import JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from renderer.labels.choose import needs_age, needs_awards
from services.source import RatingSource
from services.titles import SourceRatings, Title
from shared.domain.errors import SourceDown, SourceError, SourceTimeout, StoreDown
from shared.domain.ids import IdType, MediaId
from shared.domain.rating_merge import RatingReport, age_of, award_of, merged, nomination_of
from shared.domain.ratings import Ratings, RatingSite

log: structlog.stdlib.BoundLogger = structlog.get_logger()

SOURCE_TIMEOUT_S: Final = 8.5
"""Longest wait for one source: a silent one costs its badges, and leaves time to draw before the deadline."""

_OF_ENTRIES: Final = frozenset({RatingSite.ANILIST.value, RatingSite.KITSU.value})
"""The sources, named like their sites, that rate each season by itself."""

_Answer = RatingReport | SourceError | None


async def fetch_ratings(context: JobContext, dependencies: Dependencies) -> Rated:
    """Return what the sources report. A source that fails is replaced by its last report, if there is one.

    Without a last report the picture is degraded. Raises the last ``SourceError`` when no rating is known at all, or
    when a degraded picture would replace a complete one.
    """
    reports, errors = await _ask_sources(context, dependencies)
    await dependencies.index_writer.record_ratings(context.title.media, reports)
    earlier = await _last_reports(errors, context.title, dependencies)
    rated = _merge([*reports, *earlier.values()], context.title.media)
    _accept([error for error in errors if error.source not in earlier], context, rated)
    return rated


async def _ask_sources(context: JobContext, dependencies: Dependencies) -> tuple[list[RatingReport], list[SourceError]]:
    """Return the reports and the errors; the title's own source has reported with its metadata."""
    title, now = context.title, dependencies.now()
    ratings = title.series.ratings | title.ratings if title.series else title.ratings
    own = RatingReport(source=dependencies.title_source.name, ratings=ratings, heard_at=now)
    answers = await _answers(context, dependencies)
    reports = [answer for answer in answers if isinstance(answer, RatingReport)]
    return [own, *reports], [answer for answer in answers if isinstance(answer, SourceError)]


async def _answers(context: JobContext, dependencies: Dependencies) -> list[_Answer]:
    """Ask all groups of sources at the same time."""
    groups = _groups(context, dependencies.rating_sources)
    entries = _of_entries(context, dependencies.rating_sources)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask_until_known(group, context.title, dependencies)) for group in groups]
        if entries:
            asked.append(tasks.create_task(_ask_about_entry(entries, context.title, dependencies)))
    return list(chain.from_iterable(task.result() for task in asked))


def _of_entries(context: JobContext, sources: Sequence[RatingSource]) -> list[RatingSource]:
    """Return the sources with one site's ratings which the picture names; no others may be shown."""
    named = context.settings.ratings if context.settings.limit else ()
    return [source for source in sources if source.only_rates in named]


async def _ask_about_entry(sources: Sequence[RatingSource], title: Title, dependencies: Dependencies) -> list[_Answer]:
    """Ask the sources of anime sites about the title's own entries, which the id map knows.

    Without the map, each of them has failed: its last report is good enough.
    """
    sites = [IdType(source.only_rates) for source in sources if source.only_rates]
    try:
        refs = await dependencies.anime_map.numbers(title, sites)
    except (SourceError, StoreDown) as error:
        log.warning("anime_ids_not_found", media=str(title.media), reason=str(error))
        return [SourceDown(source.name, "the title's number is not known now") for source in sources]
    entry = msgspec.structs.replace(title, refs=(*title.refs, *refs), series=None)  # a season is an entry of its own
    known = {str(ref.id_type) for ref in refs}
    return await asyncio.gather(
        *(_ask(source, entry, dependencies) for source in sources if source.only_rates in known)
    )


def _groups(context: JobContext, sources: Sequence[RatingSource]) -> list[list[RatingSource]]:
    """Return the sources in groups; of each group, the first source that knows the title is enough.

    Each source of awards or ages is a group of its own where the picture can show one; but a source of ages that is the
    first of the others is asked with them.
    """
    settings = context.settings
    general = _those(sources, lambda source: source.only_rates is None)
    awards = _those(general, lambda source: source.knows_awards and needs_awards(settings))
    others = _without(general, awards) if settings.limit else []
    ages = _those(general, lambda source: source.knows_ages and needs_age(settings, context.title))
    alone = [*awards, *_without(ages, [*awards, *others[:1]])]
    return [_without(others, alone), *([source] for source in alone)]


def _those(sources: Sequence[RatingSource], condition: Callable[[RatingSource], bool]) -> list[RatingSource]:
    return [source for source in sources if condition(source)]


def _without(sources: Sequence[RatingSource], left_out: Sequence[RatingSource]) -> list[RatingSource]:
    return [source for source in sources if source not in left_out]


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
    """Return what a source reports, ``None`` when it does not know the title, or the error; record its hints.

    Of a season it reports what the series has, which is one call for all its seasons; the season's own ratings, which
    came with its metadata, take precedence over the series'.
    """
    try:
        answer = await _within_timeout(source, title.series or title)
    except SourceError as error:
        log.warning("ratings_not_gathered", source=source.name, cause=error.cause, reason=str(error))
        return error
    if answer is None:
        return None
    if title.series is None:
        await dependencies.index_writer.record_hints(title, answer.refs, source=source.name)
    return RatingReport(
        source=source.name,
        ratings=_beside_own(answer.ratings, title),
        award=answer.award,
        nominated=answer.nominated,
        age=answer.age,
        heard_at=dependencies.now(),
    )


async def _within_timeout(source: RatingSource, title: Title) -> SourceRatings | None:
    try:
        async with asyncio.timeout(SOURCE_TIMEOUT_S):
            return await source.ratings(title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {SOURCE_TIMEOUT_S:g} s") from exc


async def _last_reports(
    errors: Sequence[SourceError], title: Title, dependencies: Dependencies
) -> dict[str, RatingReport]:
    """Return the last reports of the sources that failed, by source; of a season its own, else those of its series."""
    if not errors:
        return {}
    failed = {error.source for error in errors}
    found: dict[str, RatingReport] = {}
    for media in (title.series.media, title.media) if title.series else (title.media,):
        reports = await dependencies.index_writer.last_reports(media)
        known = failed if media == title.media else failed - _OF_ENTRIES
        found |= {report.source: report for report in reports if report.source in known}
    return {
        source: msgspec.structs.replace(report, ratings=_beside_own(report.ratings, title))
        for source, report in found.items()
    }


def _beside_own(ratings: Ratings, title: Title) -> Ratings:
    """Return the ratings without those that a season has of its own."""
    own = title.ratings if title.series else {}
    return {site: rating for site, rating in ratings.items() if site not in own}


def _merge(reports: Sequence[RatingReport], media: MediaId) -> Rated:
    """Merge the reports. A season has its series' ratings, but for those that MyAnimeList gave the first season."""
    is_later = media.season is not None and media.season > 1
    sites = merged(reports)
    ratings = {site: rating for site, (rating, _) in sites.items() if not (is_later and site is RatingSite.MAL)}
    return Rated(ratings, award_of(reports), nomination_of(reports), age_of(reports))


def _accept(errors: Sequence[SourceError], context: JobContext, rated: Rated) -> None:
    """Record failures that nothing replaces. Raises ``SourceError``."""
    if errors and context.settings.limit and not rated.ratings:
        raise errors[-1]
    for error in errors:
        context.failures.add(error)
