"""TMDB's paths: which of its answers a request gets."""

from typing import Final

from aiohttp import web

from deploy.dev.demo import tmdb
from deploy.dev.demo.catalogue import Title
from deploy.dev.demo.state import CATALOGUE, Json, json_response

NO_KEY: Final[Json] = {
    "status_code": 7,
    "status_message": "Invalid API key: You must be granted a valid key.",
    "success": False,
}
_NOT_FOUND: Final[Json] = {
    "success": False,
    "status_code": 34,
    "status_message": "The resource you requested could not be found.",
}
_PAGE: Final = 20
_PAGE_DIGITS: Final = 3
_LISTED: Final = ("id", "title", "name", "overview", "poster_path", "popularity", "vote_average", "vote_count")


def _found(body: Json | None) -> web.Response:
    return json_response(body or _NOT_FOUND, 200 if body else 404)


def _language(request: web.Request) -> str | None:
    return request.query.get("language", "").split("-")[0] or None


def _wanted(request: web.Request) -> frozenset[str] | None:
    """Return the languages of the requested images: as listed, else the one of ``language``, else all (``None``)."""
    included = request.query.get("include_image_language")
    if included:
        return frozenset(tag.split("-")[0] for tag in included.split(","))
    language = _language(request)
    return frozenset({language}) if language else None


def _title(request: web.Request) -> Title | None:
    """Return the title in the path; a film can be named by its IMDb id too."""
    is_film, text = request.match_info.get("kind") == "movie", request.match_info["id"]
    provider = "imdb" if is_film and text.startswith("tt") else "tmdb"
    return request.app[CATALOGUE].by_id(provider, "movie" if is_film else "show", text)


def _subject(request: web.Request) -> tuple[Json, dict[str, Json]] | None:
    """Return the title or episode in the path and what can be appended to it."""
    title, wanted = _title(request), _wanted(request)
    if title is None:
        return None
    if "episode" not in request.match_info:
        return tmdb.details(title, _language(request)), tmdb.title_parts(title, wanted)
    part = title.episode(int(request.match_info["season"]), int(request.match_info["episode"]))
    return (tmdb.episode(title, part), tmdb.episode_parts(title, part, wanted)) if part else None


async def find(request: web.Request) -> web.Response:
    """Answer ``/find/{id}``."""
    source = request.query.get("external_source", "")
    return json_response(tmdb.find(request.app[CATALOGUE], request.match_info["id"], source))


async def details(request: web.Request) -> web.Response:
    """Answer ``/movie/{id}``, ``/tv/{id}`` and ``/tv/{id}/season/{s}/episode/{e}`` with the parts to append."""
    body, parts = _subject(request) or (None, {})
    appended = request.query.get("append_to_response", "").split(",")[:20]
    return _found(body and body | {name: parts[name] for name in appended if name in parts})


async def part(request: web.Request) -> web.Response:
    """Answer with one part alone: ``/movie/{id}/images`` and its siblings."""
    body, parts = _subject(request) or (None, {})
    found = parts.get(request.match_info["part"])
    return _found({"id": body["id"]} | found if body and found else None)


async def season(request: web.Request) -> web.Response:
    """Answer ``/tv/{id}/season/{s}``."""
    title = _title(request)
    return _found(tmdb.season(title, int(request.match_info["season"])) if title else None)


async def trending(request: web.Request) -> web.Response:
    """Answer ``/trending/{movie|tv|all}/{day|week}``: the whole catalogue, in pages of twenty."""
    kind = {"movie": "movie", "tv": "show"}.get(request.match_info["kind"])
    titles = [title for title in request.app[CATALOGUE].titles if kind in (None, title.kind)]
    text = request.query.get("page", "1")
    page = int(text) if text.isdecimal() and len(text) <= _PAGE_DIGITS else 1
    rows: list[Json] = []
    for title in titles[_PAGE * (page - 1) : _PAGE * page]:
        body = tmdb.listed(title) | {"media_type": "movie" if title.kind == "movie" else "tv"}
        rows.append({name: body[name] for name in (*_LISTED, "media_type") if name in body})
    pages = -(-len(titles) // _PAGE)
    return json_response({"page": page, "results": rows, "total_pages": pages, "total_results": len(titles)})


async def configuration(_: web.Request) -> web.Response:
    """Answer ``/configuration``, which clients use to try a key."""
    return json_response(
        {"images": {"base_url": "", "secure_base_url": "", "poster_sizes": ["w500", "w780", "original"]}}
    )


_EPISODE: Final = r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}/episode/{episode:\d{1,4}}"
ROUTES: Final = (
    web.get("/tmdb/3/configuration", configuration),
    web.get("/tmdb/3/find/{id}", find),
    web.get("/tmdb/3/trending/{kind:movie|tv|all}/{window:day|week}", trending),
    web.get("/tmdb/3/{kind:movie|tv}/{id}", details),
    web.get("/tmdb/3/{kind:movie|tv}/{id}/{part}", part),
    web.get(r"/tmdb/3/tv/{id}/season/{season:\d{1,3}}", season),
    web.get(_EPISODE, details),
    web.get(_EPISODE + "/{part:images|external_ids}", part),
)
