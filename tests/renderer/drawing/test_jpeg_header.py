import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.jpeg_header import read_jpeg_header, read_orientation
from tests.renderer.drawing.arts import encoded, picture

JPEG = encoded(picture((60, 90)), "JPEG")


def tiff(order: str, orientation: int) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HIHHHIHH", 42, 8, 1, 0x0112, 3, 1, orientation, 0)


def test_a_header_has_the_size_and_the_coding() -> None:
    header = read_jpeg_header(JPEG)

    assert (60, 90, 0, 8, 3) == (header.width, header.height, header.coding, header.precision, header.channels)
    assert 1 == header.scans
    assert JPEG == header.clean
    assert b"\xff\xd9" == header.clean[header.end :]


def test_a_progressive_file_has_many_scans() -> None:
    raw = encoded(picture((60, 90)), "JPEG", progressive=True)

    header = read_jpeg_header(raw)

    assert (2, 10, raw) == (header.coding, header.scans, header.clean)


def test_junk_between_segments_is_left_out_of_the_clean_file() -> None:
    at = JPEG.index(b"\xff\xdb")

    header = read_jpeg_header(JPEG[:at] + b"junk!" + JPEG[at:])

    assert JPEG == header.clean


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("stated", "expected"), [(1, 1), (6, 6), (8, 8), (0, 1), (9, 1)])
def test_the_orientation_is_read_in_both_byte_orders(order: str, stated: int, expected: int) -> None:
    assert expected == read_orientation(tiff(order, stated))


@given(st.binary(max_size=200))
def test_any_bytes_have_an_orientation(block: bytes) -> None:
    assert read_orientation(b"MM" + block) in range(1, 9)


@given(st.integers(0, len(JPEG)), st.binary(max_size=40))
def test_a_broken_header_raises_only_value_error(at: int, junk: bytes) -> None:
    try:
        header = read_jpeg_header(JPEG[:at] + junk)
    except ValueError:
        return

    assert header.clean.startswith(b"\xff\xd8")
