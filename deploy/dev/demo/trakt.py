"""Trakt: a public list with the whole catalogue on it, and a watchlist with its first titles."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from deploy.dev.demo.catalogue import Title
from deploy.dev.demo.state import ANSWERS, CATALOGUE, Json, filled, json_response, number_in

_TITLE: Final = ANSWERS["trakt"]["title"]
_LISTED_AT: Final = "2026-01-05T14:23:45.000Z"
_WATCHED: Final = 6
_PAGE: Final = 10


async def list_items(request: web.Request) -> web.Response:
    """Answer ``/users/demo/lists/silent-films/items``."""
    return _page(request, request.app[CATALOGUE].titles)


async def watchlist(request: web.Request) -> web.Response:
    """Answer ``/users/demo/watchlist``."""
    return _page(request, request.app[CATALOGUE].titles[:_WATCHED])


def _page(request: web.Request, titles: Sequence[Title]) -> web.Response:
    page, limit = (max(number_in(request, name, usual), 1) for name, usual in (("page", 1), ("limit", _PAGE)))
    rows = [_row(rank, title) for rank, title in enumerate(titles, 1)]
    headers = {
        "X-Pagination-Page": str(page),
        "X-Pagination-Limit": str(limit),
        "X-Pagination-Page-Count": str(-(-len(rows) // limit)),
        "X-Pagination-Item-Count": str(len(rows)),
    }
    return json_response(rows[(page - 1) * limit : page * limit], headers=headers)


def _row(rank: int, title: Title) -> Json:
    word = "movie" if title.kind == "movie" else "show"
    return {
        "rank": rank,
        "id": rank,
        "listed_at": _LISTED_AT,
        "notes": None,
        "type": word,
        word: filled(_TITLE, title=title),
    }


ROUTES: Final = (
    web.get("/trakt/users/demo/lists/silent-films/items", list_items),
    web.get("/trakt/users/demo/watchlist", watchlist),
)
