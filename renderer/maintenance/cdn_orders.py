"""Has the edge forget what an admin purged: at a pace, tried again for a while, and never in a picture's way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import structlog

from renderer.db.index_rebuild import ImageName
from renderer.db.retention import kinds_of
from renderer.maintenance.cdn_purger import WholeEdge, addresses
from renderer.maintenance.deletion import in_batches
from shared.domain.errors import SourceError
from shared.domain.ids import ExternalId
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAUSE_S: Final = 0.5
"""Before each call. So the replicas, too, have dropped their copies before the edge asks one of them again."""

TRIES: Final = 6
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 60.0


class CdnOrders:
    """Gives the edge its orders, call by call; a call that fails ``TRIES`` times is a failure of the whole."""

    def __init__(self, edge: WholeEdge, pool: Pool, *, base_url: str, most: int, pause_s: float = PAUSE_S) -> None:
        self._edge, self._pool = edge, pool
        self._base_url, self._most, self._pause_s = base_url, most, pause_s

    async def pictures(self, pictures: Sequence[ImageName], names: Iterable[ExternalId]) -> None:
        """Have pictures of one title forgotten under all its names. Raises ``SourceError``, ``StoreDown``."""
        known_as = list(names)
        kinds = await kinds_of(self._pool, {picture.hash for picture in pictures})
        urls = [
            url
            for picture in pictures
            if picture.hash in kinds
            for url in addresses(self._base_url, picture.hash, known_as, kinds[picture.hash], picture.ext)
        ]
        await self._in_calls(self._edge.purge, urls)

    async def folders(self, folders: Sequence[str]) -> None:
        """Have everything forgotten that lies in these folders of addresses. Raises ``SourceError``."""
        place = self._base_url.partition("://")[2]
        await self._in_calls(self._edge.purge_under, [f"{place}/{folder}" for folder in folders])

    async def _in_calls(self, call: Callable[[Sequence[str]], Awaitable[None]], items: Sequence[str]) -> None:
        for some in in_batches(items, self._most):
            await asyncio.sleep(self._pause_s)
            await self._patiently(call, some)

    async def _patiently(self, call: Callable[[Sequence[str]], Awaitable[None]], items: Sequence[str]) -> None:
        wait_s = min(_FIRST_WAIT_S, 4 * self._pause_s)
        for _ in range(TRIES - 1):
            try:
                await call(items)
            except SourceError as error:
                log.warning("edge_not_purged", cause=error.cause, reason=str(error), addresses=len(items))
                await asyncio.sleep(min(max(wait_s, error.retry_after_s or 0.0), _LONGEST_WAIT_S))
                wait_s *= 2
            else:
                return
        await call(items)
