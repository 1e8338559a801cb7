"""Reading strangers' JSON: one field at a time, so that one bad value never spoils the rest."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import ExternalId, IdType

Row = Mapping[str, Any]
"""A JSON object whose fields nobody has checked yet."""

_BOM: Final = b"\xef\xbb\xbf"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TT: Final = re.compile(r"tt\d{7,10}", re.ASCII)
_LONGEST_TEXT: Final = 1000
_GREATEST: Final = 2**31 - 1  # the sources number their titles in 32 bits


def json_object(source: str, body: bytes) -> Row:
    """Return the JSON object in a body; raises ``SourceInvalidResponse``."""
    try:
        value = msgspec.json.decode(body.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SourceInvalidResponse(source, f"{len(body)} bytes that are no JSON") from None
    if not isinstance(value, dict):
        raise SourceInvalidResponse(source, f"JSON of type {type(value).__name__}, not an object")
    return value


def rows(row: Row, name: str) -> list[Row]:
    """Return the objects in a list; what else is in it is left out."""
    value = row.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inner(row: Row, name: str) -> Row:
    """Return an object in an object, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def text(row: Row, name: str) -> str:
    """Return a text, empty when there is none, cut where it is absurdly long."""
    value = row.get(name)
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def number(row: Row, name: str) -> float | None:
    """Return a finite number; ``None`` when there is none."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def whole(row: Row, name: str) -> int | None:
    """Return a whole number between 1 and what fits in 32 bits; ``None`` when there is none."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _GREATEST:
        return None
    return value


def day(row: Row, name: str) -> date | None:
    """Return a date; ``None`` when it is empty or no day of the calendar."""
    value = text(row, name)[:10]
    try:
        return date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        return None


def imdb_ref(row: Row, name: str) -> ExternalId | None:
    """Return an IMDb id written ``tt…``; ``None`` when there is none."""
    value = text(row, name)
    if not _TT.fullmatch(value) or not 0 < int(value[2:]) <= _GREATEST:
        return None
    return ExternalId(IdType.IMDB, int(value[2:]))
