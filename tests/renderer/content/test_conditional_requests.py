"""Conditional and range requests, to the letter of RFC 9110."""

from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.content.conditional_requests import Bytes, failed_condition, requested_bytes

ETAG = "0123abcd"
MODIFIED = datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)
AT = "Sat, 21 Nov 2026 12:00:00 GMT"
BEFORE = "Sat, 21 Nov 2026 11:59:59 GMT"
AFTER = "Sun, 22 Nov 2026 12:00:00 GMT"
NOT_MODIFIED, FAILED = HTTPStatus.NOT_MODIFIED, HTTPStatus.PRECONDITION_FAILED


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"If-None-Match": f'"{ETAG}"'}, NOT_MODIFIED),
        ({"If-None-Match": f'W/"{ETAG}"'}, NOT_MODIFIED),
        ({"If-None-Match": '"other"'}, None),
        ({"If-None-Match": "*"}, NOT_MODIFIED),
        ({"If-None-Match": '"other"', "If-Modified-Since": AFTER}, None),
        ({"If-Modified-Since": AT}, NOT_MODIFIED),
        ({"If-Modified-Since": AFTER}, NOT_MODIFIED),
        ({"If-Modified-Since": BEFORE}, None),
        ({"If-Modified-Since": "yesterday"}, None),
        ({"If-Modified-Since": "Sat, 21 Nov 99999 12:00:00 GMT"}, None),
        ({"If-Match": f'"{ETAG}"'}, None),
        ({"If-Match": f'"other", "{ETAG}"'}, None),
        ({"If-Match": "*"}, None),
        ({"If-Match": '"other"'}, FAILED),
        ({"If-Match": f'W/"{ETAG}"'}, FAILED),
        ({"If-Unmodified-Since": AT}, None),
        ({"If-Unmodified-Since": AFTER}, None),
        ({"If-Unmodified-Since": BEFORE}, FAILED),
        ({"If-Unmodified-Since": "yesterday"}, None),
        ({"If-Match": f'"{ETAG}"', "If-Unmodified-Since": BEFORE}, None),
        ({"If-Match": '"other"', "If-None-Match": f'"{ETAG}"'}, FAILED),
        ({"If-Match": f'"{ETAG}"', "If-None-Match": f'"{ETAG}"'}, NOT_MODIFIED),
    ],
    ids=str,
)
def test_conditions_are_checked_in_order(headers: dict[str, str], expected: HTTPStatus | None) -> None:
    assert expected == failed_condition(headers, ETAG, MODIFIED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-99", Bytes(0, 100)),
        ("bytes=0-0", Bytes(0, 1)),
        ("BYTES = 5 - 9", Bytes(5, 10)),
        ("bytes=100-", Bytes(100, 1000)),
        ("bytes=999-5000", Bytes(999, 1000)),
        ("bytes=-50", Bytes(950, 1000)),
        ("bytes=-5000", Bytes(0, 1000)),
        ("bytes=-0", Bytes(1000, 1000)),
        ("bytes=1000-", Bytes(1000, 1000)),
        ("bytes=1000-2000", Bytes(1000, 1000)),
        ("bytes=9-0", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-9,20-29", None),
        ("bytes=" + "9" * 4000 + "-", None),
        ("items=0-9", None),
        ("bytes=٣-٤", None),
        ("", None),
    ],
)
def test_ranges(text: str, expected: Bytes | None) -> None:
    assert expected == requested_bytes({"Range": text}, 1000, ETAG, MODIFIED)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f'"{ETAG}"', Bytes(0, 10)),
        (f'W/"{ETAG}"', None),
        ('"other"', None),
        (AT, Bytes(0, 10)),
        (AFTER, None),
        (BEFORE, None),
        ("nonsense", None),
    ],
)
def test_a_range_applies_to_one_version(condition: str, expected: Bytes | None) -> None:
    assert expected == requested_bytes({"Range": "bytes=0-9", "If-Range": condition}, 1000, ETAG, MODIFIED)


@given(text=st.text(alphabet="bytes=0123456789-, ", max_size=40), whole=st.integers(1, 10_000))
def test_a_range_never_leaves_the_picture(text: str, whole: int) -> None:
    found = requested_bytes({"Range": text}, whole, ETAG, MODIFIED)

    assert found is None or 0 <= found.start <= found.stop <= whole


@given(st.text(max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    for name in ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"):
        failed_condition({name: text}, ETAG, MODIFIED)
    requested_bytes({"Range": "bytes=0-", "If-Range": text}, 10, ETAG, MODIFIED)
