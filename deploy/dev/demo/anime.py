"""The anime sites: the id map as a list, AniList's GraphQL and Kitsu's JSON:API, about the demo's anime."""

from collections.abc import Iterator
from typing import Final

import msgspec
from aiohttp import web

from deploy.dev.demo.catalogue import AnimeListing, Title
from deploy.dev.demo.state import ANSWERS, CATALOGUE, Json, json_response

_ANSWERS: Final = ANSWERS["anime"]
_MOST_ENTRIES: Final = 50
_KITSU_PAGE: Final = 20
_KITSU_USUAL_PAGE: Final = 10
_JSON_API: Final = "application/vnd.api+json"


class _Variables(msgspec.Struct, frozen=True):
    ids: tuple[int, ...] = ()


class _Query(msgspec.Struct):
    query: str
    variables: _Variables = _Variables()


async def id_map(request: web.Request) -> web.Response:
    """Answer with the list of all entries, in the shape of Fribb's mini list."""
    return json_response([_map_row(title, each) for title, each in _listings(request)])


async def anilist(request: web.Request) -> web.Response:
    """Answer a query for a page of scores; a number that is no entry is left out."""
    try:
        asked = msgspec.json.decode(await request.read(), type=_Query)
    except msgspec.MsgspecError:
        return json_response(_ANSWERS["no_query"], 400)
    if "averageScore" not in asked.query or "id_in" not in asked.query:
        return json_response(_ANSWERS["no_query"], 400)
    found = [each for _, each in _listings(request) if each.anilist in asked.variables.ids][:_MOST_ENTRIES]
    media = [{"id": each.anilist, "averageScore": each.score[0]} for each in found]
    limits = {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "29"}
    return json_response({"data": {"Page": {"media": media}}}, headers=limits)


async def kitsu(request: web.Request) -> web.Response:
    """Answer ``/anime?filter[id]=``: a page of scores, in which numbers are text."""
    asked = request.query.get("filter[id]", "").split(",")
    limit = request.query.get("page[limit]", str(_KITSU_USUAL_PAGE))
    if not limit.isdecimal() or not 0 < int(limit[:3]) <= _KITSU_PAGE:
        return json_response(_ANSWERS["too_long"], 400)
    found = [each for _, each in _listings(request) if str(each.kitsu) in asked]
    rows = [
        {"id": str(each.kitsu), "type": "anime", "attributes": {"averageRating": f"{each.score[1]:.2f}"}}
        for each in found[: int(limit)]
    ]
    answer = json_response({"data": rows, "meta": {"count": len(found)}, "links": {}})
    answer.content_type = _JSON_API
    return answer


def _listings(request: web.Request) -> Iterator[tuple[Title, AnimeListing]]:
    return ((title, each) for title in request.app[CATALOGUE].titles for each in title.anime)


def _map_row(title: Title, each: AnimeListing) -> Json:
    is_film = title.kind == "movie"
    row: Json = {
        "type": "MOVIE" if is_film else "TV",
        "anidb_id": each.anidb,
        "anilist_id": each.anilist,
        "kitsu_id": each.kitsu,
        "mal_id": each.mal,
        "imdb_id": [title.imdb],
        "themoviedb_id": {"movie": [title.tmdb]} if is_film else {"tv": title.tmdb},
    }
    if not is_film:
        row |= {"tvdb_id": title.tvdb, "season": {"tvdb": each.season, "tmdb": each.season}}
    return row | ({"episode_offset": {"tvdb": each.offset, "tmdb": each.offset}} if each.offset else {})


ROUTES: Final = (
    web.get("/anime-map/anime-list-mini.json", id_map),
    web.post("/anilist", anilist),
    web.get("/kitsu/api/edge/anime", kitsu),
)
