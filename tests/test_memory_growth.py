"""Memory is measured as what the measured work allocates and keeps."""

from types import FunctionType

import pytest

from tests.memory_growth import memory_growth

_MIB = 1 << 20


def allocating(filename: str, size: int) -> FunctionType:
    """Return a function that counts as one of this file; it adds an object of this size to the list it is given."""
    code = compile(f"def keep(kept): kept.append(bytearray({size}))", filename, "exec")
    names: dict[str, FunctionType] = {}
    exec(code, names)  # noqa: S102 - a fixed text
    return names["keep"]


def test_what_is_kept_counts_and_garbage_does_not() -> None:
    kept: list[bytearray] = []

    def work() -> bytearray:
        bytearray(_MIB)
        kept.append(bytearray(_MIB))
        return bytearray(_MIB)

    assert 2 * _MIB == pytest.approx(memory_growth(work), abs=10_000)
    assert [] == kept  # of this process


def test_what_the_measurement_of_coverage_keeps_does_not_count() -> None:
    kept: list[bytearray] = []
    product, coverage = (allocating(f"/somewhere/{name}/bytecode.py", _MIB) for name in ("product", "slipcover"))

    def work() -> None:
        product(kept)
        coverage(kept)

    assert _MIB == pytest.approx(memory_growth(work), abs=10_000)


def test_work_that_fails_is_reported() -> None:
    with pytest.raises(AssertionError, match="the measured work failed"):
        memory_growth(lambda: int("nothing"))
