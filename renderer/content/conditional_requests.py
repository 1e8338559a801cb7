"""Conditional and range requests (RFC 9110, sections 13 and 14): what a request's headers make of a picture."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple

_DATES: Final = 20_000
# Eighteen digits are beyond any picture; longer numbers would cost time to parse, and are ignored as malformed.
_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class Bytes(NamedTuple):
    """Positions of a picture's bytes; ``stop`` is not included. ``start`` is ``stop`` when no byte is in the range."""

    start: int
    stop: int


def failed_condition(headers: Mapping[str, str], etag: str, modified: datetime) -> HTTPStatus | None:
    """Return 412 or 304 when a condition of a GET or HEAD does not hold, in the order of RFC 9110, 13.2.2."""
    if (tags := headers.get("If-Match")) is not None:
        if not _lists(tags, etag, is_strong=True):
            return HTTPStatus.PRECONDITION_FAILED
    elif (since := _date(headers.get("If-Unmodified-Since"))) is not None and _seconds(modified) > since:
        return HTTPStatus.PRECONDITION_FAILED
    if (tags := headers.get("If-None-Match")) is not None:
        return HTTPStatus.NOT_MODIFIED if _lists(tags, etag, is_strong=False) else None
    if (since := _date(headers.get("If-Modified-Since"))) is not None and _seconds(modified) <= since:
        return HTTPStatus.NOT_MODIFIED
    return None


def requested_bytes(headers: Mapping[str, str], whole: int, etag: str, modified: datetime) -> Bytes | None:
    """Return the requested range of a picture of ``whole`` bytes; ``None`` means all of them.

    Several ranges, other units and malformed ranges are ignored (14.2), and so is a range of another version of the
    picture (13.1.5).
    """
    match = _RANGE.fullmatch(headers.get("Range", ""))
    if match is None or not _is_same_version(headers.get("If-Range"), etag, modified):
        return None
    first, last = match.groups()
    if first:
        if last and int(last) < int(first):
            return None
        stop = min(int(last) + 1, whole) if last else whole
        return Bytes(min(int(first), stop), stop)
    return Bytes(max(0, whole - int(last)), whole) if last else None


def _lists(tags: str, etag: str, *, is_strong: bool) -> bool:
    """Return whether a list of entity tags has this one; a strong comparison does not match weak tags (8.8.3.2)."""
    given = {tag.strip() for tag in tags.split(",")}
    return not given.isdisjoint({"*", f'"{etag}"'} if is_strong else {"*", f'"{etag}"', f'W/"{etag}"', etag})


def _is_same_version(condition: str | None, etag: str, modified: datetime) -> bool:
    if condition is None or condition.strip() == f'"{etag}"':
        return True
    return _date(condition) == _seconds(modified)


def _seconds(moment: datetime) -> float:
    return moment.replace(microsecond=0).timestamp()


@lru_cache(_DATES)
def _date(text: str | None) -> float | None:
    """Parse a date of HTTP into seconds since 1970; ``None`` for one that is invalid, which is ignored (13.1.3)."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
