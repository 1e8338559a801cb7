"""Every issued settings hash, known to every replica: memory, then Redis, then Postgres, which keeps all of them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec
from redis.asyncio import Redis

from shared.concurrency.packed_table import PackedTable
from shared.concurrency.singleflight import SingleFlight
from shared.concurrency.tiered_cache import TieredCache
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.model import Settings
from shared.stores.postgres import Pool
from shared.stores.redis_tier import RedisTier
from shared.stores.settings_rows import are_settings_stored, decode_settings, load_settings, save_settings

MOST_CACHED: Final = 50_000  # settings that were read, about a kilobyte each; Redis has the others
MOST_STORED: Final = 160_000
"""Hashes that are known to be stored."""

STORED_BYTES: Final = MOST_STORED * 24
"""All of them: 16 bytes each, and what their table takes."""

_REDIS_S: Final = 7 * 86_400
_PER_ROOM: Final = 256  # characters of a design, which may take four bytes each


def settings_key(settings_hash: SettingsHash) -> str:
    """Return the Redis key under which settings are cached."""
    return f"marquee:look:{settings_hash}"


class SettingsRegistry:
    """Settings by their hash. What is in memory or in Redis is in Postgres too.

    A gateway only needs to know which are stored, and keeps their hashes; a renderer keeps the settings that it reads.
    """

    def __init__(
        self, pool: Pool, redis: Redis, *, most_cached: int = MOST_CACHED, most_stored: int = MOST_STORED
    ) -> None:
        self._pool = pool
        remote = RedisTier[SettingsHash, Settings](
            redis,
            name=settings_key,
            encode=msgspec.json.encode,
            decode=decode_settings,
            ttl_s=_REDIS_S,
            event="look_not_cached",
        )
        # A hash never changes its meaning, so entries in memory need no TTL.
        self._cache = TieredCache(most_cached, remote, partial(load_settings, pool), room=_room_of)
        self._saves: SingleFlight[SettingsHash, None] = SingleFlight()
        self._stored = PackedTable(most_stored)
        self.deletions = 0
        """How many times settings were dropped: while it stays the same, what was known is known."""

    def is_known(self, settings_hash: SettingsHash) -> bool:
        """Return whether these settings are known to be stored, without I/O."""
        return bytes.fromhex(settings_hash) in self._stored

    async def remember(
        self, settings: Settings, admit: Callable[[], None] | None = None, *, is_free_only: bool = False
    ) -> SettingsHash:
        """Store settings and return their hash; concurrent callers with the same settings share one write.

        ``admit`` is called before settings are stored for the first time, and may raise to prevent that; with
        ``is_free_only`` they are then stored as those of the free key. Raises ``StoreDown`` unless they are known to be
        stored already.
        """
        name = settings_hash(settings)
        if self.is_known(name):
            return name
        if await self._cache.get_remote(name) is None:
            if admit is not None and not await are_settings_stored(self._pool, name):
                admit()
            await self._saves.run(name, lambda: self._save(name, settings, is_free_only))
        self._stored.put(bytes.fromhex(name))
        return name

    def peek(self, settings_hash: SettingsHash) -> Settings | None:
        """Return the settings if they are in memory, without I/O."""
        return self._cache.peek(settings_hash)

    def find(self, settings_hash: SettingsHash) -> Awaitable[Settings | None]:
        """Return the settings, or ``None`` for a hash never issued. Raises ``StoreDown`` when that cannot be known."""
        return self._cache.get(settings_hash)

    def invalidate(self, settings_hash: SettingsHash) -> None:
        """Drop settings that were deleted from the stores; new callers do not join a read in flight."""
        self.deletions += 1
        self._stored.discard(bytes.fromhex(settings_hash))
        self._cache.invalidate(settings_hash)

    async def _save(self, name: SettingsHash, settings: Settings, is_free_only: bool) -> None:  # noqa: FBT001 - private
        await save_settings(self._pool, name, settings, is_free_only=is_free_only)
        await self._cache.publish([name], settings)
        self._cache.invalidate(name)  # callers do not join a read that began before


def _room_of(settings: Settings) -> int:
    """Return for how many settings these count in memory: a design is up to 32 times as long as the others."""
    return 1 + len(settings.design) // _PER_ROOM
