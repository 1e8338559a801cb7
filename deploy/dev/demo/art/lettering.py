"""Setting lines of the alphabet: letters grow wider or narrower to fill a measure, their strokes stay as heavy."""

import math
import re

import msgspec

from deploy.dev.demo.art.alphabet import ALPHABET, Glyph
from deploy.dev.demo.art.sheet import Point, Sheet, number

_COMMAND = re.compile(r"([MLHV])\s*(-?[\d.]+)\s+(-?[\d.]+)")
# How far a quarter of an ellipse's handles reach.
_KAPPA = 0.5523
_NARROWEST = 0.42
_LARGEST_ADDED_GAP = 0.75


class Hand(msgspec.Struct, frozen=True):
    """A way of writing; all measures are shares of the letters' height.

    ``inline`` draws a line of a second colour inside the strokes; ``lean`` slants; ``crooked`` unsettles each
    letter; ``widest`` is how far a letter may be stretched.
    """

    heavy: float = 0.17
    light: float = 0.17
    gap: float = 0.12
    cap: str = "square"
    inline: float = 0.0
    lean: float = 0.0
    crooked: float = 0.0
    widest: float = 1.9

    def weight(self, role: str) -> float:
        """Return the width of a stroke of this role."""
        match role:
            case "s" | "c" | "d":
                return self.heavy
            case "m":
                return (self.heavy + self.light) / 2
            case "a":
                return max(min(self.light, 0.13), 0.06)
            case "p":
                return max(min(self.heavy, 0.2), 0.1)
            case _:
                return self.light


def natural_width(text: str, hand: Hand, wide: float = 1) -> float:
    """Return how long a line is for letters of height one."""
    letters = sum(_letter_width(ALPHABET[c], hand, wide) for c in text)
    return letters + hand.gap * (len(text) - 1)


def _letter_width(glyph: Glyph, hand: Hand, wide: float) -> float:
    return glyph.width * wide if glyph.width else hand.heavy


def fitted(text: str, hand: Hand, measure: float) -> tuple[float, float, float]:
    """Return the letters' width, the gap between them and the indent that make a line of ``measure`` (in heights).

    A short word is not torn apart: it is indented, so that it stands in the middle.
    """
    elastic = sum(ALPHABET[c].width for c in text)
    fixed = natural_width(text, hand) - elastic
    wide = min(max((measure - fixed) / elastic, _NARROWEST), hand.widest) if elastic else 1
    rest = measure - natural_width(text, hand, wide)
    joints = max(len(text) - 1, 1)
    added = min(rest / joints, _LARGEST_ADDED_GAP)
    return wide, hand.gap + added, (rest - added * joints) / 2


def write(
    sheet: Sheet,
    text: str,
    hand: Hand,
    at: Point,
    height: float,
    ink: str,
    *,
    measure: float | None = None,
    second: str = "",
) -> None:
    """Write one line with its top left corner ``at``; ``measure`` makes it exactly that long.

    ``second`` is the colour of the inline.
    """
    wide, gap, indent = fitted(text, hand, measure / height) if measure else (1.0, hand.gap, 0.0)
    outer, inner, x = [], [], at[0] + indent * height
    for index, letter in enumerate(text):
        glyph = ALPHABET[letter]
        width = _letter_width(glyph, hand, wide) * height
        place = _placed(index, letter, hand, (x, at[1]), (width, height))
        strokes = [_stroke(role, path, hand, width, height) for role, path in glyph.strokes]
        outer.append(f"<g{place}>{''.join(strokes)}</g>")
        inner.append(
            f"<g{place}>{''.join(_inline(path, role, hand, width, height) for role, path in glyph.strokes)}</g>"
        )
        x += width + gap * height
    sheet.raw(f'<g fill="{ink}" stroke="{ink}" stroke-linejoin="miter">{"".join(outer)}</g>')
    if hand.inline and second:
        line = number(hand.inline * height)
        sheet.raw(f'<g fill="none" stroke="{second}" stroke-width="{line}" stroke-linecap="butt">{"".join(inner)}</g>')


