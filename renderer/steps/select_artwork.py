"""Select the artwork to draw on: the best candidate that has not been tried."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from renderer.jobs.context import Candidate, JobContext, Place, Selected, Untried
from services.source import Art, ArtSource, Gallery
from shared.domain.errors import ArtBroken, ArtNotFound, SourceError, SourceTimeout
from shared.domain.pictures import Kind
from shared.settings.model import ArtPreference, Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MAX_CANDIDATES: Final = 3
"""Candidates of one place worth trying before the next place."""

GALLERY_TIMEOUT_S: Final = 4.0
"""Longest wait for a list of artwork: there is another source, and a caller is waiting."""

ENGLISH: Final = "en"

_SUBSTITUTES: Final = {Kind.EPISODE: (Kind.EPISODE, Kind.BACKDROP, Kind.POSTER)}
"""What a picture may be drawn on, where that is more than its own kind."""


async def select_artwork(context: JobContext, untried: Untried) -> Selected:
    """Return the next candidate, asking the next place for its list when the listed ones are used up.

    Raises ``ArtNotFound`` when there is no more artwork, a permanent error; ``ArtBroken`` when a failure is among the
    reasons; and ``SourceError`` when a degraded picture would replace a complete one.
    """
    candidates, places = untried.candidates, untried.places
    while not candidates and places:
        candidates, places = await _listed(context, places[0]), places[1:]
    if candidates:
        return Selected(candidates[0], Untried(candidates[1:], places))
    if context.failures.degraded or context.failures.has_broken_art:
        raise ArtBroken(f"no usable artwork of {context.media}")
    raise ArtNotFound(f"{context.media} has no artwork for a {context.settings.kind}")


def all_artwork(settings: Settings, sources: Sequence[ArtSource], *, is_urgent: bool = False) -> Untried:
    """Return where to look, in order. The first source is the title's own, which needs no call.

    An urgent caller prefers artwork in another language to another call.
    """
    if settings.art is ArtPreference.FANART and not is_urgent:
        sources = [*sources[1:], sources[0]]
    kinds = _SUBSTITUTES.get(settings.kind, (settings.kind,))
    return Untried(places=tuple(Place(source, kind) for kind in kinds for source in sources))


async def _listed(context: JobContext, place: Place) -> tuple[Candidate, ...]:
    """Return the candidates of one place, best first; none when its source fails."""
    try:
        gallery = await _gallery(context, place.source)
    except SourceError as error:
        log.warning("art_not_listed", source=error.source, cause=error.cause, reason=str(error))
        context.failures.add(error)
        return ()
    best = rank_artwork(gallery.get(place.kind, ()), context.settings)[:MAX_CANDIDATES]
    return tuple(Candidate(place.source, art) for art in best)


async def _gallery(context: JobContext, source: ArtSource) -> Gallery:
    try:
        async with asyncio.timeout(GALLERY_TIMEOUT_S):
            return await source.gallery(context.title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {GALLERY_TIMEOUT_S:g} s") from exc


def rank_artwork(arts: tuple[Art, ...], settings: Settings) -> list[Art]:
    """Return artwork by language; equals stay in the source's own order.

    The order is region, language, English, textless, any. Textless artwork comes first for wide pictures, and wherever
    the settings request it.
    """
    language, _, region = settings.lang.partition("-")
    prefers_textless = settings.textless or settings.kind in {Kind.BACKDROP, Kind.EPISODE}

    def rank(art: Art) -> int:
        wanted = [
            prefers_textless and art.lang is None,
            bool(region) and art.lang == language and art.region == region,
            bool(language) and art.lang == language,
            art.lang == ENGLISH,
            art.lang is None,
            True,
        ]
        return wanted.index(True)

    return sorted(arts, key=rank)
