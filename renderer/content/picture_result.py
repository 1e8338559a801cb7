"""What a caller gets: a picture, and where it came from."""

from enum import StrEnum

import msgspec

from renderer.storage.base import Picture


class CacheStatus(StrEnum):
    """Where an answer came from: the ``X-Cache-Status`` header."""

    HIT = "HIT"
    STALE = "STALE"
    MISS = "MISS"
    FALLBACK = "MISS-FALLBACK"


class PictureResult(msgspec.Struct, frozen=True):
    """A picture for a caller, and where it came from."""

    picture: Picture
    cache: CacheStatus
