"""Storage keys by address, cached for 60 s, so that popular pictures are looked up once."""

import time
from collections.abc import Callable
from typing import Final

from shared.settings.content_url import ContentAddress

TTL_S: Final = 60.0
"""Longest that an address may lead to a title that has since been merged into another."""

MAX_ENTRIES: Final = 50_000


class AddressCache:
    """Storage keys by address. It is on the path of every hit, so it is a plain dictionary, cleared when full."""

    def __init__(
        self, *, max_entries: int = MAX_ENTRIES, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_entries, self._ttl_s, self._clock = max_entries, ttl_s, clock
        self._keys: dict[ContentAddress, tuple[str, float]] = {}

    def find(self, address: ContentAddress) -> str | None:
        """Return the storage key, or ``None`` when it is not cached."""
        cached = self._keys.get(address)
        return cached[0] if cached is not None and self._clock() < cached[1] else None

    def remember(self, address: ContentAddress, key: str) -> None:
        """Cache the key of an address whose settings are known and fit its kind and format."""
        if len(self._keys) >= self._max_entries:
            self._keys.clear()
        self._keys[address] = key, self._clock() + self._ttl_s
