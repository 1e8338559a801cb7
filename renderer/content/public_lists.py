"""Serves the titles of public lists of MDBList and Trakt to gateways, which have no key of any source."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from renderer.content.client_limits import ClientLimits
from renderer.content.responses import fact_answer
from renderer.content.source_requests import SourceRequests
from renderer.metrics import RendererMetrics
from services.client.cache import HOUR_S, TieredResponseCache, shared_cache
from services.client.priority import background_priority
from services.client.remote_cache import RemoteCache
from services.source import TitleLists
from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import ExternalId
from shared.domain.public_list import LIST_SOURCES, MOST_SHOWN, PublicList, listed_id

MOST_AT_ONCE: Final = 8
"""Lists being fetched at once in one process."""

_MOST_KEPT: Final = 500
_MISSING_S: Final = 600.0
_TIMEOUT_S: Final = 8.0
_NONE: Final = {
    "mdblist": "MDBList’s lists are not available: this installation has no MDBList key.",
    "trakt": "Trakt’s lists are not available: this installation has no Trakt key. "
    "Import the list into MDBList, and enter the address that it has there.",
}


class PublicLists:
    """Serves ``/lists/mdblist`` and ``/lists/trakt``.

    A list is fetched once an hour, with what pictures leave of the source's budget.
    """

    def __init__(
        self,
        sources: Iterable[TitleLists],
        *,
        metrics: RendererMetrics,
        remote: RemoteCache | None = None,
        limits: ClientLimits | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._sources = {source.name: source for source in sources if source.name in LIST_SOURCES}
        self._limits = limits
        self._requests = SourceRequests(metrics, most=MOST_AT_ONCE, timeout_s=timeout_s)
        self._lists: dict[str, TieredResponseCache[str, tuple[ExternalId, ...] | None]] = {
            name: TieredResponseCache(
                _MOST_KEPT,
                lambda found: _MISSING_S if found is None else HOUR_S,
                shared=shared_cache(remote, f"{name}.lists", tuple[ExternalId, ...] | None),
            )
            for name in LIST_SOURCES
        }

    async def show(self, request: web.Request) -> web.Response:
        """Return the list as JSON, or an error."""

        async def answer() -> web.Response:
            if self._limits is not None:
                self._limits.take(request)
            titles = await self._titles(request.match_info["source"], request.query.get("name", ""))
            return fact_answer(PublicList([listed_id(title) for title in titles]))

        return await self._requests.answer(request, answer)

    async def _titles(self, source_name: str, name: str) -> tuple[ExternalId, ...]:
        """Return the titles of a source's list.

        Raises ``TitleNotFound`` for a list that does not exist or is not public, ``Busy``, ``DeadlineExceeded``,
        ``SourceError``; ``BadRequest`` without a key of the source.
        """
        source = self._sources.get(source_name)
        if source is None:
            raise BadRequest(public=_NONE[source_name])
        lists = self._lists[source_name]
        found = await self._requests.within_limits(lambda: lists.get(name, lambda: _fetch(source, name)))
        if found is None:
            raise TitleNotFound(f"no public list {name[:100]!r}")
        return found


async def _fetch(source: TitleLists, name: str) -> tuple[ExternalId, ...] | None:
    """Return the first titles of a list, ``None`` if there is no such public list. Raises ``SourceError``."""
    try:
        with background_priority():
            return await source.titles(name, MOST_SHOWN)
    except BadRequest:
        return None
