"""Parses MDBList's responses: titles with their ratings, and the rows of lists and batches."""

from collections.abc import Iterable
from typing import Final

import msgspec

from services.client.json_reader import Row, count, imdb_ref, inner, json_value, number, rows, text, whole
from services.titles import SourceRatings
from shared.domain.decimals import rescaled
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.ratings import GREATEST, PER_CENT, Rating, Ratings, RatingSite, on_scale_of, rating_of

WORDS: Final = {TitleKind.MOVIE: "movie", TitleKind.SERIES: "show"}
"""MDBList's words for a film and a series."""

_LISTED: Final = {"movies": "movie", "shows": "show"}
_SITES: Final = {
    "imdb": RatingSite.IMDB,
    "tmdb": RatingSite.TMDB,
    "tomatoes": RatingSite.RT,
    "popcorn": RatingSite.RTA,
    "tomatoesaudience": RatingSite.RTA,
    "audience": RatingSite.RTA,
    "metacritic": RatingSite.MC,
    "metacriticuser": RatingSite.MCU,
    "trakt": RatingSite.TRAKT,
    "letterboxd": RatingSite.LB,
    "rogerebert": RatingSite.EBERT,
    "myanimelist": RatingSite.MAL,
    "mal": RatingSite.MAL,
}
_AGES: Final = range(2, 19)
_MAX_ROUNDING: Final = 5.0  # a larger difference of value and score, in per cent: the value is on another scale


def read_rows(body: bytes) -> list[Row] | None:
    """Return the rows of a list's page, ``None`` if the body is not one."""
    try:
        value = json_value(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if isinstance(value, list):
        return rows({"all": value}, "all")
    if not isinstance(value, dict) or not any(isinstance(value.get(kind), list) for kind in ("movies", "shows")):
        return None
    return [{"mediatype": word, **row} for kind, word in _LISTED.items() for row in rows(value, kind)]


def read_listed(row: Row) -> ExternalId | None:
    """Return the title of a list's row; ``None`` if it has no usable id."""
    kind = next((kind for kind, word in WORDS.items() if word == text(row, "mediatype")), None)
    ids = inner(row, "ids")
    tmdb, tvdb = whole(ids, "tmdb") or whole(row, "id"), whole(ids, "tvdb") or whole(row, "tvdb_id")
    if kind and tmdb:
        return ExternalId(IdType.TMDB, tmdb, kind)
    imdb = imdb_ref(ids, "imdb") or imdb_ref(row, "imdb_id")
    return imdb or (ExternalId(IdType.TVDB, tvdb, kind) if kind and tvdb else None)


def read_mdblist_ratings(media: MediaId, body: Row) -> SourceRatings:
    """Read a title's object, in the format of the current host or the old one."""
    ratings: Ratings = {}
    for row in rows(body, "ratings"):
        site = _SITES.get(text(row, "source"))
        rating = _rating(site, row) if site else None
        if site and rating:
            ratings.setdefault(site, rating)
    score = rating_of(RatingSite.MDBLIST, number(body, "score"), None)  # 0 means too few ratings
    if score:
        ratings[RatingSite.MDBLIST] = score
    return SourceRatings(ratings, tuple(_refs(media, body)), age=_age(body))


def _age(body: Row) -> int | None:
    """Return the age from which Common Sense Media recommends the title; other numbers mean that it is unknown."""
    age = number(body, "age_rating")
    return int(age) if age is not None and age.is_integer() and int(age) in _AGES else None


def _rating(site: RatingSite, row: Row) -> Rating | None:
    """Return a rating on the site's own scale.

    ``score`` is always a percentage. ``value`` should be on the site's scale but sometimes is not (Letterboxd 8 of 5,
    TMDB 6.3 of 100). If the two disagree, the score is right, unless it is 0. Where there is no rating, both are null,
    or 0 on the older host: a 0 is a rating when there are votes.
    """
    value, score = number(row, "value"), number(row, "score")
    if score is not None and 0 <= score <= PER_CENT:
        is_other_scale = abs(rescaled(value or 0.0, of=GREATEST[site], to=PER_CENT) - score) > _MAX_ROUNDING
        value = on_scale_of(site, score, PER_CENT) if value is None or (score and is_other_scale) else value
    return rating_of(site, value, count(row, "votes"))


def _refs(media: MediaId, body: Row) -> Iterable[ExternalId]:
    """Yield the other external ids, unless the object is about another title."""
    ids = inner(body, "ids")
    if (whole(ids, "tmdb") or whole(body, "tmdbid") or media.number) != media.number:
        return
    imdb = imdb_ref(ids, "imdb") or imdb_ref(body, "imdbid")
    if imdb:
        yield imdb
    tvdb = whole(ids, "tvdb")
    if tvdb:
        yield ExternalId(IdType.TVDB, tvdb, media.kind)
        if media.kind is TitleKind.SERIES:  # a TVDB number without a kind is a series
            yield ExternalId(IdType.TVDB, tvdb)


def is_about(media: MediaId, body: Row) -> bool:
    """Return whether a title's object is about this title, or does not say."""
    word = text(body, "type")
    is_other_kind = word in WORDS.values() and word != WORDS[media.kind]
    return not is_other_kind and read_tmdb(body) in {None, media.number}


def read_film(number: int, body: Row) -> MediaId | None:
    """Return the film with this TVDB number that an object describes; ``None`` for anything else."""
    tmdb, tvdb = read_tmdb(body), whole(inner(body, "ids"), "tvdb")
    is_asked = text(body, "type") in {"movie", ""} and tvdb in {None, number}
    return MediaId(TitleKind.MOVIE, tmdb) if tmdb and is_asked else None


def read_tmdb(body: Row) -> int | None:
    """Return the TMDB number of a title's object, in the format of the current host or the old one."""
    return whole(inner(body, "ids"), "tmdb") or whole(body, "tmdbid")
