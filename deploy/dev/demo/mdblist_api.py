"""MDBList's paths: one title, or a batch of them."""

from typing import Final

import msgspec
from aiohttp import web

from deploy.dev.demo import mdblist
from deploy.dev.demo.facts import Json, Kind, Title
from deploy.dev.demo.state import CALLS, CATALOGUE, json_answer

_A_DAY = 100_000
_LIST = ("demo", "silent-films")
_PAGE = 100
_DIGITS = 6


def _quota(request: web.Request) -> dict[str, str]:
    left = max(_A_DAY - request.app[CALLS]["mdblist"], 0)
    limit = str(_A_DAY)
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": "4102444800"}


def _image_url(request: web.Request) -> str:
    return str(request.url.origin()) + "/tmdb-images/t/p"


async def media(request: web.Request) -> web.Response:
    """``/{provider}/{type}/{id}``."""
    kind: Kind = "movie" if request.match_info["kind"] == "movie" else "show"
    title = request.app[CATALOGUE].by_id(request.match_info["provider"], kind, request.match_info["id"])
    if title is None:
        return json_answer(mdblist.NOT_FOUND, 404, _quota(request))
    return json_answer(mdblist.media(title, _image_url(request)), headers=_quota(request))


class _Batch(msgspec.Struct):
    ids: list[str | int]


async def batch(request: web.Request) -> web.Response:
    """Many titles at once: unknown ids are left out, the order is not kept, one malformed id spoils all."""
    kind: Kind = "movie" if request.match_info["kind"] == "movie" else "show"
    provider = request.match_info["provider"]
    try:
        ids = [str(one) for one in msgspec.json.decode(await request.read(), type=_Batch).ids]
    except msgspec.MsgspecError:
        return json_answer(mdblist.BAD_IDS, 400)
    if len(ids) > mdblist.MOST_IDS:
        return json_answer(mdblist.RATE_LIMITED, 400)
    if not all(one.removeprefix("tt" if provider == "imdb" else "").isdecimal() for one in ids):
        return json_answer(mdblist.BAD_IDS, 400)
    found = [request.app[CATALOGUE].by_id(provider, kind, one) for one in reversed(ids)]
    body: list[Json] = [mdblist.media(title, _image_url(request)) for title in found if title is not None]
    return json_answer(body, headers=_quota(request))


def _list_row(title: Title) -> Json:
    return {
        "id": title.tmdb,
        "title": title.name,
        "mediatype": title.kind,
        "release_year": title.released.year,
        "imdb_id": title.imdb,
        "ids": {"imdb": title.imdb, "tmdb": title.tmdb, "tvdb": title.tvdb},
    }


async def list_items(request: web.Request) -> web.Response:
    """``/lists/{user}/{name}/items``: one public list, of the whole catalogue."""
    if (request.match_info["user"], request.match_info["name"]) != _LIST:
        return json_answer(mdblist.NOT_FOUND, 404, _quota(request))
    asked = [request.query.get(name, "") for name in ("offset", "limit")]
    offset, limit = (int(text) if text.isdecimal() and len(text) <= _DIGITS else 0 for text in asked)
    rows = [_list_row(title) for title in request.app[CATALOGUE].titles]
    end = offset + (limit or _PAGE)
    more = {"X-Total-Items": str(len(rows)), "X-Has-More": str(end < len(rows)).lower()}
    return json_answer(rows[offset:end], headers=_quota(request) | more)


_PATH = "/mdblist/{provider:imdb|tmdb|tvdb}/{kind:movie|show}"
ROUTES: Final = (
    web.get("/mdblist/lists/{user}/{name}/items", list_items),
    web.get(_PATH + "/{id}", media),
    web.get(_PATH + "/{id}/", media),
    web.post(_PATH, batch),
    web.post(_PATH + "/", batch),
)
