"""Chips: short texts in the shape of the badges, with no colour of a source."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.colours import INK


class ChipRole(StrEnum):
    """What a row of chips tells."""

    SASH = "sash"
    """One label: an award, a rank, a release."""
    AGE = "age"
    """One certificate."""
    QUALITY = "quality"
    """What the client's file offers: 4K, HDR10+."""
    FACTS = "facts"
    """Genre, runtime and year."""


class Chip(msgspec.Struct, frozen=True):
    """The text of one chip, and its language, which decides the shape of ideographs."""

    text: str
    lang: str = ""


Chips = Mapping[ChipRole, tuple[Chip, ...]]
"""The chips of a picture by row, in order; a row without any is absent. ``script_fonts.can_write`` is true of each."""

NO_CHIPS: Final[Chips] = MappingProxyType({})


def chip_content(chip: Chip) -> BadgeContent:
    """Return the content of a badge that has no label part."""
    return BadgeContent(INK, chip.text, lang=chip.lang)
