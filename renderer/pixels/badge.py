"""The sprite of one badge: drawn once with every finish, kept, and laid on any number of pictures."""

import threading
from typing import Final

import cachetools
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from renderer.pixels import icons, text
from renderer.pixels.canvas import MODE
from renderer.pixels.colours import BLACK, INK, WHITE, Colour
from renderer.pixels.layout import Face, Frame
from shared.settings import Axis, Background

_FINER: Final = 4  # masks are drawn this many times larger and averaged down: smooth corners
_MOST_KEPT: Final = 64 * 1024 * 1024  # bytes of sprites
_VALUE_ALPHA: Final = 0.78
_DARK_ALPHA: Final = 0.82
_GLASS_ALPHA: Final = 0.56
_LIFT: Final = 0.1  # how much lighter than its colour a label is at its top, and darker at its foot
_RIM: Final = 0.3  # white along the inner edge, at the top; it fades towards the foot
_RIM_FOOT: Final = 0.08
_SHADOW: Final = 0.42
_SHADOW_REACH: Final = 6  # figures at medium size: never as far as the next badge
_SHADOW_BLUR: Final = 2.4
_SHADOW_DROP: Final = 1.5


Box = tuple[int, int, int, int]


class Sprite:
    """Pixels of a badge, ``pad`` pixels larger on every side than its box.

    ``glass`` is the box, within the badge, whose ground lets the art shine through, and ``pane`` its mask.
    """

    __slots__ = ("alpha", "colour", "glass", "pad", "pane")

    def __init__(self, layer: Image.Image, pad: int, glass: Box, pane: Image.Image | None) -> None:
        self.colour = layer.convert("RGB").convert(MODE)
        self.alpha = layer.getchannel("A")
        self.pad = pad
        self.glass = glass
        self.pane = pane


def _weight(sprite: Sprite) -> int:
    return sprite.alpha.width * sprite.alpha.height * 5


_kept: Final[cachetools.LRUCache[object, Sprite]] = cachetools.LRUCache(_MOST_KEPT, getsizeof=_weight)
_lock: Final = threading.Lock()


@cachetools.cached(_kept, lock=_lock)
def sprite(frame: Frame, face: Face) -> Sprite:
    """Return the finished badge; the same object while it is remembered."""
    pad = max(1, round(_SHADOW_REACH * frame.unit))
    layer = Image.new("RGBA", (frame.width + 2 * pad, frame.height + 2 * pad))
    if frame.background is Background.NONE:
        return Sprite(_bare(layer, frame, face, pad), pad, (0, 0, 0, 0), None)
    body = _rounded((frame.width, frame.height), frame.radius)
    _drop_shadow(layer, body, frame.unit, pad)
    layer.alpha_composite(_ground(frame, face, body), (pad, pad))
    layer.alpha_composite(_writing(frame, face), (pad, pad))
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


def _filled(colour: Colour, alpha: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", alpha.size, colour)
    layer.putalpha(alpha)
    return layer


def _drop_shadow(layer: Image.Image, body: Image.Image, unit: float, pad: int) -> None:
    """Draw a soft shadow around the body, not under it: the art must shine through a translucent ground."""
    shape = Image.new("L", layer.size)
    shape.paste(body, (pad, pad + round(_SHADOW_DROP * unit)))
    shape = shape.filter(ImageFilter.GaussianBlur(_SHADOW_BLUR * unit)).point([round(v * _SHADOW) for v in range(256)])
    hole = Image.new("L", layer.size, 255)
    hole.paste(0, (pad, pad), body)
    layer.alpha_composite(_filled(BLACK, ImageChops.multiply(shape, hole)))


def _parts(frame: Frame) -> tuple[Box, Box]:
    """Return the boxes of label and value within the badge."""
    if frame.axis is Axis.VERTICAL:
        return (0, 0, frame.width, frame.label), (0, frame.label, frame.width, frame.height)
    return (0, 0, frame.label, frame.height), (frame.label, 0, frame.width, frame.height)


def _ground(frame: Frame, face: Face, body: Image.Image) -> Image.Image:
    """Return what icon and value stand on, with its rim of light."""
    alpha = {Background.DARK: _DARK_ALPHA, Background.TRANSLUCENT: _GLASS_ALPHA}.get(frame.background, _VALUE_ALPHA)
    ground = _filled(INK, body.point([round(level * alpha) for level in range(256)]))
    if frame.background is Background.COLOURED:
        label, _ = _parts(frame)
        part = Image.new("L", body.size)
        part.paste(body.crop(label), label)
        ground.paste(_filled(face.colour, part), (0, 0), part.point([255 if level else 0 for level in range(256)]))
        ground.alpha_composite(_filled(WHITE, _faded(part, _LIFT, 0.0)))
        ground.alpha_composite(_filled(BLACK, _faded(part, 0.0, _LIFT)))
    rim = max(1, round(frame.unit))
    inner = _rounded((frame.width, frame.height), frame.radius, rim)
    ground.alpha_composite(_filled(WHITE, _faded(ImageChops.subtract(body, inner), _RIM, _RIM_FOOT)))
    return ground


def _writing(frame: Frame, face: Face) -> Image.Image:
    """Return icon or word, and the value, on nothing."""
    layer = Image.new("RGBA", (frame.width, frame.height))
    label, value = _parts(frame)
    label = (label[0] + frame.shift, *label[1:])
    value = (*value[:2], value[2] - frame.shift, value[3])
    if face.icon:
        side = frame.icon
        mark = icons.icon(face.icon, side)
        layer.alpha_composite(mark, ((label[0] + label[2] - side) // 2, (label[1] + label[3] - side) // 2))
    else:
        _write(layer, face.word, frame.label_em, label)
    _write(layer, face.value, frame.value_em, value)
    return layer


def _write(layer: Image.Image, word: str, em: float, box: Box) -> None:
    letters = text.mask(word, em, (box[2] - box[0], box[3] - box[1]))
    layer.alpha_composite(_filled(WHITE, letters), box[:2])


def _bare(layer: Image.Image, frame: Frame, face: Face, pad: int) -> Image.Image:
    """Return icon and value with a shadow of their own, near and wide, so that they read on any art."""
    writing = Image.new("RGBA", layer.size)
    writing.alpha_composite(_writing(frame, face), (pad, pad))
    shape = writing.getchannel("A")
    for blur, strength in ((3.2, 1.8), (1.1, 1.6)):
        soft = shape.filter(ImageFilter.GaussianBlur(blur * frame.unit))
        layer.alpha_composite(_filled(BLACK, soft.point([min(235, round(v * strength)) for v in range(256)])))
    layer.alpha_composite(writing)
    return layer
