"""A sheet to draw on: SVG shapes in the poster's coordinates, 1000 wide and 1500 high.

Scenes draw well beyond both sides (from -500 to 1500), so that a wide picture is a window on the same scene.
Large gradients and group opacity are slow to rasterise; flat shapes with a fill opacity are nearly free.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

Point = tuple[float, float]
# The poster's middle, from left to right.
MIDDLE = 500


def number(value: float) -> str:
    """Write a coordinate, short and always the same."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def polar(cx: float, cy: float, radius: float, degrees: float) -> Point:
    """Return the point at an angle, clockwise from the right, as SVG counts."""
    angle = math.radians(degrees)
    return cx + radius * math.cos(angle), cy + radius * math.sin(angle)


class Sheet:
    """Collects shapes in drawing order."""

    def __init__(self, *, wide: bool = False) -> None:
        self.wide = wide
        self._body: list[str] = []
        self._defs: list[str] = []

    def raw(self, element: str) -> None:
        """Add an element as it is."""
        self._body.append(element)

    def markup(self) -> str:
        """Everything drawn so far."""
        return f"<defs>{''.join(self._defs)}</defs>{''.join(self._body)}"

    def rect(self, x: float, y: float, w: float, h: float, fill: str, alpha: float = 1) -> None:
        """Draw a filled rectangle."""
        self.raw(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" '
            f'fill="{fill}"{_alpha(alpha)}/>'
        )

    def flood(self, fill: str) -> None:
        """Cover the whole sheet, bleed included."""
        self.rect(-600, -100, 2200, 1700, fill)

    def poly(self, points: Iterable[Point], fill: str, alpha: float = 1) -> None:
        """Draw a filled polygon."""
        text = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.raw(f'<polygon points="{text}" fill="{fill}"{_alpha(alpha)}/>')

    def circle(self, cx: float, cy: float, r: float, fill: str, alpha: float = 1) -> None:
        """Draw a filled circle."""
        self.raw(f'<circle cx="{number(cx)}" cy="{number(cy)}" r="{number(r)}" fill="{fill}"{_alpha(alpha)}/>')

    def ring(self, cx: float, cy: float, r: float, stroke: str, width: float, alpha: float = 1) -> None:
        """Draw the outline of a circle."""
        self.raw(
            f'<circle cx="{number(cx)}" cy="{number(cy)}" r="{number(r)}" fill="none" stroke="{stroke}"'
            f' stroke-width="{number(width)}" stroke-opacity="{number(alpha)}"/>'
        )

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, fill: str, alpha: float = 1, turn: float = 0) -> None:
        """Draw a filled ellipse, turned about its centre."""
        turned = f' transform="rotate({number(turn)} {number(cx)} {number(cy)})"' if turn else ""
        self.raw(
            f'<ellipse cx="{number(cx)}" cy="{number(cy)}" rx="{number(rx)}" ry="{number(ry)}"'
            f' fill="{fill}"{_alpha(alpha)}{turned}/>'
        )

    def path(self, d: str, fill: str, alpha: float = 1) -> None:
        """Draw a filled path."""
        self.raw(f'<path d="{d}" fill="{fill}"{_alpha(alpha)}/>')

    def line(
        self, d: str, stroke: str, width: float, *, alpha: float = 1, cap: str = "butt", join: str = "miter"
    ) -> None:
        """Draw a stroked path."""
        self.raw(
            f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{number(width)}" stroke-linecap="{cap}"'
            f' stroke-linejoin="{join}" stroke-opacity="{number(alpha)}"/>'
        )

    def strokes(
        self, points: Sequence[Point], stroke: str, width: float, *, cap: str = "round", alpha: float = 1
    ) -> None:
        """Draw a stroked line through points."""
        d = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.line(d, stroke, width, alpha=alpha, cap=cap, join="round")

    def rays(
        self, cx: float, cy: float, reach: float, angles: Iterable[tuple[float, float]], fill: str, alpha: float = 1
    ) -> None:
        """Wedges of light from one point, each between two angles."""
        for begin, end in angles:
            self.poly([(cx, cy), polar(cx, cy, reach, begin), polar(cx, cy, reach, end)], fill, alpha)

    def burst(
        self, cx: float, cy: float, inner: float, outer: float, count: int, share: float, fill: str, alpha: float = 1
    ) -> None:
        """Equal wedges all around, each filling ``share`` of its turn, beginning at ``inner``."""
        step = 360 / count
        for index in range(count):
            begin = index * step - 90 - step * share / 2
            end = begin + step * share
            corners = [
                polar(cx, cy, inner, begin),
                polar(cx, cy, outer, begin),
                polar(cx, cy, outer, end),
                polar(cx, cy, inner, end),
            ]
            self.poly(corners, fill, alpha)

    def bands(self, top: float, heights: Sequence[float], fills: Sequence[str]) -> None:
        """Flat stripes across the sheet, from ``top`` down: a sky in steps."""
        y = top
        for height, fill in zip(heights, fills, strict=True):
            self.rect(-600, y, 2200, height + 1, fill)
            y += height

    def shade(self, name: str, stops: Sequence[tuple[float, str, float]], *, across: bool = False) -> str:
        """Define a linear gradient, downwards or across; returns it as a fill."""
        x2, y2 = (1, 0) if across else (0, 1)
        self._defs.append(
            f'<linearGradient id="{name}" x1="0" y1="0" x2="{x2}" y2="{y2}">{_stops(stops)}</linearGradient>'
        )
        return f"url(#{name})"

    def glow(self, name: str, stops: Sequence[tuple[float, str, float]]) -> str:
        """Define a radial gradient from the middle of a shape; returns it as a fill."""
        self._defs.append(f'<radialGradient id="{name}">{_stops(stops)}</radialGradient>')
        return f"url(#{name})"

    @contextmanager
    def placed(self, transform: str) -> Iterator[None]:
        """Draw what follows moved, turned or scaled."""
        self.raw(f'<g transform="{transform}">')
        yield
        self.raw("</g>")

    @contextmanager
    def cut(self, name: str, shape: str) -> Iterator[None]:
        """Draw what follows only inside a shape, given as an element."""
        self._defs.append(f'<clipPath id="{name}">{shape}</clipPath>')
        self.raw(f'<g clip-path="url(#{name})">')
        yield
        self.raw("</g>")


def _alpha(alpha: float) -> str:
    return "" if alpha == 1 else f' fill-opacity="{number(alpha)}"'


def _stops(stops: Sequence[tuple[float, str, float]]) -> str:
    return "".join(f'<stop offset="{at}" stop-color="{colour}" stop-opacity="{alpha}"/>' for at, colour, alpha in stops)
