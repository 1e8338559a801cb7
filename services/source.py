"""The seam between us and the outside services: what a source is asked, and in which words it answers.

A source answers facts. ``None`` is a fact too ("no such title") and may be remembered. What goes wrong on the way is an
accident: it is raised as a ``SourceError`` and nobody remembers it.
"""

from datetime import date
from typing import Protocol

import msgspec

from shared.domain.awards import Award
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Kind
from shared.domain.ratings import Ratings


class Art(msgspec.Struct, frozen=True):
    """One candidate picture; ``path`` is how its source names it, and means nothing to anybody else.

    ``lang`` is a lower-case language code, ``None`` for a picture without text. ``width`` and ``height`` are the
    original's pixels, 0 when the source does not tell. More ``votes`` is better liked; 0 is unknown.
    """

    path: str
    width: int
    height: int
    lang: str | None
    region: str | None = None
    votes: float = 0.0
    kind: Kind = Kind.POSTER


Gallery = dict[Kind, tuple[Art, ...]]
"""The pictures of one title by what they are (a still is of kind episode), in the source's own order, best first, all
languages together; a kind of which there is none may be absent."""


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """What a source knows of one film, series or episode.

    ``refs`` are all canonical names of the title, its ``media`` id among them where that is one; ``film_date`` is a
    film's release, a series' last air date, an episode's air date; ``status`` is in the source's words. An episode's
    gallery has its stills, and where there are none the backdrops and posters of its series.
    """

    media: MediaId
    refs: tuple[ExternalId, ...] = ()
    name: str = ""
    film_date: date | None = None
    released: date | None = None
    last_aired: date | None = None
    status: str = ""
    original_lang: str | None = None
    popularity: float = 0.0
    gallery: Gallery = {}
    ratings: Ratings = {}

    def ref(self, id_type: IdType) -> ExternalId | None:
        """Return the title's first name in that numbering, or ``None``."""
        return next((ref for ref in self.refs if ref.id_type is id_type), None)


class RatingsAnswer(msgspec.Struct, frozen=True):
    """Ratings of one title, the other names under which the source knows it, and the statuette that it has won."""

    ratings: Ratings
    refs: tuple[ExternalId, ...] = ()
    award: Award | None = None


class TitleSource(Protocol):
    """Knows which title an id means, and what the title is."""

    name: str

    async def find(self, ref: ExternalId) -> MediaId | None:
        """Return the film, series or episode that is meant; ``None``: no such title.

        Of an id with season and number the answer is the series. An id of kind ``EPISODE`` is an episode's own: the
        answer says which it is of its series. Any other id is a film's or a series', and of an episode or a season its
        series'. The answer for an id that already says all of it may come without a call; whether such a title exists
        is then known from ``title``. Raises ``SourceError``.
        """
        ...

    async def title(self, media: MediaId) -> Title | None:
        """Return the title; ``None``: no such title. Raises ``SourceError``."""
        ...


class ArtSource(Protocol):
    """Has pictures of titles."""

    name: str

    async def gallery(self, title: Title) -> Gallery:
        """Return what pictures there are, empty when the source knows no such title. Raises ``SourceError``."""
        ...

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the encoded picture, at least ``width`` pixels wide where the source has it so wide.

        Raises ``ArtNotFound`` (a fact: the picture is gone) and ``SourceError``.
        """
        ...

    def forget(self, art: Art, width: int) -> None:
        """Keep no copy of what ``fetch`` returned: it was no picture, and the next one to ask gets it anew."""
        ...


class RatingSource(Protocol):
    """Knows how titles are rated."""

    name: str
    knows_awards: bool

    async def ratings(self, title: Title) -> RatingsAnswer | None:
        """Return the ratings, an episode's own for an episode; ``None``: the source knows no such title.

        Raises ``SourceError``.
        """
        ...


class FilmNames(Protocol):
    """Knows films by their TVDB number."""

    name: str

    async def by_tvdb_film(self, number: int) -> MediaId | None:
        """Return the film, ``None`` when the source knows none. Raises ``SourceError``."""
        ...


class TitleLists(Protocol):
    """Knows lists of titles that are worth having drawn beforehand."""

    name: str

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return the first titles of a list, at most so many, in its order. Raises ``SourceError``.

        What ``name`` may be is the source's to say; raises ``BadRequest`` for what it does not know.
        """
        ...
