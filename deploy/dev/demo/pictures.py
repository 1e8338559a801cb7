"""The picture servers: TMDB's in all its sizes, Fanart.tv's as they are."""

from typing import Final

from aiohttp import web

from deploy.dev.demo.facts import Title
from deploy.dev.demo.plate import Plate, width_of
from deploy.dev.demo.state import CATALOGUE, PRESS

_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}


async def picture(request: web.Request) -> web.Response:
    """One picture: TMDB's in any of its sizes, Fanart.tv's as it is."""
    stem, _, extension = request.match_info["file"].rpartition(".")
    plate = Plate.parse(stem)
    title = request.app[CATALOGUE].by_slug(plate.slug) if plate else None
    width = width_of(request.match_info.get("size", "w1280"), plate.form) if plate else None
    if plate is None or title is None or width is None or extension not in _MEDIA_TYPES or not _exists(plate, title):
        raise web.HTTPNotFound
    raw = await request.app[PRESS].print(plate, width, extension)
    headers = {"Cache-Control": "public, max-age=31536000"}
    return web.Response(body=raw, content_type=_MEDIA_TYPES[extension], headers=headers)


def _exists(plate: Plate, title: Title) -> bool:
    if plate.form == "still":
        season, _, number = plate.tag[1:].partition("e")
        return title.episode(int(season), int(number)) is not None
    return plate.tag in title.lettered or (plate.tag == "xx" and plate.form != "logo")


ROUTES: Final = (
    web.get("/tmdb-images/t/p/{size}/{file}", picture),
    web.get("/fanart/assets/{file}", picture),
)
