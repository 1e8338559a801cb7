"""Serves the titles of public MDBList lists to gateways, which have no key of any source."""

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
from shared.domain.public_list import MOST_SHOWN, PublicList, listed_id

MOST_AT_ONCE: Final = 8
"""Lists being fetched at once in one process."""

SOURCE: Final = "mdblist"
_MOST_KEPT: Final = 500
_MISSING_S: Final = 600.0
_TIMEOUT_S: Final = 8.0
_NONE: Final = "MDBList cannot be asked: this installation has no key of it."


class PublicLists:
    """Serves ``/lists/mdblist``. A list is fetched once an hour, with what pictures leave of the source's budget."""

    def __init__(
        self,
        sources: Iterable[TitleLists],
        *,
        metrics: RendererMetrics,
        remote: RemoteCache | None = None,
        limits: ClientLimits | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._source = next((source for source in sources if source.name == SOURCE), None)
        self._limits = limits
        self._requests = SourceRequests(metrics, most=MOST_AT_ONCE, timeout_s=timeout_s)
        self._lists: TieredResponseCache[str, tuple[ExternalId, ...] | None] = TieredResponseCache(
            _MOST_KEPT,
            lambda found: _MISSING_S if found is None else HOUR_S,
            shared=shared_cache(remote, "mdblist.lists", tuple[ExternalId, ...] | None),
        )

    async def show(self, request: web.Request) -> web.Response:
        """Return the list as JSON, or an error."""

        async def answer() -> web.Response:
            if self._limits is not None:
                self._limits.take(request)
            titles = await self._titles(request.query.get("name", ""))
            return fact_answer(PublicList([listed_id(title) for title in titles]))

        return await self._requests.answer(request, answer)

    async def _titles(self, name: str) -> tuple[ExternalId, ...]:
        """Return the list's titles.

        Raises ``TitleNotFound`` for a list that does not exist or is not public, ``Busy``, ``DeadlineExceeded``,
        ``SourceError``; ``BadRequest`` without a key of MDBList.
        """
        source = self._source
        if source is None:
            raise BadRequest(public=_NONE)
        found = await self._requests.within_limits(lambda: self._lists.get(name, lambda: _fetch(source, name)))
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
