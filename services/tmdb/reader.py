"""Parses TMDB's responses: titles, episodes, ids and pictures. Invalid fields are skipped."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from services.artwork import Art, ArtLimit, Gallery
from services.client.json_reader import (
    Row,
    count_of,
    day_of,
    imdb_ref_of,
    number,
    number_of,
    rows,
    text_of,
    whole,
    whole_of,
)
from services.titles import Title
from services.tmdb.answer import OtherIds, PartRow, PictureLists, PictureRow, TitleAnswer
from services.tmdb.title_facts import read_genre, read_runtime
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import Ratings, RatingSite, on_scale_of, rating_of

PICTURE_FILE: Final = re.compile(r"/[A-Za-z0-9._-]{1,128}\.(?:jpg|jpeg|png|svg|webp)", re.ASCII)

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}", re.ASCII)
_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_WITHOUT_TEXT: Final = "xx"
_BEST: Final = 10.0  # the maximum of TMDB's averages
_ENDED: Final = frozenset({"Ended", "Canceled", "Cancelled"})
_MAX_ROWS: Final = 3000  # per kind
_MOST_CODES: Final = 1000  # languages, and their pairs with countries, each checked once
_MAX_SEASON: Final = 9_999  # the largest that a media id can express
_MAX_EPISODE: Final = 99_999


def read_found(ref: ExternalId, body: Row, *, gone: MediaId | None = None) -> MediaId | None:
    """Choose among the results of ``/find``: films and series first, then a season, then the series of an episode.

    Of several, the most popular is chosen, so that an id and its episodes mean the same series. An id of kind
    ``EPISODE`` or ``SEASON`` resolves only to such a part of a series, and one of kind ``SERIES`` to no part.
    ``gone`` is no longer a choice.
    """
    if ref.kind is TitleKind.EPISODE:
        known = [media for row in rows(body, "tv_episode_results") if (media := _episode(row))]
    elif ref.kind is TitleKind.SEASON:
        known = [media for row in rows(body, "tv_season_results") if (media := _season(row))]
    else:
        known = [MediaId(kind, found) for kind, row in _own_results(ref, body) if (found := whole(row, "id"))]
    if ref.kind is None or ref.kind is TitleKind.SERIES:
        seasons = [(_season(row) if ref.kind is None else None, row) for row in rows(body, "tv_season_results")]
        parts = [*seasons, *((None, row) for row in rows(body, "tv_episode_results"))]
        known += [media for season, row in parts if (media := season or _series(row))]
    return next((media for media in known if media != gone), None)


def _own_results(ref: ExternalId, body: Row) -> list[tuple[TitleKind, Row]]:
    """Return the films and series whose own id it is, best first."""
    films = [(TitleKind.MOVIE, row) for row in _by_popularity(rows(body, "movie_results"))]
    series = [(TitleKind.SERIES, row) for row in _by_popularity(rows(body, "tv_results"))]
    if ref.kind is not None:
        return films if ref.kind is TitleKind.MOVIE else series
    if ref.id_type is IdType.TVDB:  # TVDB numbers films and series separately; series take precedence
        return series or films
    return sorted(films + series, key=lambda pair: _popularity(pair[1]), reverse=True)


def _by_popularity(found: list[Row]) -> list[Row]:
    return sorted(found, key=_popularity, reverse=True)


def _popularity(row: Row) -> float:
    return number(row, "popularity") or 0.0


def read_title(media: MediaId, answer: TitleAnswer) -> Title:
    """Read the answer of ``/movie/{id}`` or ``/tv/{id}``."""
    is_film = media.kind is TitleKind.MOVIE
    images, language = answer.images or PictureLists(), read_language(text_of(answer.original_language))
    name, original = (answer.title, answer.original_title) if is_film else (answer.name, answer.original_name)
    released = day_of(answer.release_date if is_film else answer.first_air_date)
    last_aired = None if is_film else day_of(answer.last_air_date)
    return Title(
        media=media,
        refs=tuple(_refs(media, answer)),
        name=text_of(name) or text_of(original),
        original_name=text_of(original),
        film_date=last_aired or released,
        released=released,
        last_aired=last_aired,
        status=text_of(answer.status),
        is_running=not is_film and _is_running(answer),
        original_lang=language,
        popularity=max(0.0, number_of(answer.popularity) or 0.0),
        gallery=gallery_of(
            read_arts(Kind.POSTER, images.posters, main=text_of(answer.poster_path), main_lang=language),
            read_arts(Kind.BACKDROP, images.backdrops, main=text_of(answer.backdrop_path)),
            read_arts(Kind.LOGO, images.logos),
        ),
        ratings=read_own_rating(answer),
        genre=read_genre(answer),
        runtime=read_runtime(answer),
    )


def read_pictures(images: PictureLists) -> Gallery:
    """Read the answer of ``/movie/{id}/images`` or ``/tv/{id}/images``: all pictures, not only the candidates."""
    lists = {Kind.POSTER: images.posters, Kind.BACKDROP: images.backdrops, Kind.LOGO: images.logos}
    return gallery_of(*(tuple(_all_arts(kind, listed or ())) for kind, listed in lists.items()))


def _all_arts(kind: Kind, listed: Sequence[PictureRow]) -> Iterable[Art]:
    for row in listed[:_MAX_ROWS]:
        yield from _candidates(kind, (row,), ArtLimit(), None)


def _is_running(answer: TitleAnswer) -> bool:
    """Return whether a series may go on; a revived one may still say ``Ended``."""
    following = answer.next_episode_to_air
    has_more = answer.in_production is True or (isinstance(following, dict) and bool(following))
    return has_more or text_of(answer.status) not in _ENDED


def read_episode(media: MediaId, answer: TitleAnswer) -> Title:
    """Read the answer of ``/tv/{id}/season/{s}/episode/{e}``."""
    images, aired = answer.images or PictureLists(), day_of(answer.air_date)
    return Title(
        media=media,
        refs=tuple(_own_refs(answer.external_ids or OtherIds())),
        name=text_of(answer.name),
        film_date=aired,
        released=aired,
        gallery=gallery_of(read_arts(Kind.EPISODE, images.stills, main=text_of(answer.still_path), main_first=True)),
        ratings=read_own_rating(answer),
    )


def _episode(row: Row) -> MediaId | None:
    series = whole(row, "show_id")
    season, nth = number(row, "season_number"), number(row, "episode_number")  # season 0 holds the specials
    if series is None or season is None or nth is None or not (season.is_integer() and nth.is_integer()):
        return None
    if not (0 <= season <= _MAX_SEASON and 0 <= nth <= _MAX_EPISODE):
        return None
    return MediaId(TitleKind.SERIES, series, Episode(int(season), int(nth)))


def _season(row: Row) -> MediaId | None:
    series, season = whole(row, "show_id"), number(row, "season_number")
    if series is None or season is None or not (season.is_integer() and 0 <= season <= _MAX_SEASON):
        return None
    return MediaId(TitleKind.SERIES, series, season=int(season))


def _series(row: Row) -> MediaId | None:
    series = whole(row, "show_id")
    return MediaId(TitleKind.SERIES, series) if series else None


def _own_refs(external: OtherIds) -> Iterable[ExternalId]:
    """Yield an episode's own external ids, with kind ``EPISODE``: without it they would stand for a series."""
    imdb, tvdb = imdb_ref_of(external.imdb_id), whole_of(external.tvdb_id)
    if imdb:
        yield ExternalId(IdType.IMDB, imdb.number, TitleKind.EPISODE)
    if tvdb:
        yield ExternalId(IdType.TVDB, tvdb, TitleKind.EPISODE)


