"""Purges from the CDN what an admin purged: rate-limited and retried, independent of the drawing of pictures."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import structlog

from renderer.db.index_rebuild import ImageName
from renderer.db.retention import kinds_of
from renderer.maintenance.cdn_purger import PrefixEdge, addresses
from renderer.maintenance.deletion import in_batches
from renderer.storage.storage_key import object_url, storage_key
from shared.domain.errors import SourceError
from shared.domain.ids import ExternalId
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAUSE_S: Final = 0.5
"""Before each call, so that all replicas have dropped their copies before the CDN requests a picture again."""

MAX_ATTEMPTS: Final = 6
_MIN_WAIT_S: Final = 2.0
_MAX_WAIT_S: Final = 60.0


class CdnOrders:
    """Sends purges to the CDN, in batches; a batch that fails ``MAX_ATTEMPTS`` times fails the whole purge."""

    def __init__(
        self,
        edge: PrefixEdge,
        pool: Pool,
        *,
        base_url: str,
        bucket_url: str | None = None,
        batch: int,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._edge, self._pool = edge, pool
        self._base_url, self._bucket_url, self._batch, self._pause_s = base_url, bucket_url, batch, pause_s

    async def purge_pictures(self, pictures: Sequence[ImageName], external_ids: Iterable[ExternalId]) -> None:
        """Purge pictures of one title under all its external ids. Raises ``SourceError``, ``StoreDown``."""
        all_ids = list(external_ids)
        kinds = await kinds_of(self._pool, {picture.hash for picture in pictures})
        urls = [
            url
            for picture in pictures
            if picture.hash in kinds
            for url in addresses(self._base_url, picture.hash, all_ids, kinds[picture.hash], picture.ext)
        ]
        await self._in_batches(self._edge.purge, urls)
        if self._bucket_url is not None:  # by prefix, whatever versions of them there are
            keys = [storage_key(picture.hash, picture.media, picture.ext) for picture in pictures]
            objects = [_without_scheme(object_url(self._bucket_url, key)) for key in keys]
            await self._in_batches(self._edge.purge_under, objects)

    async def purge_folders(self, folders: Sequence[str]) -> None:
        """Purge everything below these folders of the content URL, and of the bucket. Raises ``SourceError``."""
        bases = [_without_scheme(url) for url in (self._base_url, self._bucket_url) if url is not None]
        await self._in_batches(self._edge.purge_under, [f"{base}/{folder}" for base in bases for folder in folders])

    async def _in_batches(self, call: Callable[[Sequence[str]], Awaitable[None]], items: Sequence[str]) -> None:
        for batch in in_batches(items, self._batch):
            await asyncio.sleep(self._pause_s)
            await self._with_retries(call, batch)

    async def _with_retries(self, call: Callable[[Sequence[str]], Awaitable[None]], items: Sequence[str]) -> None:
        wait_s = min(_MIN_WAIT_S, 4 * self._pause_s)
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                await call(items)
            except SourceError as error:
                log.warning("edge_not_purged", cause=error.cause, reason=str(error), addresses=len(items))
                await asyncio.sleep(min(max(wait_s, error.retry_after_s or 0.0), _MAX_WAIT_S))
                wait_s *= 2
            else:
                return
        await call(items)


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]
