"""Lists the artwork that settings may be drawn on, place by place, and takes the next of it."""

import asyncio
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import msgspec
import structlog

from renderer.jobs.art_ranking import art_rank, rank_artwork
from renderer.jobs.context import Candidate, JobContext, Place, Selected, Untried
from renderer.jobs.season_places import season_places
from services.artwork import MAX_CANDIDATES, Art
from services.source import ArtSource
from shared.domain.errors import SourceError, SourceTimeout
from shared.domain.pictures import Kind
from shared.settings.languages import names_a_tag
from shared.settings.model import ArtPreference, Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

GALLERY_TIMEOUT_S: Final = 4.0
"""Longest wait for a list of artwork: there is another source, and a caller is waiting."""

MOST_LISTED: Final = 60
"""Pictures in a list from which a person chooses."""

_SUBSTITUTES: Final = {Kind.EPISODE: (Kind.EPISODE, Kind.BACKDROP, Kind.POSTER)}
"""What a picture may be drawn on, where that is more than its own kind."""


def all_artwork(
    settings: Settings, sources: Sequence[ArtSource], *, is_season: bool = False, is_urgent: bool = False
) -> Untried:
    """Return where to look, in order. The first source is the title's own, which needs no call.

    An urgent caller prefers artwork in another language to another call. Otherwise artwork in the requested language
    comes before artwork of the preferred source. A card looks for art without text in all sources, then for art with
    text, then for posters. With ``is_season``, the title is a season with posters of its own.
    """
    compares_sources = not is_urgent and names_a_tag(settings.lang)
    if settings.art is ArtPreference.FANART and not is_urgent:
        sources = [*sources[1:], sources[0]]
    if settings.art_file:
        return Untried(places=tuple(Place(source, settings.kind, file=settings.art_file) for source in sources))
    kinds = _SUBSTITUTES.get(settings.kind, (settings.kind,))
    places = tuple(Place(source, kind) for kind in kinds for source in sources)
    if settings.is_card:
        kinds_of_text = (None,) if is_urgent else (False, True)
        backdrops = tuple(Place(source, Kind.BACKDROP, has_text) for has_text in kinds_of_text for source in sources)
        places = backdrops + tuple(Place(source, Kind.POSTER) for source in sources)
    if is_season and settings.kind is Kind.POSTER:
        places = season_places(places, textless=settings.textless, is_urgent=is_urgent)
    return Untried(places=places, compares_sources=compares_sources)


async def list_candidates(
    context: JobContext, settings: Settings, sources: Sequence[ArtSource]
) -> tuple[tuple[str, Art], ...]:
    """Return the artwork of the settings' kind with the names of its sources, the settings' choice first.

    A source that does not answer is left out. Files that the settings name are looked for beyond the usual list.
    """
    rank = art_rank(settings, context.title.original_lang)
    found: list[tuple[str, Art]] = []
    named: list[tuple[str, Art]] = []
    for source in sources:
        try:
            found += [(source.name, art) for art in await _arts(context, Place(source, settings.kind))]
            if settings.art_file:
                place = Place(source, settings.kind, file=settings.art_file)
                named += [(source.name, art) for art in await _arts(context, place)]
        except SourceError as error:
            log.warning("art_not_listed", source=error.source, cause=error.cause, reason=str(error))
    others = sorted((each for each in found if each not in named), key=lambda each: rank(each[1]))
    return (*named, *others)[:MOST_LISTED]


async def next_candidate(context: JobContext, settings: Settings, width: int, untried: Untried) -> Selected | None:
    """Return the next candidate for these settings, to be fetched ``width`` pixels wide; ``None`` if none is left.

    Asks the next place for its list when the listed ones are used up. Raises ``SourceError`` when a degraded picture
    would replace a complete one.
    """
    lost = context.failures.unreachable
    places = untried.places
    candidates = tuple(each for each in untried.candidates if each.picture not in lost)
    while not candidates and places:
        together = _compared(places) if untried.compares_sources else 1
        candidates = await _candidates(context, settings, width, places[:together])
        places = places[together:]
    if not candidates:
        return None
    return Selected(candidates[0], Untried(candidates[1:], places, untried.compares_sources))


def _compared(places: tuple[Place, ...]) -> int:
    """Return how many of the places have pictures of the same sort as the first."""
    sort = _sort_of(places[0])
    return sum(1 for _ in takewhile(lambda place: _sort_of(place) == sort, places))


def _sort_of(place: Place) -> tuple[Kind, bool | None, bool | None]:
    return place.kind, place.has_text, place.of_season


async def _candidates(
    context: JobContext, settings: Settings, width: int, places: tuple[Place, ...]
) -> tuple[Candidate, ...]:
    """Return the renditions of the best artwork of all the places, best first; of equals, the first place's."""
    if settings.is_card and places[0].kind is Kind.POSTER:
        settings = msgspec.structs.replace(settings, kind=Kind.POSTER)  # in place of a card: it names the title itself
    rank = art_rank(settings, context.title.original_lang)
    listed = [candidate for place in places for candidate in await _listed(context, settings, place)]
    listed.sort(key=lambda candidate: rank(candidate.art))
    return tuple(
        Candidate(each.source, rendition) for each in listed for rendition in each.source.renditions(each.art, width)
    )


async def _listed(context: JobContext, settings: Settings, place: Place) -> tuple[Candidate, ...]:
    """Return the best artwork of one place, best first; none when its source fails."""
    try:
        arts = await _arts(context, place)
    except SourceError as error:
        log.warning("art_not_listed", source=error.source, cause=error.cause, reason=str(error))
        context.failures.add(error)
        return ()
    best = rank_artwork(arts, settings, context.title.original_lang)[:MAX_CANDIDATES]
    return tuple(Candidate(place.source, art) for art in best)


async def _arts(context: JobContext, place: Place) -> tuple[Art, ...]:
    """Return the pictures of one place that count, in the source's order."""
    source = place.source
    try:
        async with asyncio.timeout(GALLERY_TIMEOUT_S):
            if place.file:
                named = await source.named(context.title, place.kind, place.file)
                return () if named is None else (named,)
            gallery = await source.gallery(context.title)
    except TimeoutError as exc:
        raise SourceTimeout(source.name, f"no answer within {GALLERY_TIMEOUT_S:g} s") from exc
    return tuple(filter(place.takes, gallery.get(place.kind, ())))
