"""TMDB's paths: which answer of its wire format a request gets."""

from typing import Final

from aiohttp import web

from deploy.dev.demo import tmdb
from deploy.dev.demo.facts import Episode, Json, Kind, Title
from deploy.dev.demo.state import CATALOGUE, json_answer

_PAGE: Final = 20
_PAGE_DIGITS: Final = 3
_LISTED: Final = ("id", "title", "name", "overview", "poster_path", "popularity", "vote_average", "vote_count")


def _wanted(request: web.Request) -> frozenset[str] | None:
    """Return the languages of the pictures asked for: as listed, else the one of ``language``, else all (``None``)."""
    listed = request.query.get("include_image_language")
    if listed:
        return frozenset(tag.split("-")[0] for tag in listed.split(","))
    language = _language(request)
    return frozenset({language}) if language else None


def _language(request: web.Request) -> str | None:
    return request.query.get("language", "").split("-")[0] or None


def _tmdb_title(request: web.Request) -> Title | None:
    """Return the title in the path; films may be named by their IMDb id too."""
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


async def find(request: web.Request) -> web.Response:
    """``/find/{id}``."""
    source = request.query.get("external_source", "")
    return json_answer(tmdb.find(request.app[CATALOGUE], request.match_info["id"], source))


async def details(request: web.Request) -> web.Response:
    """``/movie/{id}`` and ``/tv/{id}`` with what was asked to be appended."""
    title = _tmdb_title(request)
    if title is None:
        return json_answer(tmdb.NOT_FOUND, 404)
    language = _language(request)
    body = tmdb.movie(title, language) if title.kind == "movie" else tmdb.tv(title, language)
    for name in _appended(request):
        if name == "images":
            body[name] = tmdb.images(title, _wanted(request))
        elif name in tmdb.APPENDABLE:
            body[name] = tmdb.APPENDABLE[name](title)
    return json_answer(body)


async def part_of_title(request: web.Request) -> web.Response:
    """``/movie/{id}/images`` and its siblings."""
    title, name = _tmdb_title(request), request.match_info["part"]
    if title is None or not (name == "images" or name in tmdb.APPENDABLE):
        return json_answer(tmdb.NOT_FOUND, 404)
    body = tmdb.images(title, _wanted(request)) if name == "images" else tmdb.APPENDABLE[name](title)
    return json_answer({"id": title.tmdb} | body)


async def season(request: web.Request) -> web.Response:
    """``/tv/{id}/season/{s}``."""
    title = request.app[CATALOGUE].by_id("tmdb", "show", request.match_info["id"])
    body = tmdb.season(title, int(request.match_info["season"])) if title else None
    return json_answer(body or tmdb.NOT_FOUND, 200 if body else 404)


async def episode(request: web.Request) -> web.Response:
    """``/tv/{id}/season/{s}/episode/{e}`` with what was asked to be appended."""
    found = _tmdb_episode(request)
    if found is None:
        return json_answer(tmdb.NOT_FOUND, 404)
    body, appended = tmdb.episode(*found), _appended(request)
    if "images" in appended:
        body["images"] = tmdb.stills(*found, _wanted(request))
    if "external_ids" in appended:
        body["external_ids"] = tmdb.episode_external_ids(found[1])
    return json_answer(body)


async def part_of_episode(request: web.Request) -> web.Response:
    """``…/episode/{e}/images`` and ``…/external_ids``."""
    found, name = _tmdb_episode(request), request.match_info["part"]
    if found is None:
        return json_answer(tmdb.NOT_FOUND, 404)
    body = tmdb.stills(*found, _wanted(request)) if name == "images" else tmdb.episode_external_ids(found[1])
    return json_answer({"id": found[1].tmdb} | body)


async def trending(request: web.Request) -> web.Response:
    """``/trending/{movie|tv|all}/{day|week}``: the whole catalogue, in pages of twenty."""
    kind = {"movie": "movie", "tv": "show"}.get(request.match_info["kind"])
    listed = [title for title in request.app[CATALOGUE].titles if kind in (None, title.kind)]
    asked = request.query.get("page", "1")
    page = int(asked) if asked.isdecimal() and len(asked) <= _PAGE_DIGITS else 1
    pages = -(-len(listed) // _PAGE)
    rows: list[Json] = []
    for title in listed[_PAGE * (page - 1) : _PAGE * page]:
        body, word = (tmdb.movie(title), "movie") if title.kind == "movie" else (tmdb.tv(title), "tv")
        rows.append({name: body[name] for name in _LISTED if name in body} | {"media_type": word})
    return json_answer({"page": page, "results": rows, "total_pages": pages, "total_results": len(listed)})


async def configuration(_: web.Request) -> web.Response:
    """Answer ``/configuration``, which clients use to try a key."""
    return json_answer(
        {"images": {"base_url": "", "secure_base_url": "", "poster_sizes": ["w500", "w780", "original"]}}
    )


_EPISODE = r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}/episode/{episode:\d{1,4}}"
ROUTES: Final = (
    web.get("/tmdb/3/configuration", configuration),
    web.get("/tmdb/3/find/{id}", find),
    web.get("/tmdb/3/trending/{kind:movie|tv|all}/{window:day|week}", trending),
    web.get("/tmdb/3/{kind:movie|tv}/{id}", details),
    web.get("/tmdb/3/{kind:movie|tv}/{id}/{part}", part_of_title),
    web.get(r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}", season),
    web.get(_EPISODE, episode),
    web.get(_EPISODE + "/{part:images|external_ids}", part_of_episode),
)
