"""Reads as much of PromQL as is needed to tell which metrics and labels an expression is about."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_GROUPING: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_DURATION: Final = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_NAME: Final = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\(|\w)")
_MATCHER: Final = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORDS: Final = {"and", "or", "unless", "bool", "inf", "nan"}


class Selector(NamedTuple):
    """One metric in an expression: its name, the labels that it is chosen by, and the text of both."""

    name: str
    labels: frozenset[str]
    text: str


def selectors(expression: str) -> Iterator[Selector]:
    """Yield every metric that an expression asks for."""
    plain = _DURATION.sub(" ", _GROUPING.sub(" ", expression))
    for found in _NAME.finditer(plain):
        name, matchers = found[1], found[2] or ""
        if name not in _WORDS:
            yield Selector(name, frozenset(_MATCHER.findall(_STRING.sub("", matchers))), f"{name}{matchers}")


def grouped_by(expression: str) -> set[str]:
    """Return every label by which an expression groups or joins."""
    return {label.strip() for found in _GROUPING.finditer(expression) for label in found[1].split(",") if label.strip()}
