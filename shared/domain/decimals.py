"""Numbers as people write them: in decimal, rounded half up.

A source writes 8.95. In memory that is the nearest binary fraction, which is a little less, so ``format`` makes 8.9 of
it; and ``round`` makes 88 of 88.5, because it rounds half to even. All values that are shown are rounded here.
"""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

_EXACT: Final = Context(prec=700, rounding=ROUND_HALF_UP)
"""Digits enough for the whole and 300 places of any finite float."""


def rounded(value: float, places: int = 0) -> str:
    """Return a finite value with this many decimal places, rounded half up; zero has no sign."""
    nearest = _written(value).quantize(Decimal(1).scaleb(-places), context=_EXACT)
    return f"{nearest.copy_abs() if nearest.is_zero() else nearest:f}"


def rescaled(value: float, *, of: float, to: float) -> float:
    """Return a finite value of a scale that ends at ``of`` as one of a scale that ends at ``to``, without rounding it.

    7.15 of 10 is 71.5 of 100, where multiplying the floats makes 71.50000000000001 of some values.
    """
    if of == to:
        return float(value)
    return float(_EXACT.divide(_EXACT.multiply(_written(value), _written(to)), _written(of)))


def _written(value: float) -> Decimal:
    """Return the shortest decimal that means this float, which is how the source wrote it."""
    return Decimal(repr(value))
