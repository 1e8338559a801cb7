"""Keeps the settings that admins and key holders have saved: they do not expire, also when no picture uses them."""

import asyncio
from typing import Final

import structlog

from gateway.db.api_keys import ApiKeys
from gateway.keys.api_key import ApiKey
from gateway.keys.change_feed import ChangeFeed
from gateway.pictures.key_layers import settings_hashes_of, settings_hashes_of_presets
from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool
from shared.stores.settings_rows import keep_settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FIRST_S: Final = 60.0
EVERY_S: Final = 43_200.0
"""Twice a day; settings expire after several days without a request."""

PAUSE_S: Final = 0.05
"""After each key, whose settings take a few milliseconds to work out: the loop is free for redirects."""

PAGE: Final = 100
_GLOBAL: Final = ApiKey(id=0)
"""Stands for all keys without settings of their own."""


class SavedSettings:
    """Marks global settings, presets, and the settings of all keys and profiles as used, where they are stored."""

    def __init__(self, pool: Pool, change_feed: ChangeFeed, *, pause_s: float = PAUSE_S) -> None:
        self._pool, self._change_feed, self._pause_s = pool, change_feed, pause_s

    async def keep(self) -> None:
        """Mark all of them; while Postgres is down, the next round does."""
        try:
            await self._keep(_GLOBAL)
            of_presets = settings_hashes_of_presets(self._change_feed.overrides, self._change_feed.presets)
            await keep_settings(self._pool, of_presets)
            last, keys = 0, ApiKeys(self._pool)
            while page := await keys.with_settings(after=last, most=PAGE):
                for key in page:
                    await self._keep(key)
                    await asyncio.sleep(self._pause_s)
                last = page[-1].id
        except StoreDown as error:
            log.warning("saved_settings_not_kept", reason=str(error))

    async def _keep(self, key: ApiKey) -> None:
        feed = self._change_feed
        await keep_settings(self._pool, settings_hashes_of(key, feed.overrides, feed.presets))
