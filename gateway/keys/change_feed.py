"""Polls what admins and key holders change, so that changes take effect on every replica within seconds.

The gateway that makes a change polls before it answers: what its caller asks for next is with the change.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from gateway.db.audit import ChangeSet
from gateway.db.global_settings import GlobalRow
from gateway.db.presets import PRESETS, PresetRow
from gateway.db.title_pins import EVERYBODY, NamedPin
from gateway.designs.published_presets import Presets
from gateway.keys.cache import ApiKeyCache
from gateway.keys.pinned_art import PinnedArt
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 1.5
"""A deleted key stops working within 5 s: this interval, one query, and a margin."""

DEADLINE_S: Final = 2.0
RELOAD_AFTER_S: Final = 3600.0
"""After an outage this long everything is reloaded, because old changes are deleted after a day."""

PINS_EVERY_S: Final = 600.0
"""Pins are read again this often: the renderers learn further ids of their titles, and report no change of them."""


class ChangeSource(Protocol):
    """Where changes are read from."""

    async def after(self, last: int) -> ChangeSet:
        """Return up to a thousand changes after this id; with -1 none, and the latest id. Raises ``StoreDown``."""

    async def globals(self) -> GlobalRow:
        """Return the global settings. Raises ``StoreDown``."""

    async def pins(self) -> Sequence[NamedPin]:
        """Return all pins with the ids of their titles. Raises ``StoreDown``."""

    async def presets(self) -> Sequence[PresetRow]:
        """Return all presets that admins published. Raises ``StoreDown``."""


class ChangeFeed:
    """Keeps cached keys, the global settings, pinned art and presets no older than a few seconds.

    While Postgres is down everything stays as it is: valid keys keep working. ``free_key`` overrides the switch.
    """

    def __init__(
        self,
        source: ChangeSource,
        keys: ApiKeyCache,
        *,
        free_key: bool | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._keys, self._free_key, self._clock = source, keys, free_key, clock
        self._one_at_a_time = asyncio.Lock()
        self._last = -1
        self._polled_at = self._pins_read_at = clock()
        self.overrides = ""
        """The global overrides, as text that :mod:`gateway.settings.layers` reads."""
        self.pinned_art = PinnedArt()
        self.presets = Presets()

    async def poll(self) -> None:
        """Apply all changes that were committed before this call; none while Postgres is down."""
        try:
            async with asyncio.timeout(DEADLINE_S), self._one_at_a_time:
                await self._poll()
        except (StoreDown, TimeoutError) as error:
            log.warning("key_news_not_read", reason=str(error))

    async def _poll(self) -> None:
        if self._clock() - self._polled_at > RELOAD_AFTER_S:
            self._last = -1
        changes = await self._source.after(self._last)
        if self._last < 0 or None in changes.key_ids:
            row = await self._source.globals()
            self.overrides = "" if row.settings == "{}" else row.settings
            self._keys.free_key = row.free_key_enabled if self._free_key is None else self._free_key
        are_pins_old = self.pinned_art.has_any and self._clock() - self._pins_read_at > PINS_EVERY_S
        if self._last < 0 or EVERYBODY in changes.key_ids or are_pins_old:
            await self.pinned_art.replace(await self._source.pins())
            self._pins_read_at = self._clock()
        if self._last < 0 or PRESETS in changes.key_ids:
            self.presets.replace(await self._source.presets())
        key_ids = changes.key_ids - {EVERYBODY, PRESETS}
        if self._last < 0 or key_ids:
            self._keys.invalidate(key_ids or {None})
        self._last, self._polled_at = changes.last, self._clock()
