"""What TMDB's JSON means: titles, episodes, ids and pictures, read as far as they go."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from services.client.json_reader import Row, day, imdb_ref, inner, number, rows, text, whole
from services.source import Art, Gallery, Title
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, Ratings, RatingSite

PICTURE_FILE: Final = re.compile(r"/[A-Za-z0-9._-]{1,128}\.(?:jpg|jpeg|png|svg|webp)", re.ASCII)

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}", re.ASCII)
_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_WITHOUT_TEXT: Final = "xx"
_PIXELS: Final = 30_000  # per side; anything above is a slip of the pen
_MOST_ROWS: Final = 3000  # pictures of one kind that are looked at
_MOST_PER_LANGUAGE: Final = 20  # and that are kept; the best liked come first
_LAST_SEASON: Final = 9_999  # as far as a media id can say it
_LAST_NUMBER: Final = 99_999


def read_found(ref: ExternalId, body: Row) -> MediaId | None:
    """Choose among what ``/find`` found: films and series first, then the series of an episode or season.

    For an id of kind ``EPISODE`` only an episode will do, and is said with its season and number.
    """
    if ref.kind is TitleKind.EPISODE:
        return next((media for row in rows(body, "tv_episode_results") if (media := _episode(row))), None)
    films = [(TitleKind.MOVIE, row) for row in rows(body, "movie_results")]
    series = [(TitleKind.SERIES, row) for row in rows(body, "tv_results")]
    if ref.kind is not None:
        own = films if ref.kind is TitleKind.MOVIE else series
    elif ref.id_type is IdType.TVDB:  # films and series are numbered apart there, and the number is a series first
        own = series or films
    else:
        own = sorted(films + series, key=lambda pair: number(pair[1], "popularity") or 0.0, reverse=True)
    known = [MediaId(kind, found) for kind, row in own if (found := whole(row, "id"))]
    if ref.kind is not TitleKind.MOVIE:
        parts = [*rows(body, "tv_season_results"), *rows(body, "tv_episode_results")]
        known += [MediaId(TitleKind.SERIES, found) for row in parts if (found := whole(row, "show_id"))]
    return known[0] if known else None


def read_title(media: MediaId, body: Row) -> Title:
    """Read the body of ``/movie/{id}`` or ``/tv/{id}``, as far as it goes."""
    is_film = media.kind is TitleKind.MOVIE
    images = inner(body, "images")
    language = _language(text(body, "original_language"))
    return Title(
        media=media,
        refs=tuple(_refs(media, body)),
        name=text(body, "title" if is_film else "name") or text(body, "original_title" if is_film else "original_name"),
        film_date=day(body, "release_date") if is_film else day(body, "last_air_date") or day(body, "first_air_date"),
        released=day(body, "release_date" if is_film else "first_air_date"),
        last_aired=None if is_film else day(body, "last_air_date"),
        status=text(body, "status"),
        original_lang=language,
        popularity=max(0.0, number(body, "popularity") or 0.0),
        gallery=_gallery(
            _arts(Kind.POSTER, rows(images, "posters"), main=text(body, "poster_path"), main_lang=language),
            _arts(Kind.BACKDROP, rows(images, "backdrops"), main=text(body, "backdrop_path")),
            _arts(Kind.LOGO, rows(images, "logos")),
        ),
        ratings=_ratings(body),
    )


def read_episode(media: MediaId, body: Row) -> Title:
    """Read the body of ``/tv/{id}/season/{s}/episode/{e}``, as far as it goes."""
    stills = rows(inner(body, "images"), "stills")
    return Title(
        media=media,
        refs=tuple(_own_refs(inner(body, "external_ids"))),
        name=text(body, "name"),
        film_date=day(body, "air_date"),
        released=day(body, "air_date"),
        gallery=_gallery(_arts(Kind.EPISODE, stills, main=text(body, "still_path"), main_first=True)),
        ratings=_ratings(body),
    )


def _episode(row: Row) -> MediaId | None:
    series = whole(row, "show_id")
    season, nth = number(row, "season_number"), number(row, "episode_number")  # 0 is a season, too: of specials
    if series is None or season is None or nth is None or not (season.is_integer() and nth.is_integer()):
        return None
    if not (0 <= season <= _LAST_SEASON and 0 <= nth <= _LAST_NUMBER):
        return None
    return MediaId(TitleKind.SERIES, series, Episode(int(season), int(nth)))


def _own_refs(external: Row) -> Iterable[ExternalId]:
    """Give an episode's own numbers, which bare would be those of its series."""
    imdb, tvdb = imdb_ref(external, "imdb_id"), whole(external, "tvdb_id")
    if imdb:
        yield ExternalId(IdType.IMDB, imdb.number, TitleKind.EPISODE)
    if tvdb:
        yield ExternalId(IdType.TVDB, tvdb, TitleKind.EPISODE)


def _refs(media: MediaId, body: Row) -> Iterable[ExternalId]:
    """Give every canonical name; a bare TMDB number is a film, a bare TVDB number a series."""
    external = inner(body, "external_ids")
    yield ExternalId(IdType.TMDB, media.number, media.kind)
    if media.kind is TitleKind.MOVIE:
        yield ExternalId(IdType.TMDB, media.number)
    imdb = imdb_ref(external, "imdb_id") or imdb_ref(body, "imdb_id")
    if imdb:
        yield imdb
    tvdb = whole(external, "tvdb_id")
    if tvdb:
        yield ExternalId(IdType.TVDB, tvdb, media.kind)
        if media.kind is TitleKind.SERIES:
            yield ExternalId(IdType.TVDB, tvdb)


def _gallery(*kinds: tuple[Art, ...]) -> Gallery:
    return {arts[0].kind: arts for arts in kinds if arts}


def _arts(
    kind: Kind, listed: list[Row], *, main: str = "", main_lang: str | None = None, main_first: bool = False
) -> tuple[Art, ...]:
    """Read a list of pictures; the title's main one joins it, at the end or first, when the list does not have it."""
    arts: dict[str, Art] = {}
    kept: Counter[str | None] = Counter()
    for row in listed[:_MOST_ROWS]:
        art = _art(kind, row)
        if art and art.path not in arts and kept[art.lang] < _MOST_PER_LANGUAGE:
            arts[art.path] = art
            kept[art.lang] += 1
    if not PICTURE_FILE.fullmatch(main) or main in arts:
        return tuple(arts.values())
    added = Art(main, 0, 0, main_lang, kind=kind)
    return (added, *arts.values()) if main_first else (*arts.values(), added)


def _art(kind: Kind, row: Row) -> Art | None:
    path = text(row, "file_path")
    if not PICTURE_FILE.fullmatch(path):
        return None
    region = text(row, "iso_3166_1")
    return Art(
        path,
        _pixels(row, "width"),
        _pixels(row, "height"),
        _language(text(row, "iso_639_1")),
        region if _REGION.fullmatch(region) else None,
        max(0.0, number(row, "vote_average") or 0.0),
        kind,
    )


def _pixels(row: Row, name: str) -> int:
    value = whole(row, name) or 0
    return value if value <= _PIXELS else 0


def _language(code: str) -> str | None:
    return code if _LANGUAGE.fullmatch(code) and code != _WITHOUT_TEXT else None


def _ratings(body: Row) -> Ratings:
    """Return TMDB's own rating, 0–10 there and a percentage here; 0 means that nobody voted."""
    average = number(body, "vote_average") or 0.0
    if not 0 < average <= 10:  # noqa: PLR2004 - the top of its scale
        return {}
    return {RatingSite.TMDB: Rating(round(average * 10, 2), whole(body, "vote_count"))}
