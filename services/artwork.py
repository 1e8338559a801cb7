"""Candidate pictures of a title, as sources list them, and which of a long list are worth keeping."""

from collections.abc import Iterable
from typing import Final

import msgspec

from shared.domain.pictures import MAX_ART_PIXELS, MAX_ART_SIDE, Kind


class Art(msgspec.Struct, frozen=True):
    """One candidate picture; ``path`` is its source's own name for it, with no meaning elsewhere.

    ``lang`` is a lower-case language code, ``None`` for a picture without text. ``width`` and ``height`` are the pixels
    of the original, 0 if unknown. ``votes`` ranks pictures by popularity; 0 is unknown. ``rendition`` is the source's
    name for one of the picture's files, empty if none was chosen; it is not part of what the picture shows. ``season``
    is set for a picture of one season, ``None`` for one of the whole title.
    """

    path: str
    width: int
    height: int
    lang: str | None
    region: str | None = None
    votes: float = 0.0
    kind: Kind = Kind.POSTER
    rendition: str = ""
    season: int | None = None

    @property
    def file(self) -> str:
        """Return the name of the file, without the folders before it."""
        return self.path.rpartition("/")[2]

    @property
    def is_too_large(self) -> bool:
        """Return whether the original is known to have more pixels than are decoded."""
        return self.width * self.height > MAX_ART_PIXELS or max(self.width, self.height) > MAX_ART_SIDE

    def as_renditions(self, names: Iterable[str]) -> "tuple[Art, ...]":
        """Return this picture once for each of its files."""
        return tuple(msgspec.structs.replace(self, rendition=name) for name in names)


Gallery = dict[Kind, tuple[Art, ...]]
"""The pictures of one title by kind (a still has kind episode), in the source's order, best first: the candidates in
all languages. A kind without pictures may be missing."""


MAX_CANDIDATES: Final = 3
"""Pictures of one list worth trying before other lists."""

_MAX_PER_LANGUAGE: Final = 20  # of one kind
_MAX_PER_REGION: Final = 3  # beyond that, so that no country loses all of its pictures to a larger one


class ArtLimit:
    """Reduces a list of pictures, the most liked first, to the candidates: those that some settings may choose.

    Settings rank pictures by language and country alone. So of pictures that have both in common only the first
    ``MAX_CANDIDATES`` can be among the best of the list, whatever the settings.
    """

    def __init__(self) -> None:
        self._listed: set[str] = set()
        self._languages: dict[str | None, int] = {}
        self._countries: dict[tuple[str | None, str | None], int] = {}

    def __contains__(self, path: str) -> bool:
        """Return whether a picture was counted, candidate or not: no other place in the list is found for it."""
        return path in self._listed

    def has_room(self, lang: str | None, region: str | None) -> bool:
        """Return whether one more picture of this language would be counted."""
        return (
            self._languages.get(lang, 0) < _MAX_PER_LANGUAGE or self._countries.get((lang, region), 0) < _MAX_PER_REGION
        )

    def is_candidate(self, path: str, lang: str | None, region: str | None) -> bool:
        """Count the next picture, unless there are many of its language, and return whether it is a candidate."""
        if path in self._listed or not self.has_room(lang, region):
            return False
        of_language = self._languages.get(lang, 0)
        of_country = self._countries.get((lang, region), 0)
        self._listed.add(path)
        self._languages[lang] = of_language + 1
        self._countries[lang, region] = of_country + 1
        return of_country < MAX_CANDIDATES


def art_named(arts: Iterable[Art], file: str) -> Art | None:
    """Return the picture with this file name, or ``None``."""
    return next((art for art in arts if art.file == file), None)


def limit_art(listed: Iterable[Art]) -> tuple[Art, ...]:
    """Return the candidates of a list; see ``ArtLimit``."""
    limit = ArtLimit()
    return tuple(art for art in listed if limit.is_candidate(art.path, art.lang, art.region))
