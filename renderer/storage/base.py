"""The seam to wherever finished pictures are kept, and what is kept with each."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from shared.domain.cache_lifetime import Freshness, LifetimeRule, state


class ImageMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored picture says of itself, kept as the object's metadata."""

    content_type: str
    etag: str
    """Of the bytes: SHA-256, first 32 hex digits, without quotes."""
    drawn_at: datetime
    """UTC, whole seconds."""
    media: str
    """The title's media id."""
    fingerprint: str
    """What was drawn: equal fingerprint, nothing to redraw."""
    look: str
    """The settings text that the hash was made of."""
    film_date: date | None = None
    """The date from which the film's age is counted."""
    degraded: bool = False
    """Drawn while a source failed."""

    def freshness(self, now: datetime, rule: LifetimeRule) -> Freshness:
        """Tell whether the picture is fresh, due for a check, or due to be redrawn."""
        return state(film_date=self.film_date, degraded=self.degraded, drawn_at=self.drawn_at, now=now, rule=rule)


class Picture(msgspec.Struct, frozen=True):
    """A finished picture with its facts."""

    body: bytes
    facts: ImageMetadata


class Storage(Protocol):
    """Keeps pictures under keys of :mod:`renderer.storage.storage_key`."""

    async def get(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when none is stored. Raises ``StoreDown``."""

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's facts without its bytes, or ``None``. Raises ``StoreDown``."""

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture, whole or not at all, over any earlier one. Raises ``StoreDown``."""

    def forget_unless(self, key: str, etag: str) -> None:
        """Drop any copy at hand whose bytes are others than those of ``etag``: somebody else has drawn anew."""

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete what is stored under these keys, and any copy of it; what is missing is fine. Raises ``StoreDown``."""

    def forget(self, prefix: str) -> None:
        """Drop every copy at hand whose key begins with this: one whole key, or a folder with its slash."""