def _refs(media: MediaId, answer: TitleAnswer) -> Iterable[ExternalId]:
    """Yield all canonical external ids. Without a kind, a TMDB number is a film and a TVDB number a series."""
    external = answer.external_ids or OtherIds()
    yield ExternalId(IdType.TMDB, media.number, media.kind)
    if media.kind is TitleKind.MOVIE:
        yield ExternalId(IdType.TMDB, media.number)
    imdb = imdb_ref_of(external.imdb_id) or imdb_ref_of(answer.imdb_id)
    if imdb:
        yield imdb
    tvdb = whole_of(external.tvdb_id)
    if tvdb:
        yield ExternalId(IdType.TVDB, tvdb, media.kind)
        if media.kind is TitleKind.SERIES:
            yield ExternalId(IdType.TVDB, tvdb)


def gallery_of(*kinds: tuple[Art, ...]) -> Gallery:
    """Return the lists of pictures, each of one kind, without those that are empty."""
    return {arts[0].kind: arts for arts in kinds if arts}


def read_arts(
    kind: Kind,
    listed: Sequence[PictureRow] | None,
    *,
    main: str = "",
    main_lang: str | None = None,
    main_first: bool = False,
    season: int | None = None,
) -> tuple[Art, ...]:
    """Return the candidates of a list. If the title's main picture is not in it, it is added, at the end or first."""
    limit, listed = ArtLimit(), (listed or ())[:_MAX_ROWS]
    arts = tuple(_candidates(kind, listed, limit, season))
    if not PICTURE_FILE.fullmatch(main) or main in limit or any(row.file_path == main for row in listed):
        return arts
    added = Art(main, 0, 0, main_lang, kind=kind, season=season)
    return (added, *arts) if main_first else (*arts, added)


def _candidates(kind: Kind, listed: Iterable[PictureRow], limit: ArtLimit, season: int | None) -> Iterator[Art]:
    """Yield the candidates among these rows. Of any other row, only what rules it out is read."""
    # As written. Most rows of a long list have a language and a country of which no more are wanted.
    full: set[tuple[str | None, str | None]] = set()
    for row in listed:
        written = row.iso_639_1, row.iso_3166_1
        if written in full:
            continue
        path, (language, region) = row.file_path or "", _read_codes(*written)
        if PICTURE_FILE.fullmatch(path) and limit.is_candidate(path, language, region):
            size, votes = (row.width or 0, row.height or 0), row.vote_average or 0.0
            yield Art(path, *size, language, region, votes, kind, season=season)
        elif not limit.has_room(language, region):
            full.add(written)


@lru_cache(_MOST_CODES)
def _read_codes(language: str | None, country: str | None) -> tuple[str | None, str | None]:
    region = text_of(country)
    return read_language(text_of(language)), region if _REGION.fullmatch(region) else None


@lru_cache(_MOST_CODES)
def read_language(code: str) -> str | None:
    """Return a language's code; ``None`` for a picture without text, and for no code."""
    return code if _LANGUAGE.fullmatch(code) and code != _WITHOUT_TEXT else None


def read_own_rating(answer: TitleAnswer | PartRow) -> Ratings:
    """Return TMDB's own rating as a percentage. TMDB writes 0 for a title that has no votes."""
    average = number_of(answer.vote_average)
    value = None if average is None else on_scale_of(RatingSite.TMDB, average, _BEST)
    rating = rating_of(RatingSite.TMDB, value, count_of(answer.vote_count))
    return {RatingSite.TMDB: rating} if rating else {}
