"""The anime id map: which film, or which part of which series, an entry of Kitsu, AniList, MyAnimeList or AniDB is.

The list is made by Fribb/anime-lists from anime-offline-database (ODbL 1.0, its contents DbCL 1.0) and
Anime-Lists/anime-lists. It is fetched from where it is published, and no copy of it is part of Marquee.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog

from services.client.http import Http, Request, Response
from services.client.json_reader import Row, count_of, imdb_ref_of, inner, json_value, text, whole_of
from services.client.upstream import UpstreamClient
from shared.domain.errors import SourceError, SourceInvalidResponse
from shared.domain.ids import ExternalId, IdType

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MAP_BYTES: Final = 64 << 20
"""The largest list that is read; the real one has about 6 MB."""

MAP_MEMORY_BYTES: Final = 3 * MAP_BYTES
"""Memory while a list of that size is received and read: its parts and the whole, then the whole and its entries."""

MAP_ATTEMPT_S: Final = 60.0
"""Longest download: far longer than a title's answer may take, and nothing waits for it."""

_MOST_ROWS: Final = 200_000  # five times as many as there are
_GREATEST: Final = 9_999_999
_MOST_TITLES: Final = 20  # of one entry: films in parts have a number each
_FILM: Final = "MOVIE"
_TYPE: Final = re.compile(r"[A-Z_]{1,16}", re.ASCII)
_DIGITS: Final = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_FIELDS: Final = {
    IdType.KITSU: "kitsu_id",
    IdType.ANILIST: "anilist_id",
    IdType.MAL: "mal_id",
    IdType.ANIDB: "anidb_id",
}


class AnimeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An anime as its sites count: a film, or a part of a series; ``ids`` are its numbers there.

    ``imdb`` and ``tmdb_movies`` may have several numbers, the best first. Seasons are those of TMDB and TVDB, ``None``
    where the entry has no place in one, and 0 for specials. ``offset`` is the number of episodes before its first one
    in that season.
    """

    ids: tuple[ExternalId, ...]
    type: str = ""
    imdb: tuple[int, ...] = ()
    tmdb_movies: tuple[int, ...] = ()
    tmdb_tv: int | None = None
    tvdb: int | None = None
    season_tmdb: int | None = None
    season_tvdb: int | None = None
    offset: int = 0


class AnimeMapSource:
    """Downloads the list from the first of several addresses that has a readable one."""

    name = "anime_map"

    def __init__(self, http: Http, urls: Sequence[str]) -> None:
        self._upstream = UpstreamClient(http, self.name)
        self._urls = urls

    async def entries(self) -> tuple[AnimeEntry, ...]:
        """Return the list's entries that have an id of a site and a title. Raises the last ``SourceError``."""
        failure: SourceError = SourceInvalidResponse(self.name, "no address")
        for url in self._urls:
            try:
                return await self._upstream.send(Request(url, max_bytes=MAP_BYTES), self._read)
            except SourceError as error:
                log.warning("anime_map_not_fetched", address=self._urls.index(url) + 1, reason=str(error))
                failure = error
        raise failure

    def _read(self, response: Response) -> tuple[AnimeEntry, ...]:
        if response.status != HTTPStatus.OK:
            raise SourceInvalidResponse(self.name, f"status {response.status}")
        return read_anime_map(self.name, response.body)


def read_anime_map(source: str, body: bytes) -> tuple[AnimeEntry, ...]:
    """Parse the list, in its present shape or an earlier one; a row that cannot be read is left out.

    Raises ``SourceInvalidResponse`` for a body that is no complete JSON array, and for a list without any entry.
    """
    try:
        listed = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SourceInvalidResponse(source, f"{len(body)} bytes that are no JSON array") from None
    if len(listed) > _MOST_ROWS:
        raise SourceInvalidResponse(source, f"{len(listed)} rows")
    found = tuple(_entries(listed))
    if not found:
        raise SourceInvalidResponse(source, f"no entry in {len(listed)} rows")
    return found


def _entries(listed: Iterable[msgspec.Raw]) -> Iterator[AnimeEntry]:
    for raw in listed:
        try:
            row = json_value(bytes(raw))
        except (msgspec.DecodeError, RecursionError):
            continue
        entry = _read_row(row) if isinstance(row, dict) else None
        if entry is not None:
            yield entry


def _read_row(row: Row) -> AnimeEntry | None:
    """Return a row's entry; ``None`` without an id or without a title."""
    ids = tuple(
        ExternalId(site, number)
        for site, field in _FIELDS.items()
        if (number := _number(row.get(field))) is not None and number <= _GREATEST
    )
    written = text(row, "type").upper()
    kind = written if _TYPE.fullmatch(written) else ""
    imdb = tuple(dict.fromkeys(_imdb_numbers(row.get("imdb_id"))))[:_MOST_TITLES]
    films, series = _tmdb(row.get("themoviedb_id"), is_film=kind == _FILM)
    tvdb = _number(row.get("tvdb_id")) or _number(row.get("thetvdb_id"))
    if not ids or not (imdb or films or series or tvdb):
        return None
    seasons, offsets = inner(row, "season"), inner(row, "episode_offset")
    season_tmdb = count_of(seasons.get("tmdb"))
    placed_by = "tvdb" if season_tmdb is None else "tmdb"
    return AnimeEntry(
        ids=ids,
        type=kind,
        imdb=imdb,
        tmdb_movies=films,
        tmdb_tv=series,
        tvdb=tvdb,
        season_tmdb=season_tmdb,
        season_tvdb=count_of(seasons.get("tvdb")),
        offset=count_of(offsets.get(placed_by)) or 0,
    )


def _tmdb(value: Any, *, is_film: bool) -> tuple[tuple[int, ...], int | None]:
    """Return the numbers of films and of a series; an earlier shape is one number, of either by the entry's type."""
    if isinstance(value, dict):
        films = tuple(dict.fromkeys(filter(None, map(_number, _listed(value.get("movie"))))))[:_MOST_TITLES]
        return films, next(filter(None, map(_number, _listed(value.get("tv")))), None)
    numbers = tuple(dict.fromkeys(filter(None, map(_number, _listed(value)))))[:_MOST_TITLES]
    return (numbers, None) if is_film else ((), numbers[0] if numbers else None)


def _imdb_numbers(value: Any) -> Iterator[int]:
    """Yield IMDb's numbers from an array of ids, or from one text with ids between commas."""
    for item in _listed(value):
        for part in item.split(",") if isinstance(item, str) else ():
            ref = imdb_ref_of(part.strip())
            if ref is not None:
                yield ref.number


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _number(value: Any) -> int | None:
    """Return a positive whole number, also one written as text."""
    return whole_of(int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value)
