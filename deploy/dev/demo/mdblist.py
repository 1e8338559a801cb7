"""MDBList: its routes and what it answers about the demo's titles, one by one, in batches and as a list."""

from typing import Final

import msgspec
from aiohttp import web

from deploy.dev.demo.catalogue import MediaType, Title
from deploy.dev.demo.state import ANSWERS, CALLS, CATALOGUE, Json, filled, json_response, number_in
from shared.domain.decimals import rescaled, rounded

_ANSWERS: Final = ANSWERS["mdblist"]
_MAX_IDS: Final = 200
_DAILY_LIMIT: Final = 100_000
_LIST: Final = ("demo", "silent-films")
_LIST_NUMBER: Final = "2718"
_PAGE: Final = 100
# At or above this share of good reviews, and with this many of them, Rotten Tomatoes calls a film certified fresh.
_FRESH, _CERTIFIED, _ENOUGH_REVIEWS, _HOT = 60, 75, 40, 75


class _Batch(msgspec.Struct):
    ids: list[str | int]


async def one(request: web.Request) -> web.Response:
    """Answer ``/{provider}/{type}/{id}``."""
    title = request.app[CATALOGUE].by_id(request.match_info["provider"], _kind(request), request.match_info["id"])
    body = media(title, _image_url(request)) if title else _ANSWERS["not_found"]
    return json_response(body, 200 if title else 404, _quota(request))


async def batch(request: web.Request) -> web.Response:
    """Answer about many titles; unknown ids are left out, the order is not kept, one malformed id fails the batch."""
    provider = request.match_info["provider"]
    try:
        ids = [str(one) for one in msgspec.json.decode(await request.read(), type=_Batch).ids]
    except msgspec.MsgspecError:
        return json_response(_ANSWERS["bad_ids"], 400)
    if len(ids) > _MAX_IDS:
        return json_response(_ANSWERS["too_many_ids"], 400)
    if not all(one.removeprefix("tt" if provider == "imdb" else "").isdecimal() for one in ids):
        return json_response(_ANSWERS["bad_ids"], 400)
    found = [request.app[CATALOGUE].by_id(provider, _kind(request), one) for one in reversed(ids)]
    return json_response([media(title, _image_url(request)) for title in found if title], headers=_quota(request))


async def list_items(request: web.Request) -> web.Response:
    """Answer ``/lists/{user}/{name}/items`` and ``/lists/{number}/items``: one list, with the whole catalogue."""
    named = request.match_info
    if named.get("number") != _LIST_NUMBER and (named.get("user"), named.get("name")) != _LIST:
        return json_response(_ANSWERS["not_found"], 404, _quota(request))
    offset, limit = number_in(request, "offset", 0), number_in(request, "limit", 0)
    rows = [filled(_ANSWERS["list_row"], title=title) for title in request.app[CATALOGUE].titles]
    end = offset + (limit or _PAGE)
    more = {"X-Total-Items": str(len(rows)), "X-Has-More": str(end < len(rows)).lower()}
    return json_response(rows[offset:end], headers=_quota(request) | more)


def media(title: Title, image_url: str) -> Json:
    """Return the answer about one title; ``image_url`` is where TMDB's images are served."""
    ids = {"imdb": title.imdb, "trakt": title.tmdb + 7, "tmdb": title.tmdb, "tvdb": title.tvdb}
    return filled(_ANSWERS["media"], title=title, image_url=image_url) | {
        "ids": {**ids, "mal": None, "mdblist": title.slug[:6]},
        "ratings": _ratings(title),
        "country": title.countries[0].lower(),
        "status": "released" if title.kind == "movie" else "ended",
        "keywords": [{"id": number, "name": name} for number, name in enumerate(_keywords(title), 1)],
    }


def _ratings(title: Title) -> list[Json]:
    """Return a row per site: the value on the site's own scale and the score out of 100."""
    known = title.ratings
    tomatoes = _row("tomatoes", known.rt, url=f"/m/{title.slug}")
    if known.rt and known.rt[0] >= _FRESH:
        tomatoes["fresh"] = 1
    ebert = {"value": known.ebert, "url": f"great-movie-{title.slug}"} if known.ebert else {}
    return [
        _row("imdb", known.imdb, 10),
        _row("metacritic", known.mc, url=f"/{title.slug}"),
        _row("metacriticuser", known.mcu, 10),
        _row("trakt", known.trakt),
        tomatoes,
        _row("popcorn", known.rta),
        _row("tmdb", known.tmdb and (_score(known.tmdb[0], 10), known.tmdb[1])),
        _row("letterboxd", known.lb, 20, url=f"/film/{title.slug}/"),
        _row("rogerebert", None) | ebert,  # MDBList gives Ebert's stars without a score
        _row("myanimelist", known.mal, 10),
    ]


def _row(source: str, rating: tuple[float, int] | None, factor: int = 1, url: str | None = None) -> Json:
    """Return one row, whose score is the value times ``factor``; without a rating all of it is null."""
    row = {"source": source} | _ANSWERS["rating"]
    if rating is None:
        return row
    return row | {"value": rating[0], "score": _score(rating[0], factor), "votes": rating[1], "url": url}


def _score(value: float, factor: int) -> int:
    return int(rounded(rescaled(value, of=1, to=factor)))


def _keywords(title: Title) -> list[str]:
    known, names = title.ratings, ["anime" if title.anime else "silent-film"]
    if known.rt and known.rt[0] >= _CERTIFIED and known.rt[1] >= _ENOUGH_REVIEWS:
        names.append("certified-fresh")
    if known.rta and known.rta[0] >= _HOT:
        names.append("certified-hot")
    return names


def _kind(request: web.Request) -> MediaType:
    return "movie" if request.match_info["kind"] == "movie" else "show"


def _image_url(request: web.Request) -> str:
    return f"{request.url.origin()}/tmdb-images/t/p"


def _quota(request: web.Request) -> dict[str, str]:
    left = max(_DAILY_LIMIT - request.app[CALLS]["mdblist"], 0)
    limit = str(_DAILY_LIMIT)
    return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": "4102444800"}


_PATH: Final = "/mdblist/{provider:imdb|tmdb|tvdb}/{kind:movie|show}"
ROUTES: Final = (
    web.get("/mdblist/lists/{user}/{name}/items", list_items),
    web.get("/mdblist/lists/{number}/items", list_items),
    web.get(_PATH + "/{id}", one),
    web.get(_PATH + "/{id}/", one),
    web.post(_PATH, batch),
    web.post(_PATH + "/", batch),
)
