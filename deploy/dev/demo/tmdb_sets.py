"""TMDB v3: what it answers about the demo's seasons and collections, and to a search by name."""

import unicodedata
from typing import Final

from aiohttp import web

from deploy.dev.demo import pictures
from deploy.dev.demo.state import CATALOGUE, Json, json_response
from deploy.dev.demo.tmdb import (
    asked_title,
    collection_row,
    episode,
    found_or_not,
    image_rows,
    listed,
    search_row,
    season_row,
    wanted_languages,
)

_PAGE: Final = 20


async def answer_season(request: web.Request) -> web.Response:
    """Answer ``/tv/{id}/season/{n}``, with the season's posters if ``images`` is appended."""
    title, number = asked_title(request), int(request.match_info["season"])
    parts = title.seasons().get(number) if title else None
    if title is None or not parts:
        return found_or_not(None)
    row = season_row(title, parts)
    body: Json = row | {"_id": f"{row['id']:024x}", "episodes": [episode(title, part) for part in parts]}
    del body["episode_count"]
    if "images" in request.query.get("append_to_response", "").split(","):
        own = title.printed_season(number)
        posters = pictures.listed(own, "poster") if own else []
        body["images"] = {"posters": image_rows(posters, wanted_languages(request))}
    return found_or_not(body)


async def answer_collection(request: web.Request) -> web.Response:
    """Answer ``/collection/{id}``; nothing can be appended to it."""
    found = request.app[CATALOGUE].collection(request.match_info["id"])
    if found is None:
        return found_or_not(None)
    collection, films = found
    parts = [listed(film) | {"media_type": "movie"} for film in films]
    return found_or_not(collection_row(collection) | {"overview": collection.overview, "parts": parts})


async def answer_collection_images(request: web.Request) -> web.Response:
    """Answer ``/collection/{id}/images``."""
    found = request.app[CATALOGUE].collection(request.match_info["id"])
    if found is None:
        return found_or_not(None)
    collection, wanted = found[0], wanted_languages(request)
    forms: tuple[tuple[str, pictures.Form], ...] = (("backdrops", "backdrop"), ("posters", "poster"))
    images = {name: image_rows(pictures.listed(collection, form), wanted) for name, form in forms}
    return json_response({"id": collection.tmdb, **images})


async def answer_search(request: web.Request) -> web.Response:
    """Answer ``/search/multi``: titles one of whose names has all the words, the shortest name first."""
    words = _plain(request.query.get("query", "")).split()
    found = []
    for title in request.app[CATALOGUE].titles if words else ():
        names = [_plain(name) for name in (title.name, title.original, *title.local_names.values()) if name]
        fitting = [name for name in names if all(word in name for word in words)]
        if fitting:
            found.append((min(map(len, fitting)), title))
    found.sort(key=lambda pair: pair[0])
    rows = [search_row(title) for _, title in found[:_PAGE]]
    return json_response({"page": 1, "results": rows, "total_pages": 1, "total_results": len(rows)})


def _plain(text: str) -> str:
    """Return a text without accents and in small letters, as TMDB compares names."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum() or letter == " ")


ROUTES: Final = (
    web.get("/tmdb/3/search/multi", answer_search),
    web.get(r"/tmdb/3/tv/{id}/season/{season:\d{1,4}}", answer_season),
    web.get("/tmdb/3/collection/{id}", answer_collection),
    web.get("/tmdb/3/collection/{id}/images", answer_collection_images),
)
