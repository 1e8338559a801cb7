"""Serves the titles of public MDBList lists to gateways, which have no key of any source."""

import asyncio
from collections.abc import Iterable
from typing import Final

import structlog
from aiohttp import web

from renderer.content.client_limits import ClientLimits
from renderer.content.responses import error_answer, fact_answer
from renderer.metrics import RendererMetrics
from services.client.cache import HOUR_S, TieredResponseCache, shared_cache
from services.client.priority import background_priority
from services.client.remote_cache import RemoteCache
from services.source import TitleLists
from shared.domain.errors import BadRequest, Busy, DeadlineExceeded, MarqueeError, TitleNotFound
from shared.domain.ids import ExternalId
from shared.domain.public_list import MOST_SHOWN, PublicList, listed_id

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_AT_ONCE: Final = 8
"""Lists being fetched at once in one process."""

SOURCE: Final = "mdblist"
_MOST_KEPT: Final = 500
_MISSING_S: Final = 600.0
_TIMEOUT_S: Final = 8.0
_NONE: Final = "MDBList’s lists are not available: this installation has no MDBList key."


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
        self._metrics, self._limits, self._timeout_s = metrics, limits, timeout_s
        self._lists: TieredResponseCache[str, tuple[ExternalId, ...] | None] = TieredResponseCache(
            _MOST_KEPT,
            lambda found: _MISSING_S if found is None else HOUR_S,
            shared=shared_cache(remote, "mdblist.lists", tuple[ExternalId, ...] | None),
        )
        self._open = 0

    async def show(self, request: web.Request) -> web.Response:
        """Return the list as JSON, or an error."""
        try:
            if self._limits is not None:
                self._limits.take(request)
            titles = await self._titles(request.query.get("name", ""))
            response = fact_answer(PublicList([listed_id(title) for title in titles]))
        except MarqueeError as error:
            response = error_answer(error)
        except Exception:
            log.exception("content_crashed", path=request.path)
            response = error_answer(MarqueeError())
        self._metrics.content.labels(str(response.status), "none").inc()
        return response

    async def _titles(self, name: str) -> tuple[ExternalId, ...]:
        """Return the list's titles.

        Raises ``TitleNotFound`` for a list that does not exist or is not public, ``Busy``, ``DeadlineExceeded``,
        ``SourceError``; ``BadRequest`` without a key of MDBList.
        """
        source = self._source
        if source is None:
            raise BadRequest(public=_NONE)
        if self._open >= MOST_AT_ONCE:
            raise Busy("too many lists are being fetched")
        self._open += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._lists.get(name, lambda: _fetch(source, name))
        except TimeoutError as error:
            raise DeadlineExceeded("no list in time") from error
        finally:
            self._open -= 1
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
