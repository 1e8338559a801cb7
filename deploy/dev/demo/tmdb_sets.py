"""TMDB v3: what it answers about the demo's seasons and collections."""

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
    season_row,
    wanted_languages,
)


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


ROUTES: Final = (
    web.get(r"/tmdb/3/tv/{id}/season/{season:\d{1,4}}", answer_season),
    web.get("/tmdb/3/collection/{id}", answer_collection),
    web.get("/tmdb/3/collection/{id}/images", answer_collection_images),
)
