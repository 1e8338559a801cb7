"""Drops what this replica remembers when another has removed pictures or looks."""

from typing import Final

import structlog
from redis.asyncio import Redis

from renderer.content.service import ContentService
from renderer.db.purges import purges_lately
from renderer.maintenance.invalidation_message import EVERYTHING, InvalidationMessage, invalidation_messages
from renderer.storage.base import Storage
from renderer.storage.tiered import COPY_AGE_S
from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool
from shared.stores.settings_registry import SettingsRegistry

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MARGIN_S: Final = 15.0
"""How much longer than the silence we look back for purges: the end of a purge is noted after its last word."""


class Invalidation:
    """What every replica does at the word of a removal."""

    def __init__(self, *, pool: Pool, storage: Storage, library: ContentService, looks: SettingsRegistry) -> None:
        self._pool, self._storage, self._library, self._looks = pool, storage, library, looks
        self._has_heard = False

    async def run(self, redis: Redis) -> None:
        """Hear of removals and drop what they name, until cancelled."""
        async for word in invalidation_messages(redis, on_reconnect=self.on_reconnect):
            self.drop(word)

    def drop(self, word: InvalidationMessage) -> None:
        """Drop what the word names."""
        for key in word.keys:
            self._storage.forget(key)
        if word.folder is not None:
            self._storage.forget(word.folder)
        for look in word.looks:
            self._looks.forget(look)
        if word.purge or word.looks:
            self._library.forget()

    async def on_reconnect(self, silent_s: float) -> None:
        """Drop every copy when a purge may have been missed: while Redis was silent, or before this process began."""
        back_s = silent_s + MARGIN_S if self._has_heard else COPY_AGE_S  # copies on disk may be of an earlier process
        self._has_heard = True
        try:
            is_missed = await purges_lately(self._pool, back_s)
        except StoreDown as error:
            log.warning("purges_not_read", reason=str(error))
            is_missed = True  # what is dropped in vain is read from S3 again
        if is_missed:
            self.drop(InvalidationMessage(folder=EVERYTHING, purge=True))
            log.info("copies_dropped", silent_s=round(silent_s, 1))
