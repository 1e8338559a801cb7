"""Which stored object an address means, remembered for a minute: what many ask for is looked up once."""

import time
from collections.abc import Callable
from typing import Final

from shared.settings.content_url import ContentAddress

REMEMBERED_S: Final = 60.0
"""Longest that an address may lead to a title that has since been merged into another."""

MOST_REMEMBERED: Final = 50_000


class AddressCache:
    """Storage keys by address; on the path of every hit, and so a plain dictionary that is emptied when full."""

    def __init__(
        self, *, most: int = MOST_REMEMBERED, age_s: float = REMEMBERED_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._age_s, self._clock = most, age_s, clock
        self._known: dict[ContentAddress, tuple[str, float]] = {}

    def find(self, address: ContentAddress) -> str | None:
        """Return the storage key, or ``None`` when it must be looked up."""
        known = self._known.get(address)
        return known[0] if known is not None and self._clock() < known[1] else None

    def remember(self, address: ContentAddress, key: str) -> None:
        """Keep what an address means; its look must be known and of its kind and format."""
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[address] = key, self._clock() + self._age_s
