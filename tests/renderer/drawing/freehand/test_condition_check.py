"""Conditions: what each operator is true of."""

import msgspec
import pytest

from renderer.drawing.freehand.condition_check import are_met
from renderer.drawing.freehand.design_facts import FactValue
from shared.designs.conditions import Condition

KNOWN: dict[str, FactValue] = {
    "year": 1927.0,
    "kind": "movie",
    "genre": ("Sci-Fi", "Drama"),
    "imdb": 8.3,
    "title": "Metropolis",
}


def is_met(*condition: object) -> bool:
    return are_met([msgspec.convert(condition, Condition)], KNOWN)


@pytest.mark.parametrize(
    "condition",
    [
        ("year", "eq", 1927),
        ("year", "ge", 1927),
        ("year", "le", 1927),
        ("year", "gt", 1926),
        ("year", "lt", 1928),
        ("year", "in", [1900, 1927]),
        ("year", "has", True),
        ("rank", "has", False),
        ("imdb", "ge", 8.3),
        ("imdb", "ne", 8),
        ("kind", "eq", "MOVIE"),
        ("kind", "in", ["series", "movie"]),
        ("kind", "ne", "series"),
        ("genre", "has", "sci-fi"),
        ("genre", "eq", "Drama"),
        ("genre", "in", ["Horror", "Drama"]),
        ("genre", "ne", "Horror"),
    ],
    ids=str,
)
def test_a_condition_that_is_met(condition: tuple[object, ...]) -> None:
    assert is_met(*condition)


@pytest.mark.parametrize(
    "condition",
    [
        ("year", "eq", 1928),
        ("year", "gt", 1927),
        ("year", "lt", 1927),
        ("year", "in", [1900, 1928]),
        ("year", "has", False),
        ("kind", "eq", "series"),
        ("kind", "gt", 3),
        ("genre", "ne", "drama"),
        ("genre", "has", "Horror"),
        ("title", "has", "Metro"),
    ],
    ids=str,
)
def test_a_condition_that_is_not_met(condition: tuple[object, ...]) -> None:
    assert not is_met(*condition)


@pytest.mark.parametrize("operator", ["eq", "gt", "ge", "lt", "le"])
def test_an_unknown_fact_meets_no_comparison(operator: str) -> None:
    assert not is_met("rank", operator, 0)


def test_an_unknown_fact_meets_no_other_condition_but_ne() -> None:
    assert is_met("rank", "ne", 1)
    assert not is_met(*("rank", "has", True))
    assert not is_met("rank", "in", [1])


def test_all_conditions_must_be_met() -> None:
    first, second = (msgspec.convert(each, Condition) for each in (("year", "eq", 1927), ("year", "eq", 1)))

    assert are_met([first], KNOWN)
    assert not are_met([first, second], KNOWN)
    assert are_met([], {})
