"""Parts of a series: what a season and an episode have of their own, and what they take from their series."""

from collections.abc import Iterator
from typing import Final

import msgspec

from services.client.json_reader import day_of, text_of
from services.titles import Title
from services.tmdb.answer import PictureLists, TitleAnswer
from services.tmdb.reader import gallery_of, read_arts, read_own_rating
from shared.domain.ids import ExternalId, MediaId, TitleKind
from shared.domain.pictures import Kind

_MAX_EPISODES: Final = 3000
_LANGUAGE: Final = "en"
"""Of the poster that TMDB names as a season's own: it is the English one where a request names no language."""


def read_season(media: MediaId, answer: TitleAnswer) -> Title:
    """Read the answer of ``/tv/{id}/season/{n}``: what the season has of its own."""
    images, began = answer.images or PictureLists(), day_of(answer.air_date)
    aired = [day for row in (answer.episodes or ())[:_MAX_EPISODES] if (day := day_of(row.air_date))]
    ended = max(aired, default=None)
    main = text_of(answer.poster_path)
    return Title(
        media=media,
        name=text_of(answer.name),
        film_date=ended or began,
        released=began or min(aired, default=None),
        last_aired=ended,
        gallery=gallery_of(
            read_arts(Kind.POSTER, images.posters, main=main, main_lang=_LANGUAGE, season=media.season),
        ),
        ratings=read_own_rating(answer),
    )


def season_of(series: Title, media: MediaId, own: Title | None) -> Title:
    """Return a season with everything that it takes from its series; ``own`` is ``None`` for an unknown season.

    Its posters come first, those of the series after them.
    """
    known = own or Title(media=media)
    posters = (*known.gallery.get(Kind.POSTER, ()), *series.gallery.get(Kind.POSTER, ()))
    return msgspec.structs.replace(
        series,
        media=media,
        refs=tuple(_part_refs(series, media)),
        name=f"{series.name}: {known.name}" if series.name and known.name else series.name,
        film_date=known.film_date,
        released=known.released,
        last_aired=known.last_aired,
        gallery=series.gallery | gallery_of(posters),
        ratings=known.ratings,
        series=series,
        art_season=media.season if own else None,
    )


def episode_of(series: Title, episode: Title) -> Title:
    """Return an episode with its series' backdrops and posters in place of stills."""
    arts = {kind: series.gallery[kind] for kind in (Kind.BACKDROP, Kind.POSTER) if kind in series.gallery}
    # With the series' ids too: other sources have pictures of the series only.
    refs = tuple(dict.fromkeys((*episode.refs, *_part_refs(series, episode.media))))
    return msgspec.structs.replace(episode, gallery=arts, original_lang=series.original_lang, refs=refs)


def _part_refs(series: Title, media: MediaId) -> Iterator[ExternalId]:
    """Yield the ids that name a part by the ids of its series."""
    names = (ref for ref in series.refs if ref.kind is not TitleKind.MOVIE)
    return (ref for ref in dict.fromkeys(_part_of(name, media) for name in names))


def _part_of(series: ExternalId, media: MediaId) -> ExternalId:
    return ExternalId(series.id_type, series.number, None, media.episode, media.season)
