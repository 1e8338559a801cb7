"""The demo server: all sources on one port, each under its own prefix."""

from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.dev.demo import anime, fanart, mdblist, omdb, tmdb, tmdb_sets, trakt
from deploy.dev.demo.catalogue import Catalogue, Collection, Season, Title
from deploy.dev.demo.picture_cache import PictureCache
from deploy.dev.demo.pictures import DemoPicture, width_of
from deploy.dev.demo.state import ANSWERS, CALLS, CATALOGUE, PICTURES, json_response

SOURCES: Final = ("tmdb", "tmdb_images", "mdblist", "omdb", "fanart", "trakt", "anime_map", "anilist", "kitsu")
_MEDIA_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}
_MAX_BODY: Final = 64_000


def build_app(executor: Executor | None = None, *, pictures: Path | None = None) -> web.Application:
    """Build the server. Pictures are drawn in ``executor``, which the caller closes, or else in a thread.

    They are kept in the folder ``pictures``, if one is given.
    """
    app = web.Application(middlewares=[_count, _check_key], client_max_size=_MAX_BODY)
    drawing = executor or ThreadPoolExecutor(1, thread_name_prefix="drawing")
    app[CATALOGUE] = Catalogue()
    app[CALLS] = Counter()
    app[PICTURES] = PictureCache(drawing, folder=pictures)
    app.add_routes(ROUTES)

    async def close(_: web.Application) -> None:
        if drawing is not executor:
            drawing.shutdown(wait=True, cancel_futures=True)

    app.on_cleanup.append(close)
    return app


def _source(request: web.Request) -> str:
    """Return the source that a path belongs to: its first part."""
    return request.path.split("/", 2)[1].replace("-", "_")


@web.middleware
async def _count(request: web.Request, handler: Handler) -> web.StreamResponse:
    source = _source(request)
    if source in SOURCES:
        request.app[CALLS][source] += 1
    return await handler(request)


@web.middleware
async def _check_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Reject, in the source's words, a request without a key; any key will do."""
    query, headers, source = request.query, request.headers, _source(request)
    bearer = headers.get("Authorization", "").removeprefix("Bearer").strip()
    keys = {
        "tmdb": query.get("api_key") or bearer,
        "mdblist": query.get("apikey"),
        "omdb": query.get("apikey"),
        "trakt": headers.get("trakt-api-key"),
        "fanart": query.get("api_key") or headers.get("api-key") or request.path.startswith("/fanart/assets/"),
    }
    if source in keys and not keys[source]:
        return json_response(ANSWERS[source]["no_key"], 401)
    return await handler(request)


async def calls(request: web.Request) -> web.Response:
    """Answer with the number of requests to each source."""
    return json_response({source: request.app[CALLS][source] for source in SOURCES})


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


def _exists(picture: DemoPicture, title: Title | Season | Collection) -> bool:
    if isinstance(title, Season) and picture.form != "poster":
        return False
    if picture.form == "still":
        season, _, number = picture.tag[1:].partition("e")
        return isinstance(title, Title) and title.episode(int(season), int(number)) is not None
    if isinstance(title, Collection) and picture.form == "logo":
        return False
    return picture.tag in title.lettered or (picture.tag == "xx" and picture.form != "logo")


ROUTES: Final = (
    web.get("/calls", calls),
    *tmdb.ROUTES,
    *tmdb_sets.ROUTES,
    web.get("/tmdb-images/t/p/{size}/{file}", image),
    web.get("/fanart/assets/{file}", image),
    *mdblist.ROUTES,
    *omdb.ROUTES,
    *fanart.ROUTES,
    *trakt.ROUTES,
    *anime.ROUTES,
)
