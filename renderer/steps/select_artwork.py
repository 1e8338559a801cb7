"""Select the artwork to draw on: the best candidate that has not been tried."""

import asyncio
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import structlog

from renderer.jobs.art_ranking import art_rank, rank_artwork
from renderer.jobs.context import Candidate, JobContext, Place, Selected, Untried
from renderer.jobs.season_places import season_places
from services.source import MAX_CANDIDATES, ArtSource, Gallery
from shared.domain.errors import ArtBroken, ArtNotFound, SourceError, SourceTimeout
from shared.domain.pictures import Kind
from shared.settings.languages import names_a_tag
from shared.settings.model import ArtPreference, Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

GALLERY_TIMEOUT_S: Final = 4.0
"""Longest wait for a list of artwork: there is another source, and a caller is waiting."""

_SUBSTITUTES: Final = {Kind.EPISODE: (Kind.EPISODE, Kind.BACKDROP, Kind.POSTER)}
"""What a picture may be drawn on, where that is more than its own kind."""


async def select_artwork(context: JobContext, untried: Untried) -> Selected:
    """Return the next candidate, asking the next place for its list when the listed ones are used up.

    Raises ``ArtNotFound`` when there is no more artwork, a permanent error; ``ArtBroken`` when a failure is among the
    reasons; and ``SourceError`` when a degraded picture would replace a complete one.
    """
    lost = context.failures.unreachable
    places = untried.places
    candidates = tuple(each for each in untried.candidates if each.picture not in lost)
    while not candidates and places:
        together = _compared(places) if untried.compares_sources else 1
        candidates, places = await _candidates(context, places[:together]), places[together:]
    if candidates:
        return Selected(candidates[0], Untried(candidates[1:], places, untried.compares_sources))
    if context.failures.degraded or context.failures.has_broken_art:
        raise ArtBroken(f"no usable artwork of {context.media}")
    raise ArtNotFound(f"{context.media} has no artwork for a {context.settings.kind}")


def all_artwork(
    settings: Settings, sources: Sequence[ArtSource], *, is_season: bool = False, is_urgent: bool = False
) -> Untried:
    """Return where to look, in order. The first source is the title's own, which needs no call.

    An urgent caller prefers artwork in another language to another call. Otherwise artwork in the requested language
    comes before artwork of the preferred source. With ``is_season``, the title is a season with posters of its own.
    """
    compares_sources = not is_urgent and names_a_tag(settings.lang)
    if settings.art is ArtPreference.FANART and not is_urgent:
        sources = [*sources[1:], sources[0]]
    kinds = _SUBSTITUTES.get(settings.kind, (settings.kind,))
    places = tuple(Place(source, kind) for kind in kinds for source in sources)
    if is_season and settings.kind is Kind.POSTER:
        places = season_places(places, textless=settings.textless, is_urgent=is_urgent)
    return Untried(places=places, compares_sources=compares_sources)


def _compared(places: tuple[Place, ...]) -> int:
    """Return how many of the places have pictures of the same sort as the first."""
    sort = _sort_of(places[0])
    return sum(1 for _ in takewhile(lambda place: _sort_of(place) == sort, places))


def _sort_of(place: Place) -> tuple[Kind, bool | None, bool | None]:
    return place.kind, place.has_text, place.of_season


async def _candidates(context: JobContext, places: tuple[Place, ...]) -> tuple[Candidate, ...]:
    """Return the renditions of the best artwork of all the places, best first; of equals, the first place's."""
    rank = art_rank(context.settings, context.title.original_lang)
    listed = [candidate for place in places for candidate in await _listed(context, place)]
    listed.sort(key=lambda candidate: rank(candidate.art))
    width = context.settings.canvas[0]
    return tuple(
        Candidate(each.source, rendition) for each in listed for rendition in each.source.renditions(each.art, width)
    )


async def _listed(context: JobContext, place: Place) -> tuple[Candidate, ...]:
    """Return the best artwork of one place, best first; none when its source fails."""
    try:
        gallery = await _gallery(context, place.source)
    except SourceError as error:
        log.warning("art_not_listed", source=error.source, cause=error.cause, reason=str(error))
        context.failures.add(error)
        return ()
    arts = tuple(filter(place.takes, gallery.get(place.kind, ())))
    best = rank_artwork(arts, context.settings, context.title.original_lang)[:MAX_CANDIDATES]
    return tuple(Candidate(place.source, art) for art in best)


async def _gallery(context: JobContext, source: ArtSource) -> Gallery:
    try:
        async with asyncio.timeout(GALLERY_TIMEOUT_S):
            return await source.gallery(context.title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {GALLERY_TIMEOUT_S:g} s") from exc
