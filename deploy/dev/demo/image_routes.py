"""The image servers: TMDB's with all its sizes, Fanart.tv's with one."""

from typing import Final

from aiohttp import web

from deploy.dev.demo.catalogue import Title
from deploy.dev.demo.pictures import DemoPicture, width_of
from deploy.dev.demo.state import CATALOGUE, PICTURES

_MEDIA_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}


async def image(request: web.Request) -> web.Response:
    """Answer with one picture in the size of its path."""
    stem, _, extension = request.match_info["file"].rpartition(".")
    picture = DemoPicture.parse(stem)
    title = request.app[CATALOGUE].by_slug(picture.slug) if picture else None
    width = width_of(request.match_info.get("size", "w1280"), picture.form) if picture else None
    if not (picture and title and width and extension in _MEDIA_TYPES and _exists(picture, title)):
        raise web.HTTPNotFound
    raw = await request.app[PICTURES].get(picture, width, extension)
    headers = {"Cache-Control": "public, max-age=31536000"}
    return web.Response(body=raw, content_type=_MEDIA_TYPES[extension], headers=headers)


def _exists(picture: DemoPicture, title: Title) -> bool:
    if picture.form == "still":
        season, _, number = picture.tag[1:].partition("e")
        return title.episode(int(season), int(number)) is not None
    return picture.tag in title.lettered or (picture.tag == "xx" and picture.form != "logo")


ROUTES: Final = (
    web.get("/tmdb-images/t/p/{size}/{file}", image),
    web.get("/fanart/assets/{file}", image),
)
