"""Shapes that several scenes share: stars, clouds, smoke, towers, flames, eyes, birds."""

import math
from collections.abc import Iterable, Sequence

from deploy.dev.demo.art.sheet import Point, Sheet, number


def scatter(count: int, seed: float = 0.0) -> list[Point]:
    """Spread points over the unit square, evenly but without a visible grid; always the same ones."""
    return [
        ((0.5 + 0.7548776662 * (i + 1) + seed) % 1, (0.5 + 0.5698402910 * (i + 1) + seed * 1.7) % 1)
        for i in range(count)
    ]


def stars(sheet: Sheet, box: tuple[float, float, float, float], count: int, fill: str, *, seed: float = 0.0) -> None:
    """Four-pointed stars of several sizes within left, top, width, height."""
    left, top, width, height = box
    for index, (x, y) in enumerate(scatter(count, seed)):
        cx, cy, r = left + x * width, top + y * height, (3, 4, 5, 9, 3, 14)[index % 6]
        waist = r * 0.2
        points = [polar_at(cx, cy, (r if k % 2 == 0 else waist), k * 45 - 90) for k in range(8)]
        sheet.poly(points, fill)


def polar_at(cx: float, cy: float, radius: float, degrees: float) -> Point:
    """Return the point at an angle, clockwise from the right."""
    return cx + radius * math.cos(math.radians(degrees)), cy + radius * math.sin(math.radians(degrees))


def scallops(
    sheet: Sheet,
    y: float,
    radius: float,
    fills: Sequence[str],
    *,
    left: float = -600,
    right: float = 1600,
    shift: float = 0,
) -> None:
    """Draw a row of half discs, each of concentric rings: clouds and waves as wallpaper draws them."""
    x = left + shift
    while x < right + radius:
        for ring, fill in enumerate(fills):
            r = radius * (1 - ring / len(fills))
            sheet.path(
                f"M{number(x - r)} {number(y)} A{number(r)} {number(r)} 0 0 1 {number(x + r)} {number(y)} Z", fill
            )
        x += radius * 2


def puffs(sheet: Sheet, discs: Iterable[tuple[float, float, float]], fill: str, alpha: float = 1) -> None:
    """Smoke or cloud of overlapping discs."""
    for x, y, r in discs:
        sheet.circle(x, y, r, fill, alpha)


def tower(sheet: Sheet, x: float, base: float, steps: Sequence[tuple[float, float]], lit: str, dark: str) -> None:
    """Draw a stepped tower about ``x``: each step is half a width and a height, from the ground up."""
    y = base
    for half, height in steps:
        sheet.rect(x - half, y - height, half, height + 1, lit)
        sheet.rect(x, y - height, half, height + 1, dark)
        y -= height


def flame(x: float, base: float, width: float, height: float, lean: float = 0.0) -> str:
    """Return the path of a flame: a drop with an S-shaped tip; ``lean`` moves the tip."""
    tip = x + lean
    return (
        f"M{number(x)} {number(base)}"
        f" C{number(x - width * 0.75)} {number(base)} {number(x - width * 0.62)} {number(base - height * 0.42)}"
        f" {number(x - width * 0.16)} {number(base - height * 0.62)}"
        f" C{number(x + width * 0.02)} {number(base - height * 0.72)} {number(tip - width * 0.12)} "
        f"{number(base - height * 0.86)}"
        f" {number(tip)} {number(base - height)}"
        f" C{number(tip + width * 0.14)} {number(base - height * 0.8)} {number(x + width * 0.5)} "
        f"{number(base - height * 0.62)}"
        f" {number(x + width * 0.52)} {number(base - height * 0.36)}"
        f" C{number(x + width * 0.56)} {number(base - height * 0.1)} {number(x + width * 0.34)} "
        f"{number(base)} {number(x)} {number(base)} Z"
    )


def almond(cx: float, cy: float, half: float, up: float, down: float) -> str:
    """Return the path of an eye's opening."""
    return (
        f"M{number(cx - half)} {number(cy)} C{number(cx - half * 0.45)} {number(cy - up * 1.32)}"
        f" {number(cx + half * 0.45)} {number(cy - up * 1.32)} {number(cx + half)} {number(cy)}"
        f" C{number(cx + half * 0.45)} {number(cy + down * 1.32)} {number(cx - half * 0.45)} {number(cy + down * 1.32)}"
        f" {number(cx - half)} {number(cy)} Z"
    )


def bowler(sheet: Sheet, cx: float, y: float, half: float, fill: str) -> None:
    """Draw a bowler hat whose brim's middle is at ``cx``, ``y``."""
    sheet.path(
        f"M{number(cx - half * 0.66)} {number(y)} C{number(cx - half * 0.72)} {number(y - half * 0.95)}"
        f" {number(cx + half * 0.72)} {number(y - half * 0.95)} {number(cx + half * 0.66)} {number(y)} Z",
        fill,
    )
    sheet.path(
        f"M{number(cx - half * 1.06)} {number(y - half * 0.16)} Q{number(cx)} "
        f"{number(y + half * 0.2)} {number(cx + half * 1.06)} {number(y - half * 0.16)}"
        f" Q{number(cx + half * 0.95)} {number(y + half * 0.14)} {number(cx)} {number(y + half * 0.16)}"
        f" Q{number(cx - half * 0.95)} {number(y + half * 0.14)} {number(cx - half * 1.06)} "
        f"{number(y - half * 0.16)} Z",
        fill,
    )
