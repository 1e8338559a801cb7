"""Media ids by external id, shared by all replicas: memory, then Redis, then Postgres."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, Final

import structlog
from cachetools import TTLCache
from redis.asyncio import Redis

from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import BadRequest, StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.stores.postgres import Pool
from shared.stores.redis import CACHE_S, redis_errors
from shared.stores.title_rows import TitleMetadata, find_media, save_external_ids, save_title

MOST_REMEMBERED: Final = 100_000
_MEMORY_S: Final = 86_400  # sources merge titles occasionally
_UNKNOWN_S: Final = 1.0  # the content server and the worker look up an id shortly after each other
_REDIS_S: Final = 30 * 86_400

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class TitleIndex:
    """Maps external ids to the media id under which a title's pictures are stored."""

    def __init__(self, pool: Pool, redis: Redis, *, most_remembered: int = MOST_REMEMBERED) -> None:
        self._pool = pool
        self._redis = redis
        self._memory: TTLCache[ExternalId, MediaId] = TTLCache(most_remembered, _MEMORY_S)
        self._unknown: TTLCache[ExternalId, None] = TTLCache(most_remembered // 10, _UNKNOWN_S)
        self._finds: SingleFlight[ExternalId, MediaId | None] = SingleFlight()

    async def find(self, ref: ExternalId) -> MediaId | None:
        """Return the media id, or ``None`` when the title was never drawn. Raises ``StoreDown``."""
        media = self._memory.get(ref)
        if media is not None or ref in self._unknown:
            return media
        return await self._finds.run(ref, lambda: self._find(ref))

    async def remember(self, facts: TitleMetadata, refs: Iterable[ExternalId]) -> None:
        """Save a title with its external ids. Raises ``StoreDown`` when neither store takes it."""
        known = set(refs)
        await self._keep(facts.media, known, save_title(self._pool, facts, known))

    async def learn(self, media: MediaId, refs: Iterable[ExternalId]) -> None:
        """Save further external ids of a saved title. Raises ``StoreDown`` like :meth:`remember`."""
        new = {ref for ref in refs if self._memory.get(ref) != media}
        if new:
            await self._keep(media, new, save_external_ids(self._pool, media, new))

    async def _keep(self, media: MediaId, known: set[ExternalId], save: Awaitable[None]) -> None:
        for ref in known:
            self._finds.forget(ref)
            self._unknown.pop(ref, None)
            self._memory[ref] = media
        saved = True
        try:
            await save
        except StoreDown as error:
            log.warning("title_not_saved", media=str(media), reason=str(error))
            saved = False
        if not await self._to_redis(known, media) and not saved:
            raise StoreDown(f"neither postgres nor redis took {media}")

    async def _find(self, ref: ExternalId) -> MediaId | None:
        media = await self._in_redis(ref)
        if media is None:
            media = await find_media(self._pool, ref)
            if media is None:
                self._unknown[ref] = None
                return None
            await self._to_redis([ref], media)
        return self._memory.setdefault(ref, media)

    async def _in_redis(self, ref: ExternalId) -> MediaId | None:
        """Return the media id in Redis; ``None`` while Redis is down, and for a value that cannot be read."""
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    text: Any = await self._redis.get(_key(ref))
            return None if text is None else MediaId.parse(str(text, "ascii"))
        except (StoreDown, BadRequest, UnicodeDecodeError) as error:
            log.warning("title_not_cached", reason=str(error))
            return None

    async def _to_redis(self, refs: Iterable[ExternalId], media: MediaId) -> bool:
        """Tell whether Redis took the ids."""
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    pipe: Any = self._redis.pipeline(transaction=False)
                    for ref in refs:
                        pipe.set(_key(ref), str(media), ex=_REDIS_S)
                    await pipe.execute()
        except StoreDown as error:
            log.warning("title_not_cached", reason=str(error))
            return False
        return True


def _key(ref: ExternalId) -> str:
    return f"marquee:alias:{ref.alias}"
