"""The statuette's sprite: the drawing alone, with a shadow that carries it on white as well as on black art."""

from typing import Final

import cachetools
from PIL import Image, ImageFilter

from renderer.drawing import icons
from renderer.drawing.colours import WHITE
from renderer.drawing.layout import PlacedAward
from renderer.drawing.sprite import Sprite, filled, kept, lock, shaded
from shared.domain.awards import Award

_SHADOW_REACH: Final = 8  # figures at medium size: within the margin
_SHADOWS: Final = ((3.2, 0.6), (1.0, 0.45))  # a soft one, wide enough to be seen on white, and a thin outline
_SHADOW_DROP: Final = 1.2
_LIGHT_REACH: Final = 0.9
_LIGHT: Final = 0.15  # how strong the light around the figure is: it parts the black foot from black art


def statuette(figure: PlacedAward) -> Sprite:
    """Return the finished statuette; the same object while it is remembered."""
    left, top, right, bottom = figure.box
    return _drawn(figure.award, right - left, bottom - top, figure.unit)


@cachetools.cached(kept, lock=lock)
def _drawn(award: Award, width: int, height: int, unit: float) -> Sprite:
    pad = max(1, round(_SHADOW_REACH * unit))
    drawing = Image.new("RGBA", (width + 2 * pad, height + 2 * pad))
    drawing.paste(icons.icon(icons.award_name(award), width, height), (pad, pad))
    shadows = tuple((radius * unit, strength) for radius, strength in _SHADOWS)
    layer = shaded(drawing, shadows, round(_SHADOW_DROP * unit))
    glow = drawing.getchannel("A").filter(ImageFilter.GaussianBlur(_LIGHT_REACH * unit))
    layer.alpha_composite(filled(WHITE, glow.point([round(level * _LIGHT) for level in range(256)])))
    layer.alpha_composite(drawing)
    return Sprite(layer, pad)
