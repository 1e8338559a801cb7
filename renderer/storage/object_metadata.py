"""Converts ``ImageMetadata`` to and from S3 user metadata: header-safe text that is still readable."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from renderer.storage.base import ImageMetadata

_SAFE: Final = ",:-./_=()"
_MOST_DIGITS: Final = 6
_FLAGS: Final = {True: "yes", False: "no"}


class InvalidMetadata(Exception):
    """The object's metadata was not written by :func:`to_s3`."""


def to_s3(metadata: ImageMetadata) -> dict[str, str]:
    """Return S3 user metadata, without what has a header of its own: the content type, and how long copies are kept."""
    fields = {
        "etag": metadata.etag,
        "drawn-at": metadata.drawn_at.isoformat(),
        "media": metadata.media,
        "fingerprint": _encode(metadata.fingerprint),
        "look": _encode_settings(metadata.settings_text),
        "film-date": metadata.film_date.isoformat() if metadata.film_date else "",
        "degraded": _FLAGS[metadata.degraded],
        "drawing": str(metadata.drawing),
    }
    if metadata.is_running is not None:
        fields["running"] = _FLAGS[metadata.is_running]
    if metadata.label_until is not None:
        fields["label-until"] = metadata.label_until.isoformat()
    return fields | ({"lists": _encode(metadata.lists)} if metadata.lists else {})


def from_s3(content_type: str, fields: Mapping[str, str], cache_control: str = "") -> ImageMetadata:
    """Return the metadata that :func:`to_s3` wrote, with what has headers of its own. Raises ``InvalidMetadata``."""
    try:
        film_date = fields.get("film-date", "")
        return ImageMetadata(
            content_type=content_type,
            etag=fields["etag"],
            drawn_at=datetime.fromisoformat(fields["drawn-at"]),
            media=fields["media"],
            fingerprint=_decode(fields["fingerprint"]),
            settings_text=_decode(fields["look"]),
            film_date=date.fromisoformat(film_date) if film_date else None,
            degraded=fields.get("degraded") == _FLAGS[True],
            label_until=date.fromisoformat(fields["label-until"]) if "label-until" in fields else None,
            lists=_decode(fields.get("lists", "")),
            is_running=None if "running" not in fields else fields["running"] == _FLAGS[True],
            drawing=_version(fields.get("drawing", "0")),
            cache_control=cache_control,
        )
    except (KeyError, ValueError) as exc:
        raise InvalidMetadata(f"{type(exc).__name__}: {exc}") from exc


def _encode(text: str) -> str:
    """Percent-encode, with ``+`` for spaces and ``;`` for line ends."""
    return quote_plus(text, safe=_SAFE).replace("%0A", ";")


_encode_settings: Final = lru_cache(1000)(_encode)  # which many pictures share


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError(f"no version of the drawing code: {text[:20]!r}")
    return int(text)


def _decode(text: str) -> str:
    decoded = unquote_plus(text.replace(";", "\n"), errors="strict")
    if "\0" in decoded:  # the index is in Postgres, which takes no such text
        raise ValueError("text with NUL")
    return decoded
