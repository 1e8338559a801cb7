"""Instant sources: the demo catalogue's wire formats for any number of made-up films, with art that is drawn already.

``python -m deploy.dev.bench.sources PORT FILMS``.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import uvloop

from deploy.dev.demo.app import build_app
from deploy.dev.demo.catalogue import FILMS, Catalogue, Title
from deploy.dev.demo.drawing import render
from deploy.dev.demo.picture_cache import PictureCache
from deploy.dev.demo.pictures import DemoPicture
from deploy.dev.demo.state import CATALOGUE, PICTURES
from deploy.dev.local.serving import serve, stop_signal

FIRST_TITLE = 3_000_000
_ART_WIDTH = 780


class Stocked(PictureCache):
    """Has one picture, and returns it for every request."""

    def __init__(self, art: bytes) -> None:
        super().__init__(ThreadPoolExecutor(1))  # whose thread never starts
        self._art = art

    async def get(self, picture: DemoPicture, width: int, extension: str) -> bytes:  # noqa: ARG002 - one for all
        """Return the one picture."""
        return self._art


def films(number: int) -> list[Title]:
    """Return made-up films, each like one of the demo's but for its ids; without lettering, which would be measured."""
    model = msgspec.structs.replace(FILMS[0], lettered=(), local_names={})
    return [
        msgspec.structs.replace(model, slug=f"film-{nth - FIRST_TITLE}", imdb=f"tt{nth}", tmdb=nth, tvdb=nth)
        for nth in range(FIRST_TITLE, FIRST_TITLE + number)
    ]


async def serve_films(port: int, number: int) -> None:
    """Serve until told to stop."""
    stopped = stop_signal()
    model = FILMS[0]
    app = build_app(ThreadPoolExecutor(1))
    app[CATALOGUE] = Catalogue(films(number))
    app[PICTURES] = Stocked(render(DemoPicture(model.slug, "poster", "en"), _ART_WIDTH, "jpg"))
    await serve(app, port, stopped=stopped)


if __name__ == "__main__":
    uvloop.run(serve_films(int(sys.argv[1]), int(sys.argv[2])))
