"""The elements of a design.

Lengths are thousandths of the canvas width, so that one design serves every size. ``anchor`` is one of nine points;
``x`` and ``y`` are distances inwards from it, and from the middle to the right and downwards.
"""

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

import msgspec

from shared.designs.conditions import MOST_CONDITIONS, Condition
from shared.domain.ratings import RatingSite
from shared.settings.model import DEFAULT_ORDER, MOST_BADGES, SashWord

WIDEST: Final = 1000
TALLEST: Final = 2000
LONGEST_TEXT: Final = 60
AUTO: Final = "auto"


class AnchorPoint(StrEnum):
    """One of nine points of the canvas: top, middle, bottom; left, centre, right."""

    TOP_LEFT = "tl"
    TOP_CENTRE = "tc"
    TOP_RIGHT = "tr"
    MIDDLE_LEFT = "ml"
    MIDDLE_CENTRE = "mc"
    MIDDLE_RIGHT = "mr"
    BOTTOM_LEFT = "bl"
    BOTTOM_CENTRE = "bc"
    BOTTOM_RIGHT = "br"


class Edge(StrEnum):
    """An edge of the canvas."""

    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"


class Flow(StrEnum):
    """How several badges follow each other."""

    ROW = "row"
    COLUMN = "column"


class LabelStyle(StrEnum):
    """How a badge names its rating site."""

    OFFICIAL = "official"
    ICON = "icon"
    TEXT = "text"


class CornerStyle(StrEnum):
    """The corners of a badge."""

    ROUNDED = "rounded"
    PILL = "pill"


class Ground(StrEnum):
    """What is behind a badge's value."""

    COLOURED = "coloured"
    DARK = "dark"
    TRANSLUCENT = "translucent"
    NONE = "none"


class AgeSystem(StrEnum):
    """Whose age rating is drawn."""

    OFFICIAL = "official"
    COMMONSENSE = "commonsense"


class Weight(StrEnum):
    """The weight of a text's font."""

    REGULAR = "regular"
    BOLD = "bold"


class Alignment(StrEnum):
    """How the lines of a text are aligned."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


Across: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=WIDEST)]
Down: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=TALLEST)]
Width: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=WIDEST)]
Height: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=TALLEST)]
PerCent: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=100)]
Scale: TypeAlias = Annotated[int, msgspec.Meta(ge=25, le=400)]  # per cent of a medium badge
_SIX_DIGITS: Final = "#[0-9a-fA-F]{6}"
_AT_THE_END: Final = r"(?!\n)$"  # Python's $ alone would also match before a line break
PlainColour: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^{_SIX_DIGITS}{_AT_THE_END}", description="Use # and six hexadecimal digits, such as #f5c518."
    ),
]
AnyColour: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^({AUTO}|{_SIX_DIGITS}){_AT_THE_END}",
        description=f"Use {AUTO}, or # and six hexadecimal digits, such as #f5c518.",
    ),
]


class Element(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all elements have: the conditions, of which each must be met for the element to be drawn."""

    when: Annotated[tuple[Condition, ...], msgspec.Meta(max_length=MOST_CONDITIONS)] = ()


class BadgeElement(Element, frozen=True, kw_only=True):
    """What elements that draw rating badges have."""

    x: Across = 26
    y: Down = 24
    scale: Scale = 100
    label: LabelStyle = LabelStyle.OFFICIAL
    shape: CornerStyle = CornerStyle.ROUNDED
    background: Ground = Ground.COLOURED
    opacity: Annotated[int, msgspec.Meta(ge=10, le=100)] = 100


class RatingsElement(BadgeElement, frozen=True, kw_only=True, tag="ratings"):
    """Badges that follow each other and close up where a rating is missing; ``wrap`` is how many stand in a line."""

    anchor: AnchorPoint = AnchorPoint.BOTTOM_LEFT
    flow: Flow = Flow.ROW
    wrap: Annotated[int, msgspec.Meta(ge=1, le=MOST_BADGES)] = MOST_BADGES
    gap: Annotated[int, msgspec.Meta(ge=0, le=200)] = 12
    sites: Annotated[tuple[RatingSite, ...], msgspec.Meta(min_length=1, max_length=14)] = DEFAULT_ORDER
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_BADGES)] = 3


