"""Settings on their way into the store, where new ones count against their client's limit, and out of memory again."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from redis.asyncio import Redis

from gateway.pictures.rate_limits import ClientRateLimits
from shared.concurrency.singleflight import SingleFlight
from shared.observability.unreadable import UnreadableMessages
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings
from shared.stores.invalidation_message import invalidation_messages


class SettingsStore(Protocol):
    """Where the settings behind a hash are stored, for all replicas."""

    @property
    def deletions(self) -> int:
        """Return how many times settings were dropped: while it stays the same, what was known is known."""

    def is_known(self, settings_hash: SettingsHash) -> bool:
        """Return whether these settings are known to be stored, without I/O."""

    def invalidate(self, settings_hash: SettingsHash) -> None:
        """Drop settings that were deleted."""

    async def remember(
        self, settings: Settings, admit: Callable[[], None] | None = None, *, is_free_only: bool = False
    ) -> SettingsHash:
        """Store settings and return their hash; they are durable when this returns.

        ``admit`` is called before settings are stored for the first time, and may raise to prevent that; with
        ``is_free_only`` they are then stored as those of the free key. Raises ``StoreDown``.
        """


class NewSettings:
    """Stores settings for clients. Stored ones cost nothing, and new ones count once for all requests that wait."""

    def __init__(self, store: SettingsStore, limits: ClientRateLimits) -> None:
        self._store, self._limits = store, limits
        # One flight per client: a refusal is an answer for this client alone.
        self._flights: SingleFlight[tuple[str, SettingsHash], SettingsHash] = SingleFlight(abandon=True)

    async def save(
        self, settings_hash: SettingsHash, settings: Settings, client: str | None, *, is_free_only: bool = False
    ) -> None:
        """Store settings; without a client they are the gateway's own. Raises ``TooManySettings``, ``StoreDown``."""
        if client is None or self._store.is_known(settings_hash):
            await self._store.remember(settings)
            return
        admit = partial(self._limits.take_new_settings, client)
        await self._flights.run(
            (client, settings_hash), lambda: self._store.remember(settings, admit, is_free_only=is_free_only)
        )


async def drop_deleted_settings(redis: Redis, store: SettingsStore, unreadable: UnreadableMessages) -> None:
    """Drop settings that a renderer deletes, so that the next request stores them again; until cancelled.

    A message that is missed does no harm for long: settings in use are marked, and marking stores what is missing.
    """
    async for message in invalidation_messages(redis, unreadable=unreadable):
        for settings_hash in message.settings_hashes:
            store.invalidate(settings_hash)
