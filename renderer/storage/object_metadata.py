"""Converts ``ImageMetadata`` to and from S3 user metadata: header-safe text that is still readable.

S3 keeps 2 KB for each object. The settings of a large design are compressed; those that are too long even so are left
out, and then an index that is rebuilt from the objects lacks the picture until it is requested again.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from renderer.storage.base import ImageMetadata

_SAFE: Final = ",:-./_=()"
_MOST_DIGITS: Final = 6
_FLAGS: Final = {True: "yes", False: "no"}
_LONGEST_SETTINGS: Final = 1500  # characters; the rest needs 300
_MOST_INFLATED: Final = 65_536  # characters of compressed settings; eight times the longest design
_PLAIN, _DEFLATED = "look", "look-deflated"


class InvalidMetadata(Exception):
    """The object's metadata was not written by :func:`to_s3`."""


def to_s3(metadata: ImageMetadata) -> dict[str, str]:
    """Return S3 user metadata, without what has a header of its own: the content type, and how long copies are kept."""
    fields = {
        "etag": metadata.etag,
        "drawn-at": metadata.drawn_at.isoformat(),
        "media": metadata.media,
        "fingerprint": _encode(metadata.fingerprint),
        **_encode_settings(metadata.settings_text),
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
            settings_text=_decode_settings(fields),
            film_date=date.fromisoformat(film_date) if film_date else None,
            degraded=fields.get("degraded") == _FLAGS[True],
            label_until=date.fromisoformat(fields["label-until"]) if "label-until" in fields else None,
            lists=_decode(fields.get("lists", "")),
            is_running=None if "running" not in fields else fields["running"] == _FLAGS[True],
            drawing=_version(fields.get("drawing", "0")),
            cache_control=cache_control,
        )
    except (KeyError, ValueError, zlib.error) as exc:
        raise InvalidMetadata(f"{type(exc).__name__}: {exc}") from exc


def _encode(text: str) -> str:
    """Percent-encode, with ``+`` for spaces and ``;`` for line ends."""
    return quote_plus(text, safe=_SAFE).replace("%0A", ";")


@lru_cache(1000)  # many pictures share them
def _encode_settings(text: str) -> Mapping[str, str]:
    encoded = _encode(text)
    if len(encoded) <= _LONGEST_SETTINGS:
        return {_PLAIN: encoded}
    deflated = b64encode(zlib.compress(text.encode(), 9)).decode()
    return {_DEFLATED: deflated} if len(deflated) <= _LONGEST_SETTINGS else {_PLAIN: ""}


def _decode_settings(fields: Mapping[str, str]) -> str:
    if _DEFLATED not in fields:
        return _decode(fields[_PLAIN])
    inflated = zlib.decompressobj().decompress(b64decode(fields[_DEFLATED], validate=True), _MOST_INFLATED)
    return _without_nul(inflated.decode())


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError(f"no version of the drawing code: {text[:20]!r}")
    return int(text)


def _decode(text: str) -> str:
    return _without_nul(unquote_plus(text.replace(";", "\n"), errors="strict"))


def _without_nul(text: str) -> str:
    if "\0" in text:  # the index is in Postgres, which takes no such text
        raise ValueError("text with NUL")
    return text
