"""A search for titles as it goes from the gateway to a renderer, and what was found."""

from collections.abc import Iterable
from typing import Final, Self
from urllib.parse import urlencode

import msgspec

from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, TitleKind

TITLES_PATH: Final = "/titles"
"""Where a renderer answers."""

POSTERS_PATH: Final = "/c/posters"
"""Where a renderer serves small posters of what was found, by the names of their files."""

LONGEST_NAME: Final = 100
MOST_FOUND: Final = 8
"""Titles in one answer."""

_MOST_IDS: Final = 4
_YEARS: Final = range(1870, 2200)
_KINDS: Final = {kind.value: kind for kind in (TitleKind.MOVIE, TitleKind.SERIES)}


class TitleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Titles that somebody means: those with one of the ids, and those of a name, of a year and kind if they are set.

    What has the ids comes first. With a year, titles of the year before and after fit too, for dates differ by country.
    """

    ids: tuple[ExternalId, ...] = ()
    name: str = ""
    year: int | None = None
    kind: TitleKind | None = None

    @property
    def path(self) -> str:
        """Return the path and query under which a renderer answers."""
        pairs = [("id", ref.alias) for ref in self.ids]
        pairs += [("name", self.name)] if self.name else []
        pairs += [("year", str(self.year))] if self.year else []
        pairs += [("kind", self.kind.value)] if self.kind else []
        return f"{TITLES_PATH}?{urlencode(pairs)}"

    @classmethod
    def parse(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Parse the query of :attr:`path`. Raises ``BadRequest``, ``TitleNotFound``."""
        ids: list[ExternalId] = []
        values: dict[str, str] = {}
        for name, value in pairs:
            if name == "id":
                ids.append(ExternalId.from_alias(value))
            else:
                values[name] = value
        words, year, kind = values.get("name", ""), values.get("year"), values.get("kind")
        is_year = year is None or (year.isascii() and year.isdecimal() and len(year) == len("1927"))
        if not (ids or words.strip()) or len(ids) > _MOST_IDS or len(words) > LONGEST_NAME or not is_year:
            raise BadRequest(
                public=f"A search names 1 to {_MOST_IDS} ids, or a name of up to {LONGEST_NAME} characters."
            )
        if kind is not None and kind not in _KINDS:
            raise BadRequest(public=f"The kind must be one of {', '.join(_KINDS)}.")
        return cls(
            ids=tuple(ids),
            name=words.strip(),
            year=int(year) if year and int(year) in _YEARS else None,
            kind=_KINDS[kind] if kind else None,
        )


class ListedTitle(msgspec.Struct, frozen=True):
    """A title that was found; ``poster`` is the path of a small poster on the content server, ``None`` if it has none.

    ``name`` is empty where the sources could not be asked about an id. ``kind`` says what the id names.
    """

    id: str
    kind: TitleKind | None
    name: str
    year: int | None = None
    poster: str | None = None


class ListedTitles(msgspec.Struct, frozen=True):
    """What was found, best first; empty if there is no such title."""

    titles: list[ListedTitle]


def readable_id(ref: ExternalId) -> str:
    """Return an id as people write it, in a form that says whose it is: ``tt0017136``, ``movie-19``, ``kitsu:1``."""
    text = str(ref)
    is_clear = text.startswith(("tt", "season-tt", "episode-tt")) or (
        ref.id_type == "tmdb" and (ref.kind or ref.season is not None or ref.episode)
    )
    return text if is_clear else f"{ref.id_type}:{text}"
