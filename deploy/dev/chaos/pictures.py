"""The pictures that the run requests: made-up films with varying settings, ordered so that there is always work."""

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
    """The parameters of a request and the expected picture: style, query, extension, size and media type."""

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
"""Any two differ enough that their pictures cannot be equal; the last one uses Fanart.tv's artwork."""


class Picture(msgspec.Struct, frozen=True):
    """A film, counted from 0, and one of ``LOOKS``."""

    film: int
    look: int

    @property
    def path(self) -> str:
        """Return the part of its address after the key."""
        look = LOOKS[self.look]
        return f"imdb/{look.style}/tt{title_number(self.film)}.{look.extension}{look.query}"

    @property
    def object_tail(self) -> str:
        """Return the end of the storage key, which begins with the settings hash."""
        return f"movie-{title_number(self.film)}.{LOOKS[self.look].extension}"


def unknown_path(nth: int) -> str:
    """Return the part after the key of the address of a film that no source knows."""
    return f"imdb/poster-default/tt{_FIRST_UNKNOWN + nth}.jpg"


def original_of(film: int) -> Title:
    """Return the film of the demo that it copies."""
    return FILMS[film % len(FILMS)]


def new_pictures() -> Iterator[Picture]:
    """Yield pictures forever, none twice: alternately one of a new film, and other settings of earlier films."""
    for film in count():
        yield Picture(film, 0)
        for look in range(1, len(LOOKS)):
            if film >= _APART * look:
                yield Picture(film - _APART * look, look)
