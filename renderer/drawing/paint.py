"""Paints a layout: puts cached sprites on the canvas and touches nothing but their own boxes."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from PIL import Image

from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.badge_metrics import BadgeMetrics
from renderer.drawing.layout.chip_layout import PlacedChips
from renderer.drawing.layout.picture_layout import Layout, Placed, PlacedAward
from renderer.drawing.layout.reserved import around
from renderer.drawing.layout.strip_layout import PlacedBadge
from renderer.drawing.sprites import Sprite, award_badge, badge

_Core = Any  # Pillow's internal picture behind every Image; its class has no public name
_Tone: TypeAlias = tuple[int, ...]


def paint(canvas: Image.Image, layout: Layout) -> None:
    """Paint the parts on the canvas, from back to front; a transparent canvas keeps their alpha."""
    for part in layout.parts:
        paint_part(canvas, part)


def paint_part(canvas: Image.Image, part: Placed) -> None:
    """Paint the award badge, a row of chips, or badges."""
    if isinstance(part, PlacedAward):
        _put(canvas, award_badge(part), part.box[0], part.box[1])
    elif isinstance(part, PlacedChips):
        tone = _tone_behind(canvas, around(chip.box for chip in part.chips))
        for chip in part.chips:
            _put(canvas, badge(chip.metrics, chip.content), chip.x, chip.y, tone)
    else:
        for line in part.lines:
            _put_line(canvas, part.metrics, [part.badges[number] for number in line])


def _put_line(canvas: Image.Image, metrics: BadgeMetrics, line: Sequence[PlacedBadge]) -> None:
    """Paint a row or a column of badges. The art shows through all of them in the same tone."""
    first, last = line[0], line[-1]
    tone = _tone_behind(canvas, (first.x, first.y, last.x + metrics.width, last.y + metrics.height))
    for placed in line:
        _put(canvas, badge(metrics, placed.content), placed.x, placed.y, tone)


def _put(canvas: Image.Image, sprite: Sprite, x: int, y: int, tone: _Tone | None = None) -> None:
    """Paint a sprite with its box at a corner; ``tone`` is what the art shows through it with."""
    corner = x - sprite.pad, y - sprite.pad
    if canvas.mode == "RGBA":  # there is no art behind it to blur
        _composite(canvas, sprite.layer, corner)
        return
    # Pillow's core is called without its wrapper, which would double the cost; the layout keeps boxes inside.
    core = canvas.im
    if sprite.frost is not None and tone is not None:
        left, top, right, bottom = sprite.frost_box
        core.paste(tone, (x + left, y + top, x + right, y + bottom), sprite.frost.im)
    if _is_inside(corner, sprite.colour.size, canvas.size):
        right, bottom = corner[0] + sprite.colour.width, corner[1] + sprite.colour.height
        core.paste(sprite.colour.im, (*corner, right, bottom), sprite.alpha.im)
    else:  # a shadow that reaches over the edge
        canvas.paste(sprite.colour, corner, sprite.alpha)


def _is_inside(corner: tuple[int, int], size: tuple[int, int], canvas: tuple[int, int]) -> bool:
    return min(corner) >= 0 and corner[0] + size[0] <= canvas[0] and corner[1] + size[1] <= canvas[1]


def _composite(canvas: Image.Image, layer: Image.Image, corner: tuple[int, int]) -> None:
    """Put a translucent layer on a translucent canvas, cropped at its edges."""
    x, y = corner
    canvas.alpha_composite(layer, (max(0, x), max(0, y)), (max(0, -x), max(0, -y)))


def _tone_behind(canvas: Image.Image, box: Box) -> _Tone | None:
    """Return the average colour of a part of the art; ``None`` without art."""
    if canvas.mode == "RGBA":
        return None
    tone: _Tone = canvas.im.resize((1, 1), Image.Resampling.BOX, box).getpixel((0, 0))
    return tone
