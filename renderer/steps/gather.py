"""Ask for the ratings."""

import asyncio
from typing import Final

import structlog

from renderer.draft import Draft
from renderer.tools import Tools
from services.kit.source import RatingsAnswer, RatingSource, Title
from shared.errors import SourceError, SourceTimeout

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PATIENCE_S: Final = 8.5
"""Longest wait for one rating source: a silent one costs its badges, and leaves time to draw before the deadline."""


async def gather(draft: Draft, tools: Tools) -> None:
    """Set ``ratings`` and ``failed``: the first rating source that knows the title is enough, in the catalogue's order.

    What the title's own source says stands in for what that one lacks. Raises the last ``SourceError`` when nothing is
    known at all, or when a whole picture stands already and would give way to a poorer one.
    """
    assert draft.title is not None  # noqa: S101 - set by describe
    ratings = dict(draft.title.ratings)
    if draft.settings.limit == 0:
        return
    failed: list[SourceError] = []
    for source in tools.rating_sources:
        try:
            answer = await _ratings(source, draft.title)
        except SourceError as error:
            log.warning("ratings_not_gathered", source=source.name, cause=error.cause, reason=str(error))
            failed.append(error)
            continue
        if answer is not None:
            ratings |= answer.ratings
            await tools.records.learn(draft.title.media, *answer.refs)
            break
    stands = draft.stored is not None and not draft.stored.degraded
    if failed and (stands or not ratings):
        raise failed[-1]
    draft.ratings = ratings
    draft.failed = [error.source for error in failed]


async def _ratings(source: RatingSource, title: Title) -> RatingsAnswer | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await source.ratings(title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {PATIENCE_S:g} s") from exc
