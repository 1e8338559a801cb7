"""Fanart.tv v3: its routes and what it answers about the demo's titles. Every value is text."""

from collections.abc import Iterable, Iterator
from typing import Final

from aiohttp import web

from deploy.dev.demo.catalogue import MediaType, Title
from deploy.dev.demo.pictures import DemoPicture, listed
from deploy.dev.demo.state import ANSWERS, CATALOGUE, Json, json_response

_SECTIONS: Final[dict[MediaType, dict[str, str]]] = {
    "movie": {"logo": "hdmovielogo", "poster": "movieposter", "backdrop": "moviebackground"},
    "show": {"logo": "hdtvlogo", "poster": "tvposter", "backdrop": "showbackground"},
}
_TEXTLESS: Final = "00"


async def art(request: web.Request) -> web.Response:
    """Answer ``/movies/{tmdb or imdb id}`` and ``/tv/{tvdb id}``."""
    text, catalogue = request.match_info["id"], request.app[CATALOGUE]
    if request.match_info["kind"] == "tv":
        title = catalogue.by_id("tvdb", "show", text)
    else:
        title = catalogue.by_id("imdb" if text.startswith("tt") else "tmdb", "movie", text)
    if title is None or not title.on_fanart:
        return json_response(ANSWERS["fanart"]["not_found"], 404)
    return json_response(_art_of(title, f"{request.url.origin()}/fanart/assets"))


def _art_of(title: Title, asset_url: str) -> Json:
    """Return the answer about one title; its pictures are duotones, so that they differ from TMDB's."""
    names, is_film = _SECTIONS[title.kind], title.kind == "movie"
    backdrop = DemoPicture(title.slug, "backdrop", "xx", duotone=True)
    season = {} if is_film else {"season": "all"}
    ids = {"tmdb_id": str(title.tmdb), "imdb_id": title.imdb} if is_film else {"thetvdb_id": str(title.tvdb)}
    seasons = {} if is_film else {"seasonposter": list(_season_posters(title, asset_url))}
    return {
        "name": title.name,
        **ids,
        **seasons,
        names["logo"]: _rows(title, listed(title, "logo"), asset_url),
        names["poster"]: _rows(title, listed(title, "poster", duotone=True), asset_url),
        names["backdrop"]: [row | season for row in _rows(title, [backdrop], asset_url)],
    }


def _season_posters(title: Title, asset_url: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the seasons with posters of their own."""
    for season in title.printed_seasons:
        posters = [DemoPicture(season.slug, "poster", tag, duotone=True) for tag in season.lettered]
        yield from (row | {"season": str(season.number)} for row in _rows(title, posters, asset_url))


def _rows(title: Title, pictures: Iterable[DemoPicture], asset_url: str) -> list[dict[str, str]]:
    """Return the rows of one section, most liked first; a backdrop without text has an empty language."""
    return [
        {
            "id": str(title.tmdb * 10 + position),
            "url": f"{asset_url}/{picture.name}.{picture.extension}",
            "lang": picture.language or ("" if picture.form == "backdrop" else _TEXTLESS),
            "likes": str(max(9 - 2 * position, 0)),
        }
        for position, picture in enumerate(pictures)
    ]


ROUTES: Final = (web.get("/fanart/v3/{kind:movies|tv}/{id}", art),)
