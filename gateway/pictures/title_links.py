"""What somebody writes to name a title: an id, a number, a link to a site, or its name."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from shared.domain.errors import BadRequest
from shared.domain.ids import Episode, ExternalId, IdType, TitleKind
from shared.domain.title_query import LONGEST_NAME, TitleQuery
from shared.queue.prewarm_input import parse_external_id

LONGEST: Final = 500
"""Characters, of a link too."""

_ID: Final = re.compile(
    r"(?:(?:imdb|tmdb|tvdb|kitsu|anilist|mal|anidb):.+|(?:episode-|season-)?tt\d.*|(?:movie|series|tv|collection)-\d.*"
    r"|(?:episode|season)-\d.*)",
    re.ASCII | re.IGNORECASE,
)
_LINK: Final = re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,8}(?:/.*|\?.*)", re.ASCII | re.IGNORECASE)
_YEAR: Final = re.compile(r"(?P<words>.*\S)[\s(\[-]+(?P<year>(?:18|19|20)\d\d)[)\]]?", re.ASCII)
_LARGEST_BARE: Final = 10  # digits of a number that may be an id
_OPEN_SHORT: Final = "This is a short link. Please open it and paste the address that it leads to."
_SITES: Final = "Links to titles at IMDb, TMDB, TVDB, Letterboxd and Trakt are known."
_NO_TITLE: Final = f"This link does not lead to a title. {_SITES}"


class NamedTitle(msgspec.Struct, frozen=True):
    """What to search for, and the season or episode of what is found that is meant."""

    query: TitleQuery
    season: int | None = None
    episode: int | None = None

    def part_of(self, found: str) -> str:
        """Return the id of the part of a series that was found by its name."""
        if self.season is None or not found.startswith("series-"):
            return found
        number = found.removeprefix("series-")
        if self.episode is None:
            return f"season-{number}-S{self.season}"
        return f"episode-{number}-S{self.season}E{self.episode}"


def read_title_query(text: str) -> NamedTitle:
    """Read what somebody wrote. A bare number is TMDB's of a film or a series, or a name such as 1917.

    Raises ``BadRequest`` with a sentence for a person, and ``TitleNotFound``.
    """
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        raise BadRequest(public=f"Enter a title, an id or a link, of up to {LONGEST} characters.")
    if _LINK.fullmatch(text) and " " not in text:
        return _of_link(text)
    if _ID.fullmatch(text) and " " not in text:
        return NamedTitle(TitleQuery(ids=(parse_external_id(text),)))
    if _is_number(text):
        kinds = (TitleKind.MOVIE, TitleKind.SERIES)
        numbers = (ExternalId.parse(IdType.TMDB, f"{kind}-{int(text)}") for kind in kinds if int(text))
        return NamedTitle(TitleQuery(ids=tuple(numbers), name=text))
    return NamedTitle(_of_words(text, None))


def _of_words(words: str, kind: TitleKind | None) -> TitleQuery:
    """Return a search for a name, which a year may follow."""
    found = _YEAR.fullmatch(words)
    name = (found["words"] if found else words).strip()
    if len(name) > LONGEST_NAME:
        raise BadRequest(public=f"A title has up to {LONGEST_NAME} characters.")
    return TitleQuery(name=name, year=int(found["year"]) if found else None, kind=kind)


def _of_link(text: str) -> NamedTitle:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError as error:
        raise BadRequest(public=_NO_TITLE) from error
    site = ".".join(host.split(".")[-2:])
    if site == "boxd.it":
        raise BadRequest(public=_OPEN_SHORT)
    if site not in _READERS:
        raise BadRequest(public=f"{host} is not a site that is known here. {_SITES}")
    path = [unquote(part) for part in parts.path.split("/") if part]
    found = _READERS[site](path, {name: values[0] for name, values in parse_qs(parts.query).items()})
    if found is None:
        raise BadRequest(public=_NO_TITLE)
    return found


def _imdb(path: list[str], _: Mapping[str, str]) -> NamedTitle | None:
    number = next((part for part in path if re.fullmatch(r"tt\d{7,10}", part, re.ASCII)), None)
    return NamedTitle(TitleQuery(ids=(ExternalId.parse(IdType.IMDB, number),))) if number else None


def _tmdb(path: list[str], _: Mapping[str, str]) -> NamedTitle | None:
    """Read /movie/19-metropolis, /tv/1396-breaking-bad/season/2/episode/3 and /collection/1241-harry-potter."""
    match path:
        case [("movie" | "tv" | "collection") as kind, slug, *rest]:
            number = re.match(r"\d{1,10}", slug, re.ASCII)
            if number is None:
                return None
            season, episode = _part(rest, "season", "episode") if kind == "tv" else (None, None)
            return _by_number(IdType.TMDB, {"tv": "series"}.get(kind, kind), number[0], season, episode)
        case _:
            return None


def _tvdb(path: list[str], query: Mapping[str, str]) -> NamedTitle | None:
    """Read /series/breaking-bad, /movies/metropolis, /dereferrer/series/81189 and ?tab=series&id=81189."""
    kinds = {"series": TitleKind.SERIES, "movies": TitleKind.MOVIE, "movie": TitleKind.MOVIE}
    match path:
        case ["dereferrer", ("series" | "movie") as kind, number] if _is_number(number):
            return _by_number(IdType.TVDB, kind, number)
        case [("series" | "movies") as kind, slug, *_]:
            return _by_slug(slug, kinds[kind])
        case _:
            number = query.get("id", "")
            return _by_number(IdType.TVDB, "series", number) if _is_number(number) else None


def _letterboxd(path: list[str], _: Mapping[str, str]) -> NamedTitle | None:
    """Read /film/metropolis, /somebody/film/dune-2021, /imdb/tt0017136 and /tmdb/19."""
    match path:
        case ["imdb", number, *_]:
            return _imdb([number], {})
        case ["tmdb", number, *_] if _is_number(number):
            return _by_number(IdType.TMDB, "movie", number)
        case ["film", slug, *_] | [_, "film", slug, *_]:
            return _by_slug(slug, TitleKind.MOVIE)
        case _:
            return None


def _trakt(path: list[str], _: Mapping[str, str]) -> NamedTitle | None:
    """Read /movies/metropolis-1927, /shows/breaking-bad/seasons/2/episodes/3 and /search/imdb/tt0017136."""
    match path:
        case ["search", "imdb", number, *_]:
            return _imdb([number], {})
        case ["movies", slug, *_] if not slug.isdecimal():
            return _by_slug(slug, TitleKind.MOVIE)
        case ["shows", slug, *rest] if not slug.isdecimal():
            season, episode = _part(rest, "seasons", "episodes")
            return msgspec.structs.replace(_by_slug(slug, TitleKind.SERIES), season=season, episode=episode)
        case _:
            return None


_READERS: Final[Mapping[str, Callable[[list[str], Mapping[str, str]], NamedTitle | None]]] = {
    "imdb.com": _imdb,
    "themoviedb.org": _tmdb,
    "thetvdb.com": _tvdb,
    "letterboxd.com": _letterboxd,
    "trakt.tv": _trakt,
}


def _by_number(
    id_type: IdType, kind: str, number: str, season: int | None = None, episode: int | None = None
) -> NamedTitle:
    ref = ExternalId.parse(id_type, f"{kind}-{int(number)}")
    if season is not None and episode is not None:
        ref = ExternalId(id_type, ref.number, episode=Episode(season, episode))
    elif season is not None:
        ref = ExternalId(id_type, ref.number, season=season)
    return NamedTitle(TitleQuery(ids=(ref,)))


def _by_slug(slug: str, kind: TitleKind) -> NamedTitle:
    """Return a search for the words of a slug: the pages of these sites have no number in their addresses."""
    return NamedTitle(_of_words(" ".join(re.split(r"[-_\s]+", slug)).strip() or slug, kind))


def _part(rest: list[str], season: str, episode: str) -> tuple[int | None, int | None]:
    """Return the season and episode that the rest of a path names."""
    match rest:
        case [first, s, second, e, *_] if (first, second) == (season, episode) and _is_short(s) and _is_short(e):
            return int(s), int(e)
        case [first, s, *_] if first == season and _is_short(s):
            return int(s), None
    return None, None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LARGEST_BARE


def _is_short(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len("9999")
