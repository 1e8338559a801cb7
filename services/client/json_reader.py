"""Reads untrusted JSON field by field, so that one bad value does not affect the others.

Every body is decoded here, so every text that a source sends can be stored: Postgres takes neither NUL nor half a
surrogate pair.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import ExternalId, IdType

Row = Mapping[str, Any]
"""A JSON object whose fields are not validated yet."""

NUL_ESCAPE: Final = b"\\u0000"
"""A body with it may have NUL in a text."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TT: Final = re.compile(r"tt\d{7,10}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,15}|\d{1,3}(?:,\d{3}){1,4}", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_DIGITS: Final = 400  # more than the largest float has
_MAX_TEXT: Final = 1000
_MAX_ID: Final = 2**31 - 1  # the sources use 32-bit ids


def json_value(body: bytes) -> Any:
    """Return the JSON value in a body of any Unicode encoding.

    Bytes and escapes that are no characters are replaced, and NUL is removed. ``NaN``, ``Infinity`` and numbers that
    cannot be represented become ``None``; line ends and tabs within a text are taken as they are. Raises
    ``msgspec.DecodeError`` and ``RecursionError``.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _cleaned(_lenient(body))
    return _cleaned(value) if NUL_ESCAPE in body else value


def _lenient(body: bytes) -> Any:
    """Decode what JSON does not allow but many servers send."""
    written = body.decode(json.detect_encoding(body), "replace")
    try:
        return json.loads(
            written, strict=False, parse_int=_whole_number, parse_float=_finite, parse_constant=lambda _: None
        )
    except ValueError as error:
        raise msgspec.DecodeError(type(error).__name__) from None


def _whole_number(written: str) -> int | None:
    return int(written) if len(written) <= _MAX_DIGITS else None


def _finite(written: str) -> float | None:
    value = float(written)
    return value if math.isfinite(value) else None


def _cleaned(value: Any) -> Any:
    """Return the value with every text in it free of what is no character."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value.replace("\0", ""))
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return {name: _cleaned(item) for name, item in value.items()} if isinstance(value, dict) else value


def json_object(source: str, body: bytes) -> Row:
    """Return the JSON object in a body. Raises ``SourceInvalidResponse``."""
    try:
        value = json_value(body)
    except (msgspec.DecodeError, RecursionError):
        raise SourceInvalidResponse(source, f"{len(body)} bytes that are not JSON") from None
    if not isinstance(value, dict):
        raise SourceInvalidResponse(source, f"JSON of type {type(value).__name__}, not an object")
    return value


def rows(row: Row, name: str) -> list[Row]:
    """Return the objects in a list; other items are skipped."""
    value = row.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inner(row: Row, name: str) -> Row:
    """Return a nested object, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def text(row: Row, name: str) -> str:
    """Return a text, truncated at 1,000 characters; empty if there is none."""
    return text_of(row.get(name))


def text_of(value: Any) -> str:
    """Return a value that is a text, truncated at 1,000 characters; empty if it is none."""
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def number(row: Row, name: str) -> float | None:
    """Return a finite number, also one written as text; ``None`` if there is none."""
    return number_of(row.get(name))


def number_of(value: Any) -> float | None:
    """Return a value that is a finite number, also one written as text; ``None`` if it is none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        value = value.strip()
        return float(value) if _NUMBER.fullmatch(value) else None
    if type(value) is not int:
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def whole(row: Row, name: str) -> int | None:
    """Return a positive integer of at most 31 bits; ``None`` if there is none."""
    return whole_of(row.get(name))


def whole_of(value: Any) -> int | None:
    """Return a value that is a positive integer of at most 31 bits; ``None`` if it is none."""
    return value if type(value) is int and 0 < value <= _MAX_ID else None


def count(row: Row, name: str) -> int | None:
    """Return an amount of at most 31 bits, which may be 0 and written as text, with or without commas.

    ``None`` if there is none.
    """
    return count_of(row.get(name))


def count_of(value: Any) -> int | None:
    """Return a value that is an amount as in :func:`count`; ``None`` if it is none."""
    if isinstance(value, str):
        written = value.strip()
        value = int(written.replace(",", "")) if _COUNT.fullmatch(written) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_ID:
        return None
    return value


def day_of(value: Any) -> date | None:
    """Return a value that is a date; ``None`` if it is empty or invalid."""
    written = text_of(value)[:10]
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def imdb_ref(row: Row, name: str) -> ExternalId | None:
    """Return an IMDb id written ``tt…``; ``None`` if there is none."""
    return imdb_ref_of(row.get(name))


def imdb_ref_of(value: Any) -> ExternalId | None:
    """Return a value that is an IMDb id written ``tt…``; ``None`` if it is none."""
    written = text_of(value)
    if not _TT.fullmatch(written) or not 0 < int(written[2:]) <= _MAX_ID:
        return None
    return ExternalId(IdType.IMDB, int(written[2:]))