class RatingElement(BadgeElement, frozen=True, kw_only=True, tag="rating", rename={"otherwise": "else"}):
    """One rating in a fixed place; where it is missing, that of ``else``, or nothing."""

    site: RatingSite
    anchor: AnchorPoint = AnchorPoint.TOP_RIGHT
    otherwise: RatingSite | None = None


class AwardElement(Element, frozen=True, kw_only=True, tag="award"):
    """The statuette of an Oscar or an Emmy."""

    anchor: AnchorPoint = AnchorPoint.TOP_LEFT
    x: Across = 26
    y: Down = 34
    scale: Scale = 100


class SashElement(Element, frozen=True, kw_only=True, tag="sash"):
    """The first of some words that applies to the title, such as *new* or *trending*."""

    words: Annotated[tuple[SashWord, ...], msgspec.Meta(min_length=1, max_length=6)]
    anchor: AnchorPoint = AnchorPoint.TOP_LEFT
    x: Across = 26
    y: Down = 34
    scale: Scale = 100


class AgeElement(Element, frozen=True, kw_only=True, tag="age"):
    """The age rating."""

    system: AgeSystem = AgeSystem.OFFICIAL
    anchor: AnchorPoint = AnchorPoint.BOTTOM_RIGHT
    x: Across = 26
    y: Down = 24
    scale: Scale = 100


class QualityElement(Element, frozen=True, kw_only=True, tag="quality"):
    """The quality badges that the address of the picture names."""

    anchor: AnchorPoint = AnchorPoint.TOP_LEFT
    x: Across = 26
    y: Down = 34
    scale: Scale = 100


class LogoElement(Element, frozen=True, kw_only=True, tag="logo"):
    """The title's logo, as large as its box allows; without one, its name in letters."""

    anchor: AnchorPoint = AnchorPoint.BOTTOM_CENTRE
    x: Across = 0
    y: Down = 120
    width: Width = 700
    height: Height = 200


class TextElement(Element, frozen=True, kw_only=True, tag="text"):
    """Words with fields such as ``{title}``, or ``{runtime|–}`` with what stands for an unknown one."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    anchor: AnchorPoint = AnchorPoint.BOTTOM_CENTRE
    x: Across = 0
    y: Down = 90
    size: Annotated[int, msgspec.Meta(ge=10, le=400)] = 40
    weight: Weight = Weight.BOLD
    colour: PlainColour = "#ffffff"
    align: Alignment = Alignment.CENTRE
    lines: Annotated[int, msgspec.Meta(ge=1, le=5)] = 2
    width: Width = 900


class ScrimElement(Element, frozen=True, kw_only=True, tag="scrim"):
    """A gradient from an edge, dense there, clear at its ``height``."""

    edge: Edge = Edge.BOTTOM
    height: Height = 300
    opacity: PerCent = 70
    colour: PlainColour = "#000000"


class BoxElement(Element, frozen=True, kw_only=True, tag="box"):
    """A rounded rectangle."""

    width: Width
    height: Height
    anchor: AnchorPoint = AnchorPoint.MIDDLE_CENTRE
    x: Across = 0
    y: Down = 0
    radius: Annotated[int, msgspec.Meta(ge=0, le=WIDEST)] = 0
    colour: PlainColour = "#000000"
    opacity: PerCent = 60


class BarElement(Element, frozen=True, kw_only=True, tag="bar"):
    """A score as a length; ``auto`` goes from red to green with the score."""

    site: RatingSite
    anchor: AnchorPoint = AnchorPoint.BOTTOM_CENTRE
    x: Across = 0
    y: Down = 0
    width: Width = WIDEST
    height: Height = 12
    colour: AnyColour = AUTO


AnyElement: TypeAlias = (
    RatingsElement
    | RatingElement
    | AwardElement
    | SashElement
    | AgeElement
    | QualityElement
    | LogoElement
    | TextElement
    | ScrimElement
    | BoxElement
    | BarElement
)
