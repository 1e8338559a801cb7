"""Paints a layout: puts cached sprites on the canvas and touches nothing but their own boxes."""

from typing import Any, Final

from PIL import Image

from renderer.drawing.layout.chip_layout import PlacedChips
from renderer.drawing.layout.picture_layout import Layout, PlacedAward
from renderer.drawing.sprites import Sprite, award_badge, badge

_Core = Any  # Pillow's internal picture behind every Image; its class has no public name
_BLUR: Final = 10  # the art under a translucent badge is averaged over about this many pixels at medium size


def paint(canvas: Image.Image, layout: Layout) -> None:
    """Paint the parts on the canvas, from back to front; a transparent canvas keeps their alpha."""
    for part in layout.parts:
        if isinstance(part, PlacedAward):
            _put(canvas, award_badge(part), part.box[0], part.box[1], part.unit)
        elif isinstance(part, PlacedChips):
            for chip in part.chips:
                _put(canvas, badge(chip.metrics, chip.content), chip.x, chip.y, chip.metrics.unit)
        else:
            for placed in part.badges:
                _put(canvas, badge(part.metrics, placed.content), placed.x, placed.y, part.metrics.unit)


def _put(canvas: Image.Image, sprite: Sprite, x: int, y: int, unit: float) -> None:
    corner = x - sprite.pad, y - sprite.pad
    if canvas.mode == "RGBA":  # there is no art behind it to blur
        _composite(canvas, sprite.layer, corner)
        return
    # Pillow's core is called without its wrapper, which would double the cost; the layout keeps boxes inside.
    core = canvas.im
    if sprite.blur_mask is not None:
        left, top, right, bottom = sprite.blur_box
        box = (x + left, y + top, x + right, y + bottom)
        core.paste(_blurred(core, box, unit), box, sprite.blur_mask.im)
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


def _blurred(core: _Core, box: tuple[int, int, int, int], unit: float) -> _Core:
    """Return a part of a picture, blurred as through frosted glass."""
    radius = max(2.0, _BLUR * unit)
    width, height = box[2] - box[0], box[3] - box[1]
    small = max(2, round(width / radius)), max(2, round(height / radius))
    soft = core.resize(small, Image.Resampling.BOX, box)
    return soft.resize((width, height), Image.Resampling.BILINEAR, (0, 0, *small))
