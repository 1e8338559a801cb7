"""What is wrong with a field, as a sentence beside the field: no type names, patterns or paths."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest

from gateway.api.field_errors import FieldProblem, field_problem
from gateway.auth.passwords import Username


class _Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class _Inner(msgspec.Struct):
    size: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    note: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    secret: Annotated[str, msgspec.Meta(min_length=8)] = "12345678"
    user: Username | msgspec.UnsetType = msgspec.UNSET
    most: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    count: int = 0
    pace: Annotated[float, msgspec.Meta(ge=0.1, le=100)] = 1
    is_on: bool = True
    colour: _Colour = _Colour.RED
    shape: Literal["r", "p"] = "r"
    ids: Annotated[list[Annotated[str, msgspec.Meta(max_length=5)]], msgspec.Meta(min_length=1, max_length=3)] = []
    since: datetime | None = None
    inner: _Inner | None = None
    by_name: dict[str, _Inner] = {}


CASES: dict[str, tuple[Any, str, str]] = {
    "empty": ({"name": ""}, "name", "Use 1 to 100 characters."),
    "too long": ({"name": "x" * 101}, "name", "Use 1 to 100 characters."),
    "no text": ({"name": 1}, "name", "Use text."),
    "missing": ({}, "name", "This is required."),
    "only an upper bound": ({"name": "a", "note": "x" * 4097}, "note", "Use at most 4,096 characters."),
    "only a lower bound": ({"name": "a", "secret": "x"}, "secret", "Use at least 8 characters."),
    "its own words": (
        {"name": "a", "user": "a b"},
        "user",
        "Use 1 to 64 letters, digits, dots, hyphens, underscores and @.",
    ),
    "a number": ({"name": "a", "most": -1}, "most", "Use a whole number from 0 to 2,147,483,647."),
    "any number": ({"name": "a", "count": "x"}, "count", "Use a whole number."),
    "a fraction": ({"name": "a", "pace": 0}, "pace", "Use a number from 0.1 to 100."),
    "a switch": ({"name": "a", "is_on": "yes"}, "is_on", "Use true or false."),
    "an enumeration": ({"name": "a", "colour": "green"}, "colour", "Use one of: red, blue."),
    "a literal": ({"name": "a", "shape": "x"}, "shape", "Use one of: p, r."),
    "a list": ({"name": "a", "ids": []}, "ids", "Use a list of 1 to 3 entries."),
    "an entry": ({"name": "a", "ids": ["a", "123456"]}, "ids", "Each entry: use at most 5 characters."),
    "a time": ({"name": "a", "since": "yesterday"}, "since", "Use a time such as 2026-01-31T12:00:00Z."),
    "inside": ({"name": "a", "inner": {"size": 10}}, "inner.size", "Use a whole number from 1 to 9."),
    "in a mapping": ({"name": "a", "by_name": {"x": {"size": 0}}}, "by_name.size", "Use a whole number from 1 to 9."),
    "no object": ([], "", "Use a JSON object."),
    "unknown": ({"name": "a", "admin": True}, "admin", "This field does not belong here."),
    "unknown and odd": ({"name": "a", "0a`b": True}, "", "There is a field that does not belong here."),
}


@pytest.mark.parametrize(("body", "field", "sentence"), CASES.values(), ids=CASES)
def test_each_kind_of_mistake_has_its_sentence(body: Any, field: str, sentence: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(body, _Body)

    assert FieldProblem(sentence, field) == field_problem(_Body, caught.value)


def test_a_single_value_has_the_same_sentence() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert("a b", Username)

    sentence = field_problem(Username, caught.value).sentence
    assert "Use 1 to 64 letters, digits, dots, hyphens, underscores and @." == sentence
