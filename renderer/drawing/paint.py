"""Turns a layout into pixels: lays remembered sprites on the canvas and touches nothing but their own boxes."""

from typing import Any, Final

from PIL import Image

from renderer.drawing.award_badge import statuette
from renderer.drawing.badge import badge
from renderer.drawing.layout import Layout, PlacedAward
from renderer.drawing.sprite import Sprite

_Core = Any  # Pillow's own picture behind every Image; its class has no name outside
_FROST: Final = 10  # art under a translucent badge is averaged over about this many pixels at medium size


def paint(canvas: Image.Image, layout: Layout) -> None:
    """Draw the parts on the canvas, from back to front; where it is transparent, their own alpha stays."""
    for part in layout.parts:
        if isinstance(part, PlacedAward):
            _lay(canvas, statuette(part), part.box[0], part.box[1], part.unit)
        else:
            for placed in part.badges:
                _lay(canvas, badge(part.frame, placed.face), placed.x, placed.y, part.frame.unit)


def _lay(canvas: Image.Image, sprite: Sprite, x: int, y: int, unit: float) -> None:
    corner = x - sprite.pad, y - sprite.pad
    if canvas.mode == "RGBA":  # nothing lies behind it: no glass to look through
        _composite(canvas, sprite.layer, corner)
        return
    # Pillow's core is called without its wrapper, which would cost as much again; the layout keeps boxes inside.
    core = canvas.im
    if sprite.pane is not None:
        left, top, right, bottom = sprite.glass
        box = (x + left, y + top, x + right, y + bottom)
        core.paste(_frosted(core, box, unit), box, sprite.pane.im)
    if _is_inside(corner, sprite.colour.size, canvas.size):
        right, bottom = corner[0] + sprite.colour.width, corner[1] + sprite.colour.height
        core.paste(sprite.colour.im, (*corner, right, bottom), sprite.alpha.im)
    else:  # a shadow that reaches over the edge
        canvas.paste(sprite.colour, corner, sprite.alpha)


def _is_inside(corner: tuple[int, int], size: tuple[int, int], canvas: tuple[int, int]) -> bool:
    return min(corner) >= 0 and corner[0] + size[0] <= canvas[0] and corner[1] + size[1] <= canvas[1]


def _composite(canvas: Image.Image, layer: Image.Image, corner: tuple[int, int]) -> None:
    """Lay a translucent layer on a translucent canvas, leaving off what is outside of it."""
    x, y = corner
    canvas.alpha_composite(layer, (max(0, x), max(0, y)), (max(0, -x), max(0, -y)))


def _frosted(core: _Core, box: tuple[int, int, int, int], unit: float) -> _Core:
    """Return a part of a picture as seen through frosted glass."""
    grain = max(2.0, _FROST * unit)
    width, height = box[2] - box[0], box[3] - box[1]
    small = max(2, round(width / grain)), max(2, round(height / grain))
    soft = core.resize(small, Image.Resampling.BOX, box)
    return soft.resize((width, height), Image.Resampling.BILINEAR, (0, 0, *small))
