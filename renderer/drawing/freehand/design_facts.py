"""What is known of a title where a freehand design is drawn on it, besides its ratings and its award."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from renderer.drawing.chip_content import Chip
from shared.designs.conditions import Fact
from shared.designs.elements import AgeSystem
from shared.settings.model import SashWord

FactValue: TypeAlias = float | str | tuple[str, ...]
"""A fact as conditions compare it; several words for one that is a list."""


class DesignFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts; unknown ones are absent."""

    values: Mapping[Fact, FactValue] = {}
    """For conditions: numbers, and words that are the same in every language."""
    words: Mapping[Fact, str] = {}
    """For texts: in the language of the design."""
    lang: str = ""
    """The language of the words, which decides the shape of ideographs."""
    sashes: Mapping[tuple[SashWord, ...], Chip] = {}
    """What a sash with these words says."""
    ages: Mapping[AgeSystem, str] = {}
    quality: tuple[Chip, ...] = ()


NO_FACTS: Final = DesignFacts()
