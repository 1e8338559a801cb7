import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.decimals import rescaled, rounded

written = st.decimals(0, 100, places=3, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (8.95, 1, "9.0"),  # in binary a little less
        (8.85, 1, "8.9"),
        (8.25, 1, "8.3"),  # exact in binary, where formatting rounds half to even
        (8.949, 1, "8.9"),
        (9.95, 1, "10.0"),
        (0.05, 1, "0.1"),
        (8.005, 2, "8.01"),
        (1.005, 2, "1.01"),
        (9.995, 2, "10.00"),
        (59.5, 0, "60"),
        (60.5, 0, "61"),
        (62.5, 0, "63"),
        (99.5, 0, "100"),
        (99.499, 0, "99"),
        (0.5, 0, "1"),
        (0.49999999999999994, 0, "0"),
        (100, 0, "100"),
        (0, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (-2.5, 0, "-3"),
        (1e-300, 2, "0.00"),
        (1e22, 1, "10000000000000000000000.0"),
    ],
)
def test_a_number_is_rounded_half_up_in_decimal(value: float, places: int, expected: str) -> None:
    assert expected == rounded(value, places)


@given(written, st.integers(0, 3))
def test_a_value_is_rounded_as_it_was_written(text: Decimal, places: int) -> None:
    expected = text.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

    assert expected == Decimal(rounded(float(text), places))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 3))
def test_every_finite_number_can_be_rounded(value: float, places: int) -> None:
    text = rounded(value, places)

    assert places == len(text.partition(".")[2])
    assert math.isclose(value, float(text), abs_tol=0.51 * 10**-places, rel_tol=1e-15)


@pytest.mark.parametrize(
    ("value", "of", "to", "expected"),
    [
        (0.57, 1, 100, 57.0),  # multiplied as floats: 56.99999999999999
        (0.07, 1, 100, 7.0),
        (8.249, 10, 100, 82.49),
        (8.2495, 10, 100, 82.495),
        (89.46, 100, 10, 8.946),
        (57, 100, 5, 2.85),
        (63, 100, 4, 2.52),
        (1, 3, 1, 1 / 3),
        (0, 10, 100, 0.0),
    ],
)
def test_a_value_on_another_scale_is_exact(value: float, of: float, to: float, expected: float) -> None:
    assert expected == rescaled(value, of=of, to=to)
