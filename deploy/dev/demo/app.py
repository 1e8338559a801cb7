"""The demo server: five sources on one port, each under its own prefix."""

from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.dev.demo import fanart, mdblist, mdblist_api, omdb, pictures, tmdb, tmdb_api
from deploy.dev.demo.catalogue import Catalogue
from deploy.dev.demo.press import Press
from deploy.dev.demo.state import CALLS, CATALOGUE, PRESS, json_answer

SOURCES: Final = ("tmdb", "tmdb_images", "mdblist", "omdb", "fanart")
_LARGEST_BODY = 64_000


def build_app(executor: Executor | None = None) -> web.Application:
    """Build the server. Pictures are drawn in ``executor``, which stays the caller's, or in a thread of its own."""
    app = web.Application(middlewares=[_count, _check_key], client_max_size=_LARGEST_BODY)
    drawing = executor or ThreadPoolExecutor(1, thread_name_prefix="press")
    app[CATALOGUE] = Catalogue()
    app[CALLS] = Counter()
    app[PRESS] = Press(drawing)
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
    refusal = _refusal(request)
    return refusal if refusal is not None else await handler(request)


def _refusal(request: web.Request) -> web.Response | None:
    """Answer in the source's words when a request carries no key at all; any key will do."""
    query, headers, source = request.query, request.headers, _source(request)
    bearer = headers.get("Authorization", "").removeprefix("Bearer").strip()
    if source == "tmdb" and not (query.get("api_key") or bearer):
        return json_answer(tmdb.NO_KEY, 401)
    if source == "mdblist" and not query.get("apikey"):
        return json_answer(mdblist.BAD_KEY, 401)
    if source == "omdb" and not query.get("apikey"):
        return json_answer(omdb.NO_KEY, 401)
    if request.path.startswith("/fanart/v3/") and not (query.get("api_key") or headers.get("api-key")):
        return json_answer(fanart.BAD_KEY, 401)
    return None


async def calls(request: web.Request) -> web.Response:
    """Say how often each source was asked."""
    return json_answer({source: request.app[CALLS][source] for source in SOURCES})


async def forget_calls(request: web.Request) -> web.Response:
    """Start counting anew."""
    request.app[CALLS].clear()
    return await calls(request)


async def omdb_title(request: web.Request) -> web.Response:
    """``/?i=tt…``, with ``Season`` and ``Episode`` for a part of a serial."""
    query = {name.lower(): value for name, value in request.query.items()}
    body = omdb.answer(request.app[CATALOGUE], query.get("i", ""), query.get("season", ""), query.get("episode", ""))
    return json_answer(body)


async def fanart_art(request: web.Request) -> web.Response:
    """``/movies/{tmdb or imdb id}`` and ``/tv/{tvdb id}``."""
    text, catalogue = request.match_info["id"], request.app[CATALOGUE]
    if request.match_info["kind"] == "tv":
        title = catalogue.by_id("tvdb", "show", text)
    else:
        title = catalogue.by_id("imdb" if text.startswith("tt") else "tmdb", "movie", text)
    if title is None or not title.on_fanart:
        return json_answer(fanart.NOT_FOUND, 404)
    return json_answer(fanart.art(title, str(request.url.origin()) + "/fanart/assets"))


ROUTES: Final = (
    web.get("/calls", calls),
    web.delete("/calls", forget_calls),
    *tmdb_api.ROUTES,
    *pictures.ROUTES,
    *mdblist_api.ROUTES,
    web.get("/omdb", omdb_title),
    web.get("/omdb/", omdb_title),
    web.get("/fanart/v3/{kind:movies|tv}/{id}", fanart_art),
)