def _placed(index: int, letter: str, hand: Hand, at: Point, size: tuple[float, float]) -> str:
    """Where a letter stands; a crooked hand turns and shifts each one, always in the same way."""
    width, height = size
    transform = f"translate({number(at[0])} {number(at[1])})"
    if hand.lean:
        transform += f" translate({number(hand.lean * height)} 0) skewX({number(-math.degrees(math.atan(hand.lean)))})"
    if hand.crooked:
        wobble = math.sin(index * 2.4 + ord(letter)) * hand.crooked
        transform += f" rotate({number(wobble * 22)} {number(width / 2)} {number(height / 2)})"
        transform += f" translate(0 {number(math.cos(index * 1.7) * hand.crooked * height * 0.25)})"
    return f' transform="{transform}"'


def _stroke(role: str, path: str, hand: Hand, width: float, height: float) -> str:
    weight = hand.weight(role) * height
    if role in "de" and hand.cap != "round":
        return _diagonal(path, weight, width, height)
    d = _curve(path, weight, width, height, accent=role == "a")
    cap = _cap(role, hand)
    return f'<path d="{d}" fill="none" stroke-width="{number(weight)}" stroke-linecap="{cap}"/>'


def _cap(role: str, hand: Hand) -> str:
    if role == "p":  # a point has no length, so its cap is all there is of it
        return "round" if hand.cap == "round" else "square"
    if role == "a" or (role == "c" and hand.heavy != hand.light):
        return "butt"
    return hand.cap


def _diagonal(path: str, weight: float, width: float, height: float) -> str:
    """Draw a slanting bar whose ends are cut level, so that it stands on the line like an upright one."""
    (_, x0, y0), (_, x1, y1) = _commands(path)
    rise = abs(y1 - y0) * height
    # The bar's level width, from its slope; two rounds settle it, as the inset depends on it.
    level = weight
    for _ in range(3):
        run = abs(x1 - x0) * max(width - level, 0)
        level = weight * math.hypot(run, rise) / rise
    inset = level / 2
    left, right = inset + x0 * (width - level), inset + x1 * (width - level)
    corners = ((left - inset, y0), (left + inset, y0), (right + inset, y1), (right - inset, y1))
    points = " ".join(f"{number(x)},{number(y * height)}" for x, y in corners)
    return f'<polygon points="{points}" stroke="none"/>'


def _inline(path: str, role: str, hand: Hand, width: float, height: float) -> str:
    if role in "ap":
        return ""
    return f'<path d="{_curve(path, hand.weight(role) * height, width, height)}"/>'


def _commands(path: str) -> list[tuple[str, float, float]]:
    return [(verb, float(x), float(y)) for verb, x, y in _COMMAND.findall(path)]


def _curve(path: str, weight: float, width: float, height: float, *, accent: bool = False) -> str:
    """Turn a stroke of the alphabet into an SVG path inside a letter's box, kept in by half its weight."""
    inset = 0 if accent else weight / 2
    now, parts = (0.0, 0.0), []
    for verb, x, y in _commands(path):
        to = (inset + x * (width - 2 * inset), inset + y * (height - 2 * inset))
        if verb in "ML":
            parts.append(f"{verb}{number(to[0])} {number(to[1])}")
        else:
            parts.append(_quarter(now, to, level=verb == "H"))
        now = to
    return "".join(parts)


def _quarter(start: Point, end: Point, *, level: bool) -> str:
    dx, dy = (end[0] - start[0]) * _KAPPA, (end[1] - start[1]) * _KAPPA
    if level:
        first, second = (start[0] + dx, start[1]), (end[0], end[1] - dy)
    else:
        first, second = (start[0], start[1] + dy), (end[0] - dx, end[1])
    return "C" + " ".join(f"{number(x)} {number(y)}" for x, y in (first, second, end))
