"""The demo's sources with any number of films: copies of the demo's own, with their own ids and prepared artwork.

``python -m deploy.dev.bench.sources PORT FILMS``: copies of one film, which all share its pictures, served at once.
``… PORT FILMS varied``: copies of all films in turn, each with the artwork of its original.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.dev.demo.app import build_app
from deploy.dev.demo.catalogue import FILMS, Catalogue, Title
from deploy.dev.demo.picture_cache import PictureCache
from deploy.dev.demo.pictures import DemoPicture, Form
from deploy.dev.demo.state import CATALOGUE, PICTURES
from deploy.dev.local.serving import serve

VARIED: Final = "varied"
_FIRST: Final = 7_000_001
_ART_WIDTH: Final = 780
_LISTED: Final[dict[str | None, int]] = {
    "en": 34, None: 15, "es": 7, "pt": 6, "de": 6, "fr": 5, "ru": 5, "it": 4, "pl": 3, "hu": 3, "tr": 3, "zh": 3,
    "ja": 2, "ko": 1, "nl": 1, "cs": 1, "uk": 1,
}  # fmt: skip
"""Further images of each form, by their language: about as many as TMDB has of a well-known film."""
_IN_STOCK: Final[tuple[tuple[Form, bool, int], ...]] = (
    ("poster", False, _ART_WIDTH),
    ("poster", True, 1280),
    ("backdrop", False, 1280),
)
"""Drawn before anything is measured: drawing takes time that must not look like a slow source."""


POSTER: Final = DemoPicture(FILMS[0].slug, "poster", "en")
"""The poster that all copies of one film share."""

_SHARED: Final[dict[Form, tuple[DemoPicture, int]]] = {
    "backdrop": (DemoPicture(FILMS[0].slug, "backdrop", "xx"), 1280),
    "logo": (DemoPicture(FILMS[0].slug, "logo", "en"), 500),
}
"""Their other pictures, with their width."""


class OneFilm(PictureCache):
    """Has the pictures of one film, one of each form; only posters are as wide as they were asked for."""

    async def get(self, picture: DemoPicture, width: int, extension: str) -> bytes:
        """Return the film's picture of this form."""
        if picture.form == "logo":
            return await super().get(*_SHARED["logo"], extension)
        return await super().get(*_SHARED.get(picture.form, (POSTER, width)), "jpg")


@web.middleware
async def at_full_length(request: web.Request, handler: Handler) -> web.StreamResponse:
    """List as many images of a title as TMDB has of a well-known one, each a file of its own."""
    response = await handler(request)
    if request.path.startswith("/tmdb/3/movie/") and isinstance(response, web.Response) and response.body:
        body = msgspec.json.decode(cast("bytes", response.body))
        body["images"] = {name: list(_full_length(rows)) for name, rows in body.get("images", {}).items()}
        response.body = msgspec.json.encode(body)
    return response


def _full_length(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a list, and then others of their kind under further names."""
    yield from rows
    for language, count in _LISTED.items() if rows else ():
        for nth in range(count):
            path = rows[0]["file_path"].replace("/", f"/{language or 'any'}{nth}-", 1)
            yield rows[0] | {"file_path": path, "iso_639_1": language}


class Originals(PictureCache):
    """Draws a copy's artwork from that of its original."""

    async def get(self, picture: DemoPicture, width: int, extension: str) -> bytes:
        """Return the picture of the original."""
        slug, _, nth = picture.slug.rpartition("-")
        original = slug if nth.isdecimal() else picture.slug
        return await super().get(msgspec.structs.replace(picture, slug=original), width, extension)

    async def stock(self, _: web.Application) -> None:
        """Draw what will be requested."""
        for film in FILMS:
            for form, duotone, width in _IN_STOCK:
                await self.get(DemoPicture(film.slug, form, "xx", duotone), width, "jpg")


def title_number(film: int) -> int:
    """Return the number by which every source knows a copy, counted from 0."""
    return _FIRST + film


def copies(count: int, originals: Sequence[Title] = FILMS[:1]) -> Iterable[Title]:
    """Return copies of each of the originals in turn.

    Those of several originals can be told apart by their ratings, and have no lettering, which is drawn for the demo's
    own films only. Those of one are drawn alike, for equal times, and have a logo.
    """
    lettered = ("en",) if len(originals) == 1 else ()
    for nth in range(count):
        film, number = originals[nth % len(originals)], title_number(nth)
        ids = {"slug": f"{film.slug}-{nth}", "imdb": f"tt{number}", "tmdb": number, "tvdb": number}
        ratings = film.ratings
        if len(originals) > 1:
            score = 1 + nth // len(originals) / 10
            ratings = msgspec.structs.replace(ratings, imdb=(score, 1000), tmdb=(score, 1000))
        yield msgspec.structs.replace(film, **ids, on_fanart=True, lettered=lettered, local_names={}, ratings=ratings)


def main() -> None:
    """Serve as many films as the command line says, until told to stop."""
    port, count, varied = int(sys.argv[1]), int(sys.argv[2]), VARIED in sys.argv
    with ThreadPoolExecutor(1, thread_name_prefix="drawing") as executor:
        app = build_app(executor)
        app[CATALOGUE] = Catalogue(copies(count, FILMS if varied else FILMS[:1]))
        if varied:
            app[PICTURES] = pictures = Originals(executor)
            app.on_startup.append(pictures.stock)
        else:
            app[PICTURES] = OneFilm(executor)
            app.middlewares.append(at_full_length)
        serve(app, port, patience_s=1.0)


if __name__ == "__main__":
    main()
