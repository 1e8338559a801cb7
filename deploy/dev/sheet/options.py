"""The values of a parameter that are worth a picture, read from the sentence that tells callers what is allowed."""

import re
from collections.abc import Callable
from typing import Final

from shared.domain.pictures import Kind
from shared.settings.parameters import Parameter

_EVERY_UP_TO: Final = 10
_QUARTERS: Final = 4


def options(param: Parameter, kind: Kind) -> tuple[str, ...]:
    """Return the values to draw, in the order in which they are documented, each with a distinct meaning.

    Raises ``LookupError`` for a sentence of an unknown form, so that a parameter of a new form is noticed.
    """
    sentence = param.allowed(kind)
    for form, values in _FORMS:
        match = form.fullmatch(sentence)
        if match:
            meanings: dict[object, str] = {}  # ``yes`` repeats ``true``, and ``verylarge`` ``very-large``
            for value in values(match):
                meanings.setdefault(param.read(value, kind), value)
            return tuple(meanings.values())
    raise LookupError(f"{param.names[0]}: which values does {sentence!r} allow?")


def _numbers(match: re.Match[str]) -> list[str]:
    low, high = int(match[1]), int(match[2])
    if high - low <= _EVERY_UP_TO:
        return [str(number) for number in range(low, high + 1)]
    return [str(low + (high - low) * step // _QUARTERS) for step in range(_QUARTERS + 1)]


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], list[str]]], ...]] = (
    (re.compile(r"(?:one|a list) of ([\w, -]+)"), lambda match: match[1].split(", ")),
    (re.compile(r"a whole number from (\d+) to (\d+)"), _numbers),
    (
        re.compile(r"up to .+ such as ([\w -]+), (\w+), (\w+)"),
        lambda match: [*match[1].split(" or "), *match.groups()[1:]],
    ),
)
