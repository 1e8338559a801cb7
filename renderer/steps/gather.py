"""Ask for the ratings, and for what the title has won."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

import structlog

from renderer.draft import Draft
from renderer.tools import Tools
from services.kit.source import Title
from shared.awards import Award
from shared.errors import SourceError, SourceTimeout
from shared.ratings import Ratings
from shared.settings import Kind

_T = TypeVar("_T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PATIENCE_S: Final = 8.5
"""Longest wait for one source: a silent one costs its badges, and leaves time to draw before the deadline."""

_Failures = list[SourceError]


async def gather(draft: Draft, tools: Tools) -> None:
    """Set ``ratings``, ``award`` and what failed: both are asked for at once.

    Raises the last ``SourceError`` when no rating is known at all, or when a whole picture stands already and would
    give way to a poorer one.
    """
    assert draft.title is not None  # noqa: S101 - set by describe
    settings = draft.settings
    ratings_asked = _ratings(draft.title, tools) if settings.limit else _nothing({})
    has_statuette = settings.kind is Kind.POSTER and settings.awards
    award_asked = _award(draft.title, tools) if has_statuette else _nothing(None)
    (draft.ratings, failed), (draft.award, failed_too) = await asyncio.gather(ratings_asked, award_asked)
    if failed and not draft.ratings:
        raise failed[-1]
    for error in (*failed, *failed_too):
        draft.go_on_without(error)


async def _nothing(value: _T) -> tuple[_T, _Failures]:
    return value, []


async def _ratings(title: Title, tools: Tools) -> tuple[Ratings, _Failures]:
    """Return ratings: the first source that knows the title is enough, in the catalogue's order.

    What the title's own source says stands in for what that one lacks.
    """
    failed: _Failures = []
    for source in tools.rating_sources:
        try:
            answer = await _patiently(source.name, source.ratings(title))
        except SourceError as error:
            log.warning("ratings_not_gathered", source=source.name, cause=error.cause, reason=str(error))
            failed.append(error)
            continue
        if answer is not None:
            await tools.records.learn(title.media, *answer.refs)
            return title.ratings | answer.ratings, failed
    return dict(title.ratings), failed


async def _award(title: Title, tools: Tools) -> tuple[Award | None, _Failures]:
    failed: _Failures = []
    for source in tools.award_sources:
        try:
            award = await _patiently(source.name, source.award(title))
        except SourceError as error:
            log.warning("award_not_gathered", source=source.name, cause=error.cause, reason=str(error))
            failed.append(error)
            continue
        if award is not None:
            return award, failed
    return None, failed


async def _patiently(source: str, asked: Awaitable[_T]) -> _T:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await asked
    except TimeoutError as exc:
        raise SourceTimeout(source, f"no answer within {PATIENCE_S:g} s") from exc
