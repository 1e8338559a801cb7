"""The demo server: routes of five sources on one port, each under its own prefix."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.demo import fanart, mdblist, omdb, tmdb
from deploy.demo.catalogue import Catalogue
from deploy.demo.facts import Episode, Json, Kind, Title
from deploy.demo.plate import Plate, width_of
from deploy.demo.press import Press

CATALOGUE: Final = web.AppKey("catalogue", Catalogue)
PRESS: Final = web.AppKey("press", Press)
CALLS: Final = web.AppKey("calls", Counter[str])
SOURCES: Final = ("tmdb", "tmdb_images", "mdblist", "omdb", "fanart")

_LARGEST_BODY = 64_000
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml"}
_A_DAY_OF_MDBLIST = 100_000


def build_app(executor: Executor | None = None) -> web.Application:
    """Build the server. Pictures are drawn in ``executor``, or in two threads of its own."""
    app = web.Application(middlewares=[_count, _check_key], client_max_size=_LARGEST_BODY)
    app[CATALOGUE] = Catalogue()
    app[CALLS] = Counter()
    own = None if executor else ThreadPoolExecutor(2, thread_name_prefix="press")
    app[PRESS] = Press(executor or own or ThreadPoolExecutor(1))
    app.add_routes(ROUTES)

    async def close(_: web.Application) -> None:
        if own is not None:
            own.shutdown(wait=True, cancel_futures=True)

    app.on_cleanup.append(close)
    return app


def _json(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    raw = msgspec.json.encode(body)
    return web.Response(body=raw, status=status, headers=headers, content_type="application/json", charset="utf-8")


# ---- what holds for every route


def _source(request: web.Request) -> str:
    return request.path.split("/", 2)[1].replace("-", "_")


@web.middleware
async def _count(request: web.Request, handler: Handler) -> web.StreamResponse:
    source = _source(request)
    if source in SOURCES:
        request.app[CALLS][source] += 1
    return await handler(request)


def _refusal(request: web.Request) -> web.Response | None:
    """Answer for the source when the request carries no key at all; any key will do."""
    query, source = request.query, _source(request)
    if source == "tmdb" and not query.get("api_key") and not request.headers.get("Authorization", "").removeprefix("Bearer").strip():
        return _json(tmdb.NO_KEY, 401)
    if source == "mdblist" and not query.get("apikey"):
        return _json(mdblist.BAD_KEY, 401)
    if source == "omdb" and not query.get("apikey"):
        return _json(omdb.NO_KEY, 401)
    if request.path.startswith("/fanart/v3/") and not (query.get("api_key") or request.headers.get("api-key")):
        return _json(fanart.BAD_KEY, 401)
    return None


@web.middleware
async def _check_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    refusal = _refusal(request)
    return refusal if refusal is not None else await handler(request)


async def calls(request: web.Request) -> web.Response:
    """How often each source was asked."""
    return _json({source: request.app[CALLS][source] for source in SOURCES})


async def forget_calls(request: web.Request) -> web.Response:
    """Start counting anew."""
    request.app[CALLS].clear()
    return await calls(request)


# ---- TMDB


def _wanted(request: web.Request) -> frozenset[str] | None:
    """The languages of the pictures asked for: as listed, else the one of ``language``, else all (``None``)."""
    listed = request.query.get("include_image_language")
    if listed:
        return frozenset(tag.split("-")[0] for tag in listed.split(","))
    language = _language(request)
    return frozenset({language}) if language else None


def _language(request: web.Request) -> str | None:
    return request.query.get("language", "").split("-")[0] or None


def _tmdb_title(request: web.Request) -> Title | None:
    """The title in the path; films may be named by their IMDb id too."""
    kind: Kind = "movie" if request.match_info["kind"] == "movie" else "show"
    text, catalogue = request.match_info["id"], request.app[CATALOGUE]
    if kind == "movie" and text.startswith("tt"):
        return catalogue.by_imdb(text, kind)
    return catalogue.by_id("tmdb", kind, text)


def _tmdb_episode(request: web.Request) -> tuple[Title, Episode] | None:
    title = request.app[CATALOGUE].by_id("tmdb", "show", request.match_info["id"])
    season, number = request.match_info["season"], request.match_info["episode"]
    part = title.episode(int(season), int(number)) if title else None
    return (title, part) if title and part else None


def _appended(request: web.Request) -> list[str]:
    return request.query.get("append_to_response", "").split(",")[:20]


async def tmdb_find(request: web.Request) -> web.Response:
    """``/find/{id}``."""
    source = request.query.get("external_source", "")
    return _json(tmdb.find(request.app[CATALOGUE], request.match_info["id"], source))


async def tmdb_details(request: web.Request) -> web.Response:
    """``/movie/{id}`` and ``/tv/{id}`` with what was asked to be appended."""
    title = _tmdb_title(request)
    if title is None:
        return _json(tmdb.NOT_FOUND, 404)
    language = _language(request)
    body = tmdb.movie(title, language) if title.kind == "movie" else tmdb.tv(title, language)
    for name in _appended(request):
        if name == "images":
            body[name] = tmdb.images(title, _wanted(request))
        elif name in tmdb.APPENDABLE:
            body[name] = tmdb.APPENDABLE[name](title)
    return _json(body)


async def tmdb_part(request: web.Request) -> web.Response:
    """``/movie/{id}/images`` and its siblings."""
    title, name = _tmdb_title(request), request.match_info["part"]
    if title is None or not (name == "images" or name in tmdb.APPENDABLE):
        return _json(tmdb.NOT_FOUND, 404)
    body = tmdb.images(title, _wanted(request)) if name == "images" else tmdb.APPENDABLE[name](title)
    return _json({"id": title.tmdb} | body)


async def tmdb_season(request: web.Request) -> web.Response:
    """``/tv/{id}/season/{s}``."""
    title = request.app[CATALOGUE].by_id("tmdb", "show", request.match_info["id"])
    body = tmdb.season(title, int(request.match_info["season"])) if title else None
    return _json(body or tmdb.NOT_FOUND, 200 if body else 404)


async def tmdb_episode(request: web.Request) -> web.Response:
    """``/tv/{id}/season/{s}/episode/{e}`` with what was asked to be appended."""
    found = _tmdb_episode(request)
    if found is None:
        return _json(tmdb.NOT_FOUND, 404)
    body, appended = tmdb.episode(*found), _appended(request)
    if "images" in appended:
        body["images"] = tmdb.stills(*found, _wanted(request))
    if "external_ids" in appended:
        body["external_ids"] = tmdb.episode_external_ids(found[1])
    return _json(body)


async def tmdb_episode_part(request: web.Request) -> web.Response:
    """``…/episode/{e}/images`` and ``…/external_ids``."""
    found, name = _tmdb_episode(request), request.match_info["part"]
    if found is None:
        return _json(tmdb.NOT_FOUND, 404)
    body = tmdb.stills(*found, _wanted(request)) if name == "images" else tmdb.episode_external_ids(found[1])
    return _json({"id": found[1].tmdb} | body)


async def tmdb_configuration(_: web.Request) -> web.Response:
    """``/configuration``, which clients use to try a key."""
    return _json({"images": {"base_url": "", "secure_base_url": "", "poster_sizes": ["w500", "w780", "original"]}})


# ---- pictures


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


# ---- MDBList


def _quota(request: web.Request) -> dict[str, str]:
    left = max(_A_DAY_OF_MDBLIST - request.app[CALLS]["mdblist"], 0)
    limit = str(_A_DAY_OF_MDBLIST)
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": "4102444800"}


def _image_url(request: web.Request) -> str:
    return str(request.url.origin()) + "/tmdb-images/t/p"


async def mdblist_media(request: web.Request) -> web.Response:
    """``/{provider}/{type}/{id}``."""
    kind: Kind = "movie" if request.match_info["kind"] == "movie" else "show"
    title = request.app[CATALOGUE].by_id(request.match_info["provider"], kind, request.match_info["id"])
    if title is None:
        return _json(mdblist.NOT_FOUND, 404, _quota(request))
    return _json(mdblist.media(title, _image_url(request)), headers=_quota(request))


class _Batch(msgspec.Struct):
    ids: list[str | int]


async def mdblist_batch(request: web.Request) -> web.Response:
    """Many titles at once: unknown ids are left out, the order is not kept, one malformed id spoils all."""
    kind: Kind = "movie" if request.match_info["kind"] == "movie" else "show"
    provider = request.match_info["provider"]
    try:
        ids = [str(one) for one in msgspec.json.decode(await request.read(), type=_Batch).ids]
    except msgspec.MsgspecError:
        return _json(mdblist.BAD_IDS, 400)
    if len(ids) > mdblist.MOST_IDS:
        return _json(mdblist.TOO_MANY, 400)
    if not all(one.removeprefix("tt" if provider == "imdb" else "").isdecimal() for one in ids):
        return _json(mdblist.BAD_IDS, 400)
    found = [request.app[CATALOGUE].by_id(provider, kind, one) for one in reversed(ids)]
    body: list[Json] = [mdblist.media(title, _image_url(request)) for title in found if title is not None]
    return _json(body, headers=_quota(request))


# ---- OMDb and Fanart.tv


async def omdb_title(request: web.Request) -> web.Response:
    """``/?i=tt…``, with ``Season`` and ``Episode`` for a part of a serial."""
    query = {name.lower(): value for name, value in request.query.items()}
    body = omdb.answer(request.app[CATALOGUE], query.get("i", ""), query.get("season", ""), query.get("episode", ""))
    return _json(body)


async def fanart_art(request: web.Request) -> web.Response:
    """``/movies/{tmdb or imdb id}`` and ``/tv/{tvdb id}``."""
    text, catalogue = request.match_info["id"], request.app[CATALOGUE]
    if request.match_info["kind"] == "tv":
        title = catalogue.by_id("tvdb", "show", text)
    else:
        title = catalogue.by_id("imdb" if text.startswith("tt") else "tmdb", "movie", text)
    if title is None or not title.on_fanart:
        return _json(fanart.NOT_FOUND, 404)
    return _json(fanart.art(title, str(request.url.origin()) + "/fanart/assets"))


_EPISODE = r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}/episode/{episode:\d{1,4}}"
_MDBLIST = "/mdblist/{provider:imdb|tmdb|tvdb}/{kind:movie|show}"
ROUTES: Final = (
    web.get("/calls", calls),
    web.delete("/calls", forget_calls),
    web.get("/tmdb/3/configuration", tmdb_configuration),
    web.get("/tmdb/3/find/{id}", tmdb_find),
    web.get("/tmdb/3/{kind:movie|tv}/{id}", tmdb_details),
    web.get("/tmdb/3/{kind:movie|tv}/{id}/{part}", tmdb_part),
    web.get(r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}", tmdb_season),
    web.get(_EPISODE, tmdb_episode),
    web.get(_EPISODE + "/{part:images|external_ids}", tmdb_episode_part),
    web.get("/tmdb-images/t/p/{size}/{file}", picture),
    web.get(_MDBLIST + "/{id}", mdblist_media),
    web.get(_MDBLIST + "/{id}/", mdblist_media),
    web.post(_MDBLIST, mdblist_batch),
    web.post(_MDBLIST + "/", mdblist_batch),
    web.get("/omdb", omdb_title),
    web.get("/omdb/", omdb_title),
    web.get("/fanart/v3/{kind:movies|tv}/{id}", fanart_art),
    web.get("/fanart/assets/{file}", picture),
)
