"""Finds titles by name or id for the gateway, which has no key of any source, and serves their posters in small.

Only a gateway knows ``/titles``: nothing in front of the renderers leads there. Each client has a limit all the same.
"""

import asyncio
from typing import Final

import structlog
from aiohttp import web

from renderer.content.client_limits import ClientLimits
from renderer.content.found_posters import FoundPosters
from renderer.content.responses import OPEN_HEADERS, fact_answer
from renderer.content.source_requests import SourceRequests
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_question import ask
from renderer.metrics import RendererMetrics
from services.source import TitleSearch
from services.titles import SearchResult
from shared.domain.errors import ArtNotFound, StoreDown, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.title_query import MOST_FOUND, POSTERS_PATH, ListedTitle, ListedTitles, TitleQuery, readable_id

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_AT_ONCE: Final = 32
"""Searches and small posters in progress in one process."""

_TIMEOUT_S: Final = 8.0
_POSTER_HEADERS: Final = OPEN_HEADERS | {"Cache-Control": "public, max-age=604800, immutable"}
"""A file of this name never changes."""

_TYPES: Final = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}
_PART: Final = {True: TitleKind.EPISODE, False: TitleKind.SEASON}


class TitleSearches:
    """Serves ``/titles``, and posters of what was found below ``/c/posters``."""

    def __init__(
        self,
        dependencies: Dependencies,
        search: TitleSearch,
        posters: FoundPosters,
        *,
        metrics: RendererMetrics,
        limits: ClientLimits | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._dependencies, self._search, self._posters = dependencies, search, posters
        self._limits = limits
        self._requests = SourceRequests(metrics, most=MOST_AT_ONCE, timeout_s=timeout_s)

    async def show(self, request: web.Request) -> web.Response:
        """Return the titles that the query means as JSON, or an error."""

        async def answer() -> web.Response:
            if self._limits is not None:
                self._limits.take_search(request)
            query = TitleQuery.parse(request.query.items())
            return fact_answer(ListedTitles(await self._requests.within_limits(lambda: self._listed(query))))

        return await self._requests.answer(request, answer)

    async def poster(self, request: web.Request) -> web.Response:
        """Return a poster that a search found lately, 92 pixels wide, or an error."""

        async def answer() -> web.Response:
            if self._limits is not None:
                self._limits.take(request)
            file = request.match_info["file"]
            media_type = _TYPES.get(file.rpartition(".")[2])
            if media_type is None or not await self._posters.holds(file):
                raise ArtNotFound("no recent search found this poster")
            body = await self._requests.within_limits(lambda: self._search.thumbnail(file))
            return web.Response(body=body, headers=_POSTER_HEADERS | {"Content-Type": media_type})

        return await self._requests.answer(request, answer)

    async def _listed(self, query: TitleQuery) -> list[ListedTitle]:
        """Return what has the ids, and then what has the name, each title once. Raises ``SourceError``."""
        by_name = self._by_name(query) if query.name else _nothing()
        described, named = await asyncio.gather(asyncio.gather(*map(self._described, query.ids)), by_name)
        found = [each for each in described if each is not None]
        known = {each.id for each, _ in found}
        found += [(_row(title), title.poster) for title in named if str(_ref(title.media)) not in known]
        shown = found[:MOST_FOUND]
        is_served = await self._allow([file for _, file in shown if file])
        return [_with_poster(row, file) if file and is_served else row for row, file in shown]

    async def _by_name(self, query: TitleQuery) -> list[SearchResult]:
        """Return the titles of this name; where none is of the year, the year may be part of the name."""
        found = _fitting(await self._search.search(query.name), query)
        if found or query.year is None:
            return found
        without = TitleQuery(name=f"{query.name} {query.year}", kind=query.kind)
        return _fitting(await self._search.search(without.name), without)

    async def _described(self, ref: ExternalId) -> tuple[ListedTitle, str] | None:
        """Return the title of an id, and the file of its poster; ``None`` if there is no such title."""
        try:
            resolved = await ask(ref, self._dependencies)
        except TitleNotFound:
            return None
        if resolved is None:
            return None
        media = resolved.media
        title = await self._dependencies.title_source.title(media.series)
        if title is None:
            return None
        posters = title.gallery.get(Kind.POSTER, ())
        row = ListedTitle(
            id=readable_id(ref),
            kind=media.kind if media == media.series else _PART[media.episode is not None],
            name=title.name + _part_words(media),
            year=title.released.year if title.released else None,
        )
        return row, next((art.file for art in posters if art.file.rpartition(".")[2] in _TYPES), "")

    async def _allow(self, files: list[str]) -> bool:
        """Have these posters served; returns false while Redis is down, when titles are shown without."""
        try:
            if files:
                await self._posters.remember(files)
        except StoreDown as error:
            log.warning("posters_not_remembered", reason=str(error))
            return False
        return True


async def _nothing() -> list[SearchResult]:
    return []


def _fitting(found: tuple[SearchResult, ...], query: TitleQuery) -> list[SearchResult]:
    return [
        each
        for each in found
        if (query.kind is None or each.media.kind is query.kind)
        and (query.year is None or (each.year is not None and abs(each.year - query.year) <= 1))
    ]


def _ref(media: MediaId) -> ExternalId:
    return ExternalId(IdType.TMDB, media.number, media.kind)


def _row(found: SearchResult) -> ListedTitle:
    return ListedTitle(id=str(_ref(found.media)), kind=found.media.kind, name=found.name, year=found.year)


def _with_poster(row: ListedTitle, file: str) -> ListedTitle:
    return ListedTitle(id=row.id, kind=row.kind, name=row.name, year=row.year, poster=f"{POSTERS_PATH}/{file}")


def _part_words(media: MediaId) -> str:
    """Return what follows the name of the series."""
    if media.episode is not None:
        return f", season {media.episode.season}, episode {media.episode.number}"
    return "" if media.season is None else f", season {media.season}"
