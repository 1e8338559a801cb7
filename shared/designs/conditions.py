"""Conditions on facts of a title, under which an element of a design is drawn."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

MOST_CONDITIONS: Final = 8
LONGEST_WORD: Final = 60


class Operator(StrEnum):
    """How a fact is compared."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    GREATER = "gt"
    AT_LEAST = "ge"
    LESS = "lt"
    AT_MOST = "le"
    IN = "in"
    HAS = "has"


class Fact(StrEnum):
    """A fact of a title, beside its ratings, which go by the names of their sites."""

    KIND = "kind"
    """``movie``, ``series`` or ``episode``."""
    AWARD = "award"
    """``oscar``, ``emmy`` or ``none``."""
    TITLE = "title"
    YEAR = "year"
    RUNTIME = "runtime"
    """In minutes."""
    GENRE = "genre"
    SEASON = "season"
    EPISODE = "episode"
    EPISODE_TITLE = "episode_title"
    STATUS = "status"
    SCORE = "score"
    """The average of the ratings, from 0 to 100."""
    RANK = "rank"


Word = Annotated[str, msgspec.Meta(max_length=LONGEST_WORD)]
Number = Annotated[float, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


class Condition(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``[fact, operator, value]``; ``fact`` is a ``Fact`` or a rating site, which compares in its own scale.

    ``in`` takes a list of values; ``has`` takes a word that a list such as the genres contains, or ``true`` for
    *is known* and ``false`` for *is unknown*. Besides that, an unknown fact meets no condition but ``ne``.
    """

    fact: Annotated[str, msgspec.Meta(max_length=20)]
    operator: Operator
    value: bool | Number | Word | Annotated[tuple[Number | Word, ...], msgspec.Meta(max_length=20)]
