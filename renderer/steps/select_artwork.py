"""Put the title's pictures in the order in which they should be tried."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from renderer.jobs.context import Candidate, JobContext, Place
from renderer.jobs.dependencies import Dependencies
from services.source import Art, ArtSource, Gallery
from shared.domain.errors import ArtBroken, ArtNotFound, SourceError, SourceTimeout
from shared.domain.pictures import Kind
from shared.settings.model import ArtSource as First
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_TRIED: Final = 3
"""Candidates of one place worth trying before the next."""

PATIENCE_S: Final = 4.0
"""Longest wait for a list of pictures: there is another source, and a caller."""

ENGLISH: Final = "en"

_STAND_INS: Final = {Kind.EPISODE: (Kind.EPISODE, Kind.BACKDROP, Kind.POSTER)}
"""What a picture may be drawn on, where that is more than its own kind."""


async def choose(draft: JobContext, tools: Dependencies) -> None:
    """Set ``candidates``, best first, and begin to fetch the best when it is sure to be drawn.

    Raises ``ArtNotFound`` and ``ArtBroken``, as :func:`find_art` has it.
    """
    draft.places = places(draft.settings, tools.art_sources, is_hurried=draft.is_hurried)
    await find_art(draft)
    if draft.stored is None:
        best = draft.candidates[0]
        draft.early_art = asyncio.create_task(best.source.fetch(best.art, draft.settings.canvas[0]))


def places(settings: Settings, sources: Sequence[ArtSource], *, is_hurried: bool = False) -> list[Place]:
    """Return where to look, in order; the first source is the title's own, which needs no call."""
    if settings.art is First.FANART and not is_hurried:
        sources = [*sources[1:], sources[0]]
    return [Place(source, kind) for kind in _STAND_INS.get(settings.kind, (settings.kind,)) for source in sources]


async def find_art(draft: JobContext) -> None:
    """Set ``candidates`` to those of the next place that has any.

    Raises ``ArtNotFound`` when there is no more art (a fact), ``ArtBroken`` when an accident was among the reasons,
    and ``SourceError`` when a picture stands already that a poorer one would replace.
    """
    assert draft.title is not None  # noqa: S101 - set by describe
    while draft.places:
        place = draft.places.pop(0)
        try:
            async with asyncio.timeout(PATIENCE_S):
                gallery: Gallery = await place.source.gallery(draft.title)
        except TimeoutError:
            _go_on(draft, SourceTimeout(place.source.name, f"no answer within {PATIENCE_S:g} s"))
            continue
        except SourceError as error:
            _go_on(draft, error)
            continue
        found = ranked(gallery.get(place.kind, ()), draft.settings)[:MOST_TRIED]
        draft.candidates = [Candidate(place.source, art) for art in found]
        if draft.candidates:
            return
    if draft.failed or draft.has_broken_art:
        raise ArtBroken(f"no art of {draft.media} could be had")
    raise ArtNotFound(f"{draft.media} has no art for a {draft.settings.kind}")


def ranked(arts: tuple[Art, ...], settings: Settings) -> list[Art]:
    """Return art by language; equals stay in the source's own order.

    Region, language, English, textless, any; on wide pictures, and wherever asked for, those without words come first.
    """
    language, _, region = settings.lang.partition("-")
    is_textless = settings.textless or settings.kind in {Kind.BACKDROP, Kind.EPISODE}

    def rank(art: Art) -> int:
        wanted = [
            is_textless and art.lang is None,
            bool(region) and art.lang == language and art.region == region,
            bool(language) and art.lang == language,
            art.lang == ENGLISH,
            art.lang is None,
            True,
        ]
        return wanted.index(True)

    return sorted(arts, key=rank)


def _go_on(draft: JobContext, error: SourceError) -> None:
    log.warning("art_not_listed", source=error.source, cause=error.cause, reason=str(error))
    draft.go_on_without(error)
