"""What a caller gets: a picture, and where it came from; or the error that a worker reported."""

from enum import StrEnum

import msgspec

from renderer.storage.base import Picture
from shared.domain.errors import ArtNotFound, Cause, MarqueeError, TitleNotFound


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


def permanent_error(cause: Cause) -> MarqueeError:
    """Return the error that a worker reported, from the cause in its message."""
    inner = f"reported by a worker: {cause}"
    return TitleNotFound(inner) if cause is Cause.TITLE_NOT_FOUND else ArtNotFound(inner)
