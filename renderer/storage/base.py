"""The interface of every picture storage, and the metadata that is stored with each picture."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from renderer.drawing.drawing_version import DRAWING
from renderer.labels.list_day import list_day, next_list, start_of
from shared.domain.cache_lifetime import Freshness, LifetimeRule, object_cache_control, state
from shared.domain.ids import TitleKind


class ImageMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The metadata of a stored picture. In S3 it is the object's user metadata."""

    content_type: str
    etag: str
    """Of the bytes: SHA-256, first 32 hex digits, without quotes."""
    drawn_at: datetime
    """UTC, whole seconds."""
    media: str
    """The title's media id."""
    fingerprint: str
    """What was drawn: if the fingerprint is unchanged, there is nothing to redraw."""
    settings_text: str = msgspec.field(name="look")
    """The settings in normal form, from which the settings hash was computed."""
    film_date: date | None = None
    """The date from which the film's age is counted."""
    degraded: bool = False
    """Whether it was drawn while a source was failing."""
    is_running: bool | None = None
    """Whether it is of a series that had not ended; ``None`` if it was stored before this was recorded."""
    drawing: int = 0
    """The version of the drawing code that drew it; 0 if it was stored before this was recorded."""
    label_until: date | None = None
    """The day on which one of its labels will say something else, as far as that is known."""
    lists: str = ""
    """The ranks in lists that its labels depend on; empty if they depend on none."""

    cache_control: str = ""
    """The header that the object has in the bucket, with which a CDN serves it; empty if it was stored without one."""

    @property
    def may_continue(self) -> bool:
        """Return whether it is of a series that may go on; where this was not recorded, every series may."""
        if self.is_running is None:
            return self.media.startswith(f"{TitleKind.SERIES}-") and ":" not in self.media
        return self.is_running

    @property
    def is_outdated(self) -> bool:
        """Return whether an older version of the drawing code drew it, so that it looks different now."""
        return self.drawing < DRAWING

    def changes_at(self, after: datetime) -> datetime | None:
        """Return when, after a moment, a label may say something else: on its day, or when the next list is there."""
        moments = [next_list(after)] if self.lists else []
        if self.label_until is not None:
            moments.append(start_of(self.label_until))
        return min(moments, default=None)

    def lifetime_in_bucket(self, now: datetime, rule: LifetimeRule) -> str:
        """Return the header for the object when the picture was drawn or checked now."""
        return object_cache_control(
            film_date=self.film_date,
            degraded=self.degraded,
            now=now,
            rule=rule,
            is_running=self.may_continue,
            changes_at=self.changes_at(now),
        )

    def has_older_lists(self, now: datetime) -> bool:
        """Return whether its labels come from lists of an earlier day."""
        return bool(self.lists) and list_day(now) > list_day(self.drawn_at)

    def freshness(self, now: datetime, rule: LifetimeRule) -> Freshness:
        """Return whether the picture is fresh, due for a check, or due to be redrawn."""
        by_age = self.freshness_by_age(now, rule)
        return Freshness.STALE if by_age is Freshness.FRESH and self.has_older_lists(now) else by_age

    def freshness_by_age(self, now: datetime, rule: LifetimeRule) -> Freshness:
        """Return the same, whatever the lists say by now."""
        return state(
            film_date=self.film_date,
            degraded=self.degraded,
            drawn_at=self.drawn_at,
            now=now,
            rule=rule,
            is_running=self.may_continue,
            changes_at=None if self.label_until is None else start_of(self.label_until),
        )


class Picture(msgspec.Struct, frozen=True):
    """A finished picture with its metadata."""

    body: bytes
    metadata: ImageMetadata
    digest: str = ""
    """SHA-256 of the bytes in hex, where it has just been worked out: to sign its upload needs it again."""


class Storage(Protocol):
    """Stores pictures under the keys of :mod:`renderer.storage.storage_key`."""

    async def get(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when none is stored. Raises ``StoreDown``."""

    def peek(self, key: str) -> Picture | None:
        """Return the picture if it is in the memory of this process; does no I/O."""

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's metadata without its bytes, or ``None``. Raises ``StoreDown``."""

    async def is_sound(self, key: str) -> bool:
        """Return whether a picture is stored and its bytes are those that were put. Raises ``StoreDown``."""

    def is_damaged(self, key: str) -> bool:
        """Return whether the last read here found that the picture is stored, but damaged."""

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture atomically, replacing any earlier one. Raises ``StoreDown``."""

    async def set_cache_control(self, key: str, cache_control: str) -> None:
        """Change the header of a stored picture; a missing one is ignored. Raises ``StoreDown``."""

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Drop any cached copy with an ETag other than ``etag``: another process has redrawn the picture."""

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete these keys and any cached copies; missing ones are ignored. Raises ``StoreDown``."""

    def invalidate(self, prefix: str) -> None:
        """Drop every cached copy whose key starts with ``prefix``: one complete key, or a folder ending in a slash."""
