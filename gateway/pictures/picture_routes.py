"""The endpoints for pages that show or choose pictures: previews, searches, lists and pins, one line each."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs

from gateway.api.endpoint import Access, Endpoint, NoBody
from gateway.pictures.pinned_art_api import ArtChoice, PinList, PinnedArtApi, PinPage, UnpinQuery
from gateway.pictures.preview import PreviewApi, PreviewQuery, Sample
from gateway.pictures.public_lists_api import ListQuery, PublicListsApi
from gateway.pictures.title_search_api import SearchQuery, TitleSearchApi
from shared.domain.public_list import PublicList
from shared.domain.title_query import ListedTitles

GET, PUT, DELETE = hdrs.METH_GET, hdrs.METH_PUT, hdrs.METH_DELETE


def page_endpoints(preview: PreviewApi, search: TitleSearchApi, lists: PublicListsApi) -> Iterable[Endpoint[Any]]:
    """Return the endpoints of previews, searches and lists, which strangers may use where the pages are public."""
    yield Endpoint(
        "preview",
        GET,
        "/api/preview/{kind:[^/]+}",
        preview.show,
        NoBody,
        query=PreviewQuery,
        access=Access.OPEN,
        status=HTTPStatus.FOUND,
        reply=Sample,
    )
    yield Endpoint(
        "search",
        GET,
        "/api/search",
        search.show,
        NoBody,
        query=SearchQuery,
        access=Access.OPEN,
        reply=ListedTitles,
    )
    yield Endpoint(
        "list",
        GET,
        "/api/lists",
        lists.show,
        NoBody,
        query=ListQuery,
        access=Access.OPEN,
        reply=PublicList,
    )


def pin_endpoints(pinned: PinnedArtApi) -> Iterable[Endpoint[Any]]:
    """Return the endpoints of pinned art, for a key and for everybody."""
    for whose, base, access in (("my", "/api/key/me", Access.KEY), ("everybodys", "/api/admin", Access.ADMIN)):
        yield Endpoint(f"{whose}_pins", GET, f"{base}/art", pinned.list, NoBody, access=access, reply=PinList)
        name, path = f"{whose}_pin", f"{base}/titles/{{id:[^/]+}}/art"
        yield Endpoint(f"{name}_save", PUT, path, pinned.pin, ArtChoice, access=access, reply=PinPage)
        yield Endpoint(
            f"{name}_delete", DELETE, path, pinned.unpin, NoBody, query=UnpinQuery, access=access, reply=PinList
        )
