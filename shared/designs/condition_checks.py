"""Whether a condition makes sense: a known fact, an operator that it has, and a value that it could have."""

from typing import Final

from shared.designs.conditions import Condition, Fact, Operator
from shared.designs.plain_text import is_plain
from shared.domain.errors import BadField
from shared.domain.ratings import GREATEST, RatingSite

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    Fact.KIND.value: ("movie", "series", "episode"),
    Fact.AWARD.value: ("oscar", "emmy", "none"),
}
"""The words of each fact that is one of a few."""

_NUMBERS: Final[dict[str, float]] = {site.value: GREATEST[site] for site in RatingSite} | {
    Fact.SCORE.value: 100,
    Fact.RANK.value: 1_000,
    Fact.YEAR.value: 9_999,
    Fact.RUNTIME.value: 100_000,
    Fact.SEASON.value: 100_000,
    Fact.EPISODE.value: 100_000,
}
"""The greatest value of each fact that is a number; the least is 0."""

_NAMES: Final = (*(fact.value for fact in Fact), *(site.value for site in RatingSite))
_ORDERING: Final = frozenset({Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST})


def check_condition(path: str, condition: Condition) -> None:
    """Raise ``BadField`` for a condition that makes no sense; ``path`` is where it is in the design."""
    fact, operator, value = condition.fact, condition.operator, condition.value
    if fact not in _NAMES:
        raise BadField.at(f"{path}[0]", f"must be one of {', '.join(_NAMES)}")
    if operator in _ORDERING and fact not in _NUMBERS:
        raise BadField.at(f"{path}[1]", f"must be one of eq, ne, in, has: {fact} has no order")
    values = value if isinstance(value, tuple) else (value,)
    if not all(is_plain(each) for each in values if isinstance(each, str)):
        raise BadField.at(f"{path}[2]", "must not have line breaks or control characters")
    if not (_is_testable(fact, value) if operator is Operator.HAS else _is_comparable(fact, operator, value)):
        raise BadField.at(f"{path}[2]", f"must be {_allowed(fact, operator)}")


def _is_testable(fact: str, value: object) -> bool:
    return isinstance(value, bool) or (fact == Fact.GENRE and isinstance(value, str))


def _is_comparable(fact: str, operator: Operator, value: object) -> bool:
    if operator is Operator.IN:
        return isinstance(value, tuple) and bool(value) and all(_is_possible(fact, each) for each in value)
    return _is_possible(fact, value)


def _is_possible(fact: str, value: object) -> bool:
    if fact in _NUMBERS:
        return isinstance(value, float) and 0 <= value <= _NUMBERS[fact]
    return isinstance(value, str) and value in _WORDS.get(fact, (value,))


def _allowed(fact: str, operator: Operator) -> str:
    if operator is Operator.HAS:
        return "true, false, or a genre" if fact == Fact.GENRE else "true or false"
    is_list = operator is Operator.IN
    if fact in _NUMBERS:
        return f"{'a list of numbers' if is_list else 'a number'} from 0 to {_NUMBERS[fact]:,}"
    if fact in _WORDS:
        return f"{'a list of' if is_list else 'one of'} {', '.join(_WORDS[fact])}"
    return "a list of texts" if is_list else "text"
