"""Media ids by external id, shared by all replicas: memory, then Redis, then Postgres."""

from collections.abc import Awaitable, Iterable
from functools import partial
from typing import Final

import structlog
from redis.asyncio import Redis

from shared.concurrency.tiered_cache import TieredCache
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.stores.postgres import Pool
from shared.stores.redis_tier import RedisTier
from shared.stores.title_rows import TitleMetadata, find_media, save_external_ids, save_title

MOST_CACHED: Final = 100_000
_MEMORY_S: Final = 86_400  # sources do merge titles now and then
_UNKNOWN_S: Final = 1.0  # the content server and the worker look up the same id within moments
_REDIS_S: Final = 30 * 86_400

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class TitleIndex:
    """Maps each external id to the one media id under which the title's pictures are stored."""

    def __init__(self, pool: Pool, redis: Redis, *, most_cached: int = MOST_CACHED) -> None:
        self._pool = pool
        remote = RedisTier[ExternalId, MediaId](
            redis, name=_key, encode=str, decode=_decode, ttl_s=_REDIS_S, event="title_not_cached"
        )
        self._cache = TieredCache(
            most_cached, remote, partial(find_media, pool), ttl=_MEMORY_S, negative_ttl=_UNKNOWN_S
        )

    def find(self, ref: ExternalId) -> Awaitable[MediaId | None]:
        """Return the media id, or ``None`` for a title never drawn. Raises ``StoreDown`` when that cannot be known."""
        return self._cache.get(ref)

    async def remember(self, facts: TitleMetadata, refs: Iterable[ExternalId]) -> bool:
        """Store a title and its external ids; return whether Postgres took them.

        Raises ``StoreDown`` when neither Redis nor Postgres did.
        """
        known = set(refs)
        return await self._keep(facts.media, known, save_title(self._pool, facts, known))

    async def learn(self, media: MediaId, refs: Iterable[ExternalId]) -> bool:
        """Store further external ids of a stored title. Returns and raises ``StoreDown`` like :meth:`remember`."""
        new = {ref for ref in refs if self._cache.peek(ref) != media}
        return not new or await self._keep(media, new, save_external_ids(self._pool, media, new))

    async def _keep(self, media: MediaId, known: set[ExternalId], save: Awaitable[None]) -> bool:
        for ref in known:
            self._cache.keep(ref, media)
        saved = True
        try:
            await save
        except StoreDown as error:
            log.warning("title_not_saved", media=str(media), reason=str(error))
            saved = False
        if not await self._cache.publish(known, media) and not saved:
            raise StoreDown(f"neither postgres nor redis could store the ids of {media}")
        return saved


def _key(ref: ExternalId) -> str:
    return f"marquee:alias:{ref.alias}"


def _decode(_ref: ExternalId, body: bytes) -> MediaId:
    return MediaId.parse(str(body, "ascii"))
