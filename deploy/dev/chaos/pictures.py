"""Which pictures the run asks for: looks of made-up films, in an order in which there is always something to draw."""

from collections.abc import Iterator
from itertools import count
from typing import Final

import msgspec

from deploy.dev.bench.sources import title_number
from deploy.dev.demo.catalogue import FILMS, Title
from deploy.dev.demo.pictures import Form

_FIRST_UNKNOWN: Final = 8_000_001
_APART: Final = 8


class Look(msgspec.Struct, frozen=True):
    """What is asked of a picture, and what it must then be: its style, query, extension, size and media type."""

    style: str
    query: str
    extension: str
    size: tuple[int, int]
    media_type: str
    form: Form


LOOKS: Final = (
    Look("poster-default", "", "jpg", (580, 859), "image/jpeg", "poster"),
    Look("poster-default", "?badge_style=h&position=tc&ratings_limit=5", "webp", (580, 859), "image/webp", "poster"),
    Look("backdrop-default", "?imageSize=small", "jpg", (1280, 720), "image/jpeg", "backdrop"),
    Look("poster-default", "?image_source=f&badge_shape=p&badge_size=l", "jpg", (580, 859), "image/jpeg", "poster"),
)
"""No two differ in so little that their pictures could be the same; the last one wants Fanart.tv's art."""


class Picture(msgspec.Struct, frozen=True):
    """A film, counted from 0, and one of ``LOOKS``."""

    film: int
    look: int

    @property
    def path(self) -> str:
        """Return what stands behind the key in its address."""
        look = LOOKS[self.look]
        return f"imdb/{look.style}/tt{title_number(self.film)}.{look.extension}{look.query}"

    @property
    def object_tail(self) -> str:
        """Return the end of the key under which it is stored; before it stands the settings hash."""
        return f"movie-{title_number(self.film)}.{LOOKS[self.look].extension}"


def unknown_path(nth: int) -> str:
    """Return the address, behind the key, of a film that no source knows."""
    return f"imdb/poster-default/tt{_FIRST_UNKNOWN + nth}.jpg"


def original_of(film: int) -> Title:
    """Return the film of the demo that it is a copy of."""
    return FILMS[film % len(FILMS)]


def new_pictures() -> Iterator[Picture]:
    """Yield pictures for ever, none twice: in turn one of a new film, and the other looks of films of a while ago."""
    for film in count():
        yield Picture(film, 0)
        for look in range(1, len(LOOKS)):
            if film >= _APART * look:
                yield Picture(film - _APART * look, look)
