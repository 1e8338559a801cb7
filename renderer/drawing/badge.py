"""The sprite of one badge: its ground, rim, shadow, icon and value, drawn with every finish."""

from typing import Final

import cachetools
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from renderer.drawing import icons, text
from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.badge_grid import Box
from renderer.drawing.badge_metrics import Frame
from renderer.drawing.colours import BLACK, INK, WHITE
from renderer.drawing.sprite import Sprite, filled, kept, lock, shaded
from shared.settings.model import Axis, Background

_FINER: Final = 4  # masks are drawn this many times larger and averaged down: smooth corners
_VALUE_ALPHA: Final = 0.78
_DARK_ALPHA: Final = 0.82
_GLASS_ALPHA: Final = 0.56
_LIFT: Final = 0.1  # how much lighter than its colour a label is at its top, and darker at its foot
_RIM: Final = 0.36  # white along the inner edge, at the top; it fades towards the foot
_RIM_FOOT: Final = 0.18
_QUIET: Final = 0.72  # how white a word is beside its value on one ground
_SHADOW: Final = 0.42
_SHADOW_REACH: Final = 6  # figures at medium size: never as far as the next badge
_SHADOW_BLUR: Final = 2.4
_SHADOW_DROP: Final = 1.5
_HALO: Final = ((3.2, 1.8), (1.1, 1.6))  # around bare white, near and wide, so that it reads on any art
_MARK_HALO: Final = ((2.6, 0.7), (1.0, 0.4))  # a mark with its own colours needs less


@cachetools.cached(kept, lock=lock)
def badge(frame: Frame, face: BadgeContent) -> Sprite:
    """Return the finished badge; the same object while it is remembered."""
    pad = max(1, round(_SHADOW_REACH * frame.unit))
    layer = Image.new("RGBA", (frame.width + 2 * pad, frame.height + 2 * pad))
    if frame.background is Background.NONE:
        return Sprite(_bare(layer, frame, face, pad), pad)
    body = _rounded((frame.width, frame.height), frame.radius)
    _drop_shadow(layer, body, frame.unit, pad)
    layer.alpha_composite(_ground(frame, face, body), (pad, pad))
    layer.alpha_composite(_label(frame, face), (pad, pad))
    layer.alpha_composite(_value(frame, face), (pad, pad))
    glass = _parts(frame)[1] if frame.background is Background.COLOURED else (0, 0, frame.width, frame.height)
    return Sprite(layer, pad, glass, body.crop(glass))


def _rounded(size: tuple[int, int], radius: int, edge: int = 0) -> Image.Image:
    """Return the mask of a rounded box; ``edge`` draws it that many pixels smaller on every side."""
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    box = (edge * _FINER, edge * _FINER, (size[0] - edge) * _FINER - 1, (size[1] - edge) * _FINER - 1)
    if box[2] > box[0] and box[3] > box[1]:
        ImageDraw.Draw(fine).rounded_rectangle(box, max(0, radius - edge) * _FINER, fill=255)
    return fine.reduce(_FINER)


def _faded(mask: Image.Image, top: float, foot: float) -> Image.Image:
    """Return the mask with strength ``top`` at its top and ``foot`` at its foot."""
    ramp = Image.linear_gradient("L").resize(mask.size)
    ramp = ramp.point([round(255 * (top + (foot - top) * level / 255)) for level in range(256)])
    return ImageChops.multiply(mask, ramp)


def _drop_shadow(layer: Image.Image, body: Image.Image, unit: float, pad: int) -> None:
    """Draw a soft shadow around the body, not under it: the art must shine through a translucent ground."""
    shape = Image.new("L", layer.size)
    shape.paste(body, (pad, pad + round(_SHADOW_DROP * unit)))
    shape = shape.filter(ImageFilter.GaussianBlur(_SHADOW_BLUR * unit)).point([round(v * _SHADOW) for v in range(256)])
    hole = Image.new("L", layer.size, 255)
    hole.paste(0, (pad, pad), body)
    layer.alpha_composite(filled(BLACK, ImageChops.multiply(shape, hole)))


def _parts(frame: Frame) -> tuple[Box, Box]:
    """Return the boxes of label and value within the badge."""
    if frame.axis is Axis.VERTICAL:
        return (0, 0, frame.width, frame.label), (0, frame.label, frame.width, frame.height)
    return (0, 0, frame.label, frame.height), (frame.label, 0, frame.width, frame.height)


def _ground(frame: Frame, face: BadgeContent, body: Image.Image) -> Image.Image:
    """Return what icon and value stand on, with its rim of light."""
    alpha = {Background.DARK: _DARK_ALPHA, Background.TRANSLUCENT: _GLASS_ALPHA}.get(frame.background, _VALUE_ALPHA)
    ground = filled(INK, body.point([round(level * alpha) for level in range(256)]))
    if frame.background is Background.COLOURED:
        label, _ = _parts(frame)
        part = Image.new("L", body.size)
        part.paste(body.crop(label), label)
        ground.paste(filled(face.colour, part), (0, 0), part.point([255 if level else 0 for level in range(256)]))
        ground.alpha_composite(filled(WHITE, _faded(part, _LIFT, 0.0)))
        ground.alpha_composite(filled(BLACK, _faded(part, 0.0, _LIFT)))
    rim = max(1, round(frame.unit))
    inner = _rounded((frame.width, frame.height), frame.radius, rim)
    ground.alpha_composite(filled(WHITE, _faded(ImageChops.subtract(body, inner), _RIM, _RIM_FOOT)))
    return ground


def _label(frame: Frame, face: BadgeContent) -> Image.Image:
    """Return the icon or the word, on nothing."""
    layer = Image.new("RGBA", (frame.width, frame.height))
    box, _ = _parts(frame)
    box = (box[0] + frame.shift, *box[1:])
    if face.icon:
        side = frame.icon
        layer.alpha_composite(
            icons.icon(face.icon, side), ((box[0] + box[2] - side) // 2, (box[1] + box[3] - side) // 2)
        )
    else:
        is_level = frame.background in {Background.DARK, Background.TRANSLUCENT}  # no colour parts word and value
        _write(layer, face.word, frame.label_em, box, _QUIET if is_level else 1.0)
    return layer


def _value(frame: Frame, face: BadgeContent) -> Image.Image:
    """Return the value, on nothing."""
    layer = Image.new("RGBA", (frame.width, frame.height))
    _, box = _parts(frame)
    _write(layer, face.value, frame.value_em, (*box[:2], box[2] - frame.shift, box[3]))
    return layer


def _write(layer: Image.Image, word: str, em: float, box: Box, strength: float = 1.0) -> None:
    letters = text.mask(word, em, (box[2] - box[0], box[3] - box[1]))
    if strength < 1:
        letters = letters.point([round(level * strength) for level in range(256)])
    layer.alpha_composite(filled(WHITE, letters), box[:2])


def _bare(layer: Image.Image, frame: Frame, face: BadgeContent, pad: int) -> Image.Image:
    """Return icon and value with shadows of their own on ``layer``."""
    for drawing, halo in ((_label(frame, face), _HALO if face.is_white else _MARK_HALO), (_value(frame, face), _HALO)):
        placed = Image.new("RGBA", layer.size)
        placed.paste(drawing, (pad, pad))
        layer.alpha_composite(shaded(placed, tuple((radius * frame.unit, strength) for radius, strength in halo)))
    return layer
