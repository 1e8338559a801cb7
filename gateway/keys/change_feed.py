"""Hears what admins and key holders change, so that it counts on every replica within seconds."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from gateway.db.audit import ChangeSet
from gateway.db.global_settings import GlobalRow
from gateway.keys.cache import ApiKeyCache
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 1.5
"""A deleted key stops within 5 s: this pause, one look at Postgres, and time to spare."""

DEADLINE_S: Final = 2.0
ANEW_S: Final = 3600.0
"""After so long without news everything is read anew: old news is not kept for ever."""


class ChangeSource(Protocol):
    """Where changes are heard of."""

    async def after(self, last: int) -> ChangeSet:
        """Return the changes after this one, at most a thousand; with -1 only where it is now. Raises ``StoreDown``."""

    async def globals(self) -> GlobalRow:
        """Return what is chosen for everybody. Raises ``StoreDown``."""


class ChangeFeed:
    """Keeps what is remembered of keys, and what is chosen for everybody, no older than a few seconds.

    While Postgres is down all stays as it is: a key that was good goes on. ``free_key`` locks the admins' switch.
    """

    def __init__(
        self,
        news: ChangeSource,
        keys: ApiKeyCache,
        *,
        free_key: bool | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._news, self._keys, self._free_key, self._clock = news, keys, free_key, clock
        self._last = -1
        self._heard_at = clock()
        self.choices = ""
        """What is chosen for everybody, as :mod:`gateway.settings.layers` reads it."""

    async def look(self) -> None:
        """Look for news once; without Postgres there are none."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._look()
        except (StoreDown, TimeoutError) as error:
            log.warning("key_news_not_read", reason=str(error))

    async def _look(self) -> None:
        if self._clock() - self._heard_at > ANEW_S:
            self._last = -1
        told = await self._news.after(self._last)
        if self._last < 0 or None in told.key_ids:
            chosen = await self._news.globals()
            self.choices = "" if chosen.settings == "{}" else chosen.settings
            self._keys.free_key = chosen.free_key_enabled if self._free_key is None else self._free_key
        if self._last < 0 or told.key_ids:
            self._keys.forget(told.key_ids or {None})
        self._last, self._heard_at = told.last, self._clock()
