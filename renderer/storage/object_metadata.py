"""Facts as an object's own metadata: header-safe text that a person can still read."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from renderer.storage.base import ImageMetadata

_SAFE: Final = ",:-./_=()"


class UnreadableFacts(Exception):
    """The object's metadata is not what we write."""


def to_metadata(facts: ImageMetadata) -> dict[str, str]:
    """Return the facts as S3 user metadata; the content type is a header of its own."""
    return {
        "etag": facts.etag,
        "drawn-at": facts.drawn_at.isoformat(),
        "media": facts.media,
        "fingerprint": _spell(facts.fingerprint),
        "look": _spell(facts.look),
        "film-date": facts.film_date.isoformat() if facts.film_date else "",
        "degraded": "yes" if facts.degraded else "no",
    }


def from_metadata(content_type: str, metadata: Mapping[str, str]) -> ImageMetadata:
    """Return the facts that ``to_metadata`` wrote; raises ``UnreadableFacts``."""
    try:
        film_date = metadata.get("film-date", "")
        return ImageMetadata(
            content_type=content_type,
            etag=metadata["etag"],
            drawn_at=datetime.fromisoformat(metadata["drawn-at"]),
            media=metadata["media"],
            fingerprint=_read(metadata["fingerprint"]),
            look=_read(metadata["look"]),
            film_date=date.fromisoformat(film_date) if film_date else None,
            degraded=metadata.get("degraded") == "yes",
        )
    except (KeyError, ValueError) as exc:
        raise UnreadableFacts(f"{type(exc).__name__}: {exc}") from exc


def _spell(text: str) -> str:
    """Percent-encode, but write spaces as ``+`` and line ends as ``;``."""
    return quote_plus(text, safe=_SAFE).replace("%0A", ";")


def _read(text: str) -> str:
    return unquote_plus(text.replace(";", "\n"), errors="strict")
