"""Parses what TMDB finds by a name. Rows that are no titles, and invalid ones, are skipped."""

import re
from typing import Final

from services.client.json_reader import Row, day_of, rows, text, whole
from services.titles import SearchResult
from shared.domain.ids import MediaId, TitleKind

POSTER_FILE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}\.(?:jpg|jpeg|png)", re.ASCII)
"""The name of a poster's file that can be shown as it is."""

_KINDS: Final = {"movie": TitleKind.MOVIE, "tv": TitleKind.SERIES}
_MOST: Final = 20  # a page of TMDB's
_LONGEST: Final = 200


def normal_words(words: str) -> str:
    """Return a name in the form in which equal searches are equal: TMDB minds neither case nor spaces."""
    return " ".join(words.casefold().split())


def read_results(body: Row) -> tuple[SearchResult, ...]:
    """Read the body of ``/search/multi``: films and series in TMDB's order, without people."""
    return tuple(found for row in rows(body, "results")[:_MOST] if (found := _found(row)))


def _found(row: Row) -> SearchResult | None:
    kind, number = _KINDS.get(text(row, "media_type")), whole(row, "id")
    if kind is None or number is None:
        return None
    is_film = kind is TitleKind.MOVIE
    original = text(row, "original_title" if is_film else "original_name").strip()[:_LONGEST]
    name = text(row, "title" if is_film else "name").strip()[:_LONGEST] or original
    day = day_of(row.get("release_date" if is_film else "first_air_date"))
    file = text(row, "poster_path").removeprefix("/")
    if not name:
        return None
    return SearchResult(
        media=MediaId(kind, number),
        name=name,
        original_name=original,
        year=day.year if day else None,
        poster=file if POSTER_FILE.fullmatch(file) else "",
    )
