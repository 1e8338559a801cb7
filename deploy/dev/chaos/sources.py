"""The demo sources with as many films as the run needs: copies of the demo's own, each with ids and art of its own.

``python -m deploy.dev.chaos.sources PORT FILMS``.
"""

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
import uvloop

from deploy.dev.chaos.pictures import original_of, title_number
from deploy.dev.demo.app import build_app
from deploy.dev.demo.catalogue import FILMS, Catalogue, Title
from deploy.dev.demo.picture_cache import PictureCache
from deploy.dev.demo.pictures import DemoPicture, Form
from deploy.dev.demo.state import CATALOGUE, PICTURES
from deploy.dev.local.serving import serve, stop_signal

_IN_STOCK: Final[tuple[tuple[Form, bool, int], ...]] = (
    ("poster", False, 780),
    ("poster", True, 1280),
    ("backdrop", False, 1280),
)
"""What the run's looks are drawn on. Printing takes time that must not look like a slow source."""


class Originals(PictureCache):
    """Draws a copy's art from the art of its original."""

    async def get(self, picture: DemoPicture, width: int, extension: str) -> bytes:
        """Return the picture of the original."""
        slug, _, nth = picture.slug.rpartition("-")
        original = slug if nth.isdecimal() else picture.slug
        return await super().get(msgspec.structs.replace(picture, slug=original), width, extension)

    async def stock(self) -> None:
        """Draw what will be requested."""
        for film in FILMS:
            for form, duotone, width in _IN_STOCK:
                await self.get(DemoPicture(film.slug, form, "xx", duotone), width, "jpg")


def films(count: int) -> Iterable[Title]:
    """Return copies: one after the other of each of the demo's films.

    They have no lettering, which is drawn for the originals alone, and ratings by which two copies can be told apart.
    """
    for nth in range(count):
        film, number = original_of(nth), title_number(nth)
        ids = {"slug": f"{film.slug}-{nth}", "imdb": f"tt{number}", "tmdb": number, "tvdb": number}
        score = 1 + nth // len(FILMS) / 10
        ratings = msgspec.structs.replace(film.ratings, imdb=(score, 1000), tmdb=(score, 1000))
        yield msgspec.structs.replace(film, **ids, on_fanart=True, lettered=(), local_names={}, ratings=ratings)


async def serve_films(port: int, count: int) -> None:
    """Serve until told to stop."""
    stopped = stop_signal()
    with ThreadPoolExecutor(1, thread_name_prefix="drawing") as executor:
        app = build_app(executor)
        app[CATALOGUE] = Catalogue(films(count))
        originals = Originals(executor)
        app[PICTURES] = originals
        await originals.stock()
        await serve(app, port, stopped=stopped, patience_s=1.0)


if __name__ == "__main__":
    uvloop.run(serve_films(int(sys.argv[1]), int(sys.argv[2])))
