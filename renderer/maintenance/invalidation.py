"""Drops this replica's copies when another replica has deleted pictures or settings."""

from typing import Final

import structlog
from redis.asyncio import Redis

from renderer.content.service import ContentService
from renderer.db.purges import had_recent_purge
from renderer.storage.base import Storage
from renderer.storage.tiered import COPY_AGE_S
from shared.domain.errors import StoreDown
from shared.observability.unreadable import UnreadableMessages
from shared.stores.invalidation_message import EVERYTHING, InvalidationMessage, invalidation_messages
from shared.stores.postgres import Pool
from shared.stores.settings_registry import SettingsRegistry

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MARGIN_S: Final = 15.0
"""How much further back than the outage to search for purges: a purge ends after its last message."""


class Invalidation:
    """Handles the invalidation messages of one replica."""

    def __init__(
        self,
        *,
        pool: Pool,
        storage: Storage,
        content: ContentService,
        settings_registry: SettingsRegistry,
        unreadable: UnreadableMessages | None = None,
    ) -> None:
        self._pool, self._storage = pool, storage
        self._content, self._settings_registry = content, settings_registry
        self._unreadable = unreadable or UnreadableMessages()
        self._was_connected = False

    async def run(self, redis: Redis) -> None:
        """Receive messages and drop what they name, until cancelled."""
        messages = invalidation_messages(redis, unreadable=self._unreadable, on_reconnect=self.on_reconnect)
        async for message in messages:
            self.drop(message)

    def drop(self, message: InvalidationMessage) -> None:
        """Drop what the message names."""
        for key in message.keys:
            self._storage.invalidate(key)
        if message.folder is not None:
            self._storage.invalidate(message.folder)
        for settings_hash in message.settings_hashes:
            self._settings_registry.invalidate(settings_hash)
        if message.purge or message.settings_hashes:
            self._content.invalidate()

    async def on_reconnect(self, silent_s: float) -> None:
        """Drop every copy when a purge may have been missed: while Redis was down, or before this process started."""
        since_s = (
            silent_s + MARGIN_S if self._was_connected else COPY_AGE_S
        )  # copies on disk may be from an earlier process
        self._was_connected = True
        try:
            may_be_missed = await had_recent_purge(self._pool, since_s)
        except StoreDown as error:
            log.warning("purges_not_read", reason=str(error))
            may_be_missed = True  # the cost of a needless drop is another read from S3
        if may_be_missed:
            self.drop(InvalidationMessage(folder=EVERYTHING, purge=True))
            log.info("copies_dropped", silent_s=round(silent_s, 1))
