"""Whether the conditions of an element are met."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from renderer.drawing.freehand.design_facts import FactValue
from shared.designs.conditions import Condition, Operator

_ORDERS: Final[dict[Operator, Callable[[float, float], bool]]] = {
    Operator.GREATER: lambda known, limit: known > limit,
    Operator.AT_LEAST: lambda known, limit: known >= limit,
    Operator.LESS: lambda known, limit: known < limit,
    Operator.AT_MOST: lambda known, limit: known <= limit,
}


def are_met(conditions: Iterable[Condition], known: Mapping[str, FactValue]) -> bool:
    """Return whether all conditions are met; ``known`` has the facts and ratings by name, without unknown ones.

    Words are compared without regard to case. A list equals a word that it contains.
    """
    return all(_is_met(condition, known.get(condition.fact)) for condition in conditions)


def _is_met(condition: Condition, fact: FactValue | None) -> bool:
    value = condition.value
    if fact is None:
        return condition.operator is Operator.NOT_EQUAL or (condition.operator is Operator.HAS and value is False)
    match condition.operator:
        case Operator.EQUAL:
            return _is_among(fact, (value,))
        case Operator.NOT_EQUAL:
            return not _is_among(fact, (value,))
        case Operator.IN:
            return _is_among(fact, value if isinstance(value, tuple) else (value,))
        case Operator.HAS:
            return value if isinstance(value, bool) else _is_among(fact, (value,))
        case order:
            return _is_number(fact) and _is_number(value) and _ORDERS[order](float(fact), float(value))  # type: ignore[arg-type]  # as checked


def _is_among(fact: FactValue, values: Iterable[object]) -> bool:
    """Return whether a fact, or one of its words, is among values."""
    facts = fact if isinstance(fact, tuple) else (fact,)
    return not {_comparable(each) for each in facts}.isdisjoint(_comparable(value) for value in values)


def _comparable(value: object) -> object:
    """Return a value so that equal meanings are equal: ``True`` is no number, and the case of words does not count."""
    if isinstance(value, bool | tuple):
        return repr(value), type(value)
    return value.casefold() if isinstance(value, str) else value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
