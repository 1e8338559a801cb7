"""Every look that was ever issued, known to every replica: memory, then Redis, then Postgres, which never forgets."""

import asyncio
from typing import Final

import msgspec
import structlog
from cachetools import LRUCache
from redis.asyncio import Redis

from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import StoreDown
from shared.queue.redis_keys import look
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.stores.postgres import Pool
from shared.stores.redis import CACHE_S, redis_errors
from shared.stores.settings_rows import decode_settings, load_settings, save_settings

MOST_REMEMBERED: Final = 200_000
_REDIS_S: Final = 7 * 86_400

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SettingsRegistry:
    """Settings hash to settings. Whatever is in memory or in Redis is in Postgres too."""

    def __init__(self, pool: Pool, redis: Redis, *, most_remembered: int = MOST_REMEMBERED) -> None:
        self._pool = pool
        self._redis = redis
        # A look never changes its meaning, so nothing here gets old; one that nobody uses may be removed.
        self._memory: LRUCache[SettingsHash, Settings] = LRUCache(most_remembered)
        self._saves: SingleFlight[SettingsHash, None] = SingleFlight()
        self._finds: SingleFlight[SettingsHash, Settings | None] = SingleFlight()

    def is_known(self, settings_hash: SettingsHash) -> bool:
        """Tell without waiting whether this look is surely kept for ever."""
        return self._memory.get(settings_hash) is not None

    async def remember(self, settings: Settings) -> SettingsHash:
        """Keep a look for ever and return its hash; callers of one look share one write.

        Raises ``StoreDown`` unless it is surely kept already.
        """
        name = settings_hash(settings)
        if not self.is_known(name):
            await self._saves.run(name, lambda: self._save(name, settings))
        return name

    async def find(self, settings_hash: SettingsHash) -> Settings | None:
        """Return a look, or ``None`` when nobody ever issued it. Raises ``StoreDown`` when that cannot be known."""
        settings = self._memory.get(settings_hash)
        if settings is not None:
            return settings
        return await self._finds.run(settings_hash, lambda: self._load(settings_hash))

    def forget(self, settings_hash: SettingsHash) -> None:
        """Ask the stores anew for a look that was removed from them; a read under way is not shared any more."""
        self._memory.pop(settings_hash, None)
        self._finds.forget(settings_hash)

    async def _save(self, name: SettingsHash, settings: Settings) -> None:
        if await self._in_redis(name) is None:
            await save_settings(self._pool, name, settings)
            await self._to_redis(name, settings)
        self._memory[name] = settings

    async def _load(self, name: SettingsHash) -> Settings | None:
        settings = await self._in_redis(name)
        if settings is None:
            settings = await load_settings(self._pool, name)
            if settings is None:
                return None
            await self._to_redis(name, settings)
        self._memory[name] = settings
        return settings

    async def _in_redis(self, name: SettingsHash) -> Settings | None:
        """Return what Redis holds; a Redis that is lost, or holds what we cannot read, holds nothing."""
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    body = await self._redis.get(look(name))
            return None if body is None else decode_settings(name, body)
        except StoreDown as error:
            log.warning("look_not_cached", reason=str(error))
            return None

    async def _to_redis(self, name: SettingsHash, settings: Settings) -> None:
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    await self._redis.set(look(name), msgspec.json.encode(settings), ex=_REDIS_S)
        except StoreDown as error:
            log.warning("look_not_cached", reason=str(error))
