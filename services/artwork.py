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


class ArtLimit:
    """Reduces a list of pictures, the most liked first, to the candidates: those that some settings may choose.

    Settings rank pictures by language and country alone. So of pictures that have both in common only the first
    ``MAX_CANDIDATES`` can be among the best of the list, whatever the settings.
    """

    def __init__(self) -> None:
        self._chosen: set[str] = set()
        self._of_country: dict[tuple[str | None, str | None], int] = {}

    def __contains__(self, path: str) -> bool:
        """Return whether a picture is a candidate."""
        return path in self._chosen

    def has_room(self, lang: str | None, region: str | None) -> bool:
        """Return whether one more picture of this language and country would be a candidate."""
        return self._of_country.get((lang, region), 0) < MAX_CANDIDATES

    def is_candidate(self, path: str, lang: str | None, region: str | None) -> bool:
        """Return whether the next picture of the list is a candidate, and count it if it is."""
        of_country = self._of_country.get((lang, region), 0)
        if of_country >= MAX_CANDIDATES or path in self._chosen:
            return False
        self._chosen.add(path)
        self._of_country[lang, region] = of_country + 1
        return True


def art_named(arts: Iterable[Art], file: str) -> Art | None:
    """Return the picture with this file name, or ``None``."""
    return next((art for art in arts if art.file == file), None)


def limit_art(listed: Iterable[Art]) -> tuple[Art, ...]:
    """Return the candidates of a list; see ``ArtLimit``."""
    limit = ArtLimit()
    return tuple(art for art in listed if limit.is_candidate(art.path, art.lang, art.region))
