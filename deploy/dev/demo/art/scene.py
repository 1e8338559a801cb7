"""What a title's art consists of: a drawing, the lettering over it, and the colours of its second printing."""

from collections.abc import Callable

import msgspec

from deploy.dev.demo.art.lettering import Hand, write
from deploy.dev.demo.art.sheet import Point, Sheet

# Air between two lines, as a share of the lower line's height; letters with marks above need more.
_LEADING, _LEADING_MARKED = 0.26, 0.48
# And a little of the upper line's height, which small print under a large title needs.
_LEADING_BELOW = 0.08
# Letters smaller than this have no room for an inline.
_FINE = 60
_MARKED = frozenset("ÄÖÜÉÈÔÑЁ")


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """How a title is written: its lines with their heights, by language, set to one measure.

    ``foot`` is a line of small print under the English title.
    """

    hand: Hand
    ink: str
    lines: dict[str, tuple[tuple[str, float], ...]]
    foot: str = ""
    second: str = ""
    foot_ink: str = ""
    logo_ink: str = "#f4ead5"
    left: float = 90
    top: float = 95
    measure: float = 820

    def write(self, sheet: Sheet, language: str, *, ink: str, second: str, small: bool = True) -> float:
        """Write the title from the top left corner 0, 0 on; returns how deep it goes."""
        y = above = 0.0
        for position, (text, height) in enumerate(self.lines.get(language, self.lines["en"])):
            marked = bool(_MARKED & set(text))
            if position or marked:
                y += height * (_LEADING_MARKED if marked and position else _LEADING) + above * _LEADING_BELOW
            write(
                sheet,
                text,
                self.hand,
                (0, y),
                height,
                ink,
                measure=self.measure,
                second=second if height > _FINE else "",
            )
            y += height
            above = height
        if small and self.foot and language == "en":
            y += 34
            write(sheet, self.foot, _SMALL, (0, y), 22, self.foot_ink or ink, measure=self.measure)
            y += 22
        return y


_SMALL = Hand(heavy=0.14, light=0.14, gap=0.3, widest=1.25)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A title's drawing and lettering.

    ``window`` is the part of the sheet that a backdrop shows: left, top and width. ``focus`` is what a still looks at.
    ``tones`` are the darkest and the lightest colour of the duotone printing.
    """

    draw: Callable[[Sheet], None]
    bill: Bill
    window: tuple[float, float, float] = (-300, 480, 1600)
    focus: Point = (500, 760)
    tones: tuple[str, str] = ("#1b1420", "#f1e3c6")
