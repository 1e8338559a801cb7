"""Sprites: badges and award badges, drawn once with every finish, cached, and painted on any number of pictures."""

import threading
from typing import Final

import cachetools
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from renderer.drawing import icons, text
from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.canvas import MODE
from renderer.drawing.colours import BLACK, INK, WHITE, Colour
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.badge_metrics import BadgeMetrics
from renderer.drawing.layout.picture_layout import PlacedAward
from shared.domain.awards import Award
from shared.settings.model import Axis, Background

_CACHE_BYTES: Final = 64 * 1024 * 1024
_PIXEL_BYTES: Final = 13  # of a cached sprite, in all its forms
_OPAQUE: Final = 250  # alpha from which a pixel lies wholly within the badge

_OVERSAMPLING: Final = 4  # masks are drawn this many times larger and averaged down, for smooth corners
_VALUE_ALPHA: Final = 0.78
_DARK_ALPHA: Final = 0.82
_TRANSLUCENT_ALPHA: Final = 0.56
_RIM: Final = 0.2  # white along the inner edge, at the top; it fades towards the bottom
_RIM_BOTTOM: Final = 0.1
_MUTED: Final = 0.72  # how white a word is when its value stands on the same background

# Lengths are in pixels at medium size.
_SHADOW: Final = 0.42
_SHADOW_REACH: Final = 6  # never as far as the next badge
_SHADOW_BLUR: Final = 2.4
_SHADOW_DROP: Final = 1.5
_HALO: Final = ((3.2, 1.8), (1.1, 1.6))  # around white on no background, wide and near, so that it reads on any art
_MARK_HALO: Final = ((2.6, 0.7), (1.0, 0.4))  # a mark on its own ground needs less
_DARKEST: Final = 235  # alpha of the darkest shadow

_AWARD_SHADOW_REACH: Final = 8  # within the margin
_AWARD_SHADOWS: Final = ((3.2, 0.6), (1.0, 0.45))  # a soft one, wide enough to be seen on white, and a thin outline
_AWARD_SHADOW_DROP: Final = 1.2
_GLOW_RADIUS: Final = 0.9
_DISC: Final = 0.68
_DISC_REACH: Final = 14  # within the margin
_DISC_SOFT: Final = 3.0
_GLOW: Final = 0.15  # strength of the light around the award: it sets the black base off from black art


class Sprite:
    """Pixels ready to be painted, ``pad`` pixels larger on every side than the box that they belong to.

    ``colour`` is premultiplied by ``alpha``, which Pillow paints on opaque pictures three times as fast; ``layer`` is
    the same for transparent pictures. ``frost_box`` is the part of the box whose background lets the art show through,
    as a single tone, and ``frost`` marks the pixels in it that lie wholly within the badge.
    """

    __slots__ = ("alpha", "colour", "frost", "frost_box", "layer", "pad")

    def __init__(
        self, layer: Image.Image, pad: int, frost_box: Box = (0, 0, 0, 0), mask: Image.Image | None = None
    ) -> None:
        self.layer = layer
        self.alpha = layer.convert("RGBa")
        self.colour = Image.frombytes(MODE, layer.size, self.alpha.tobytes())
        self.pad = pad
        self.frost_box = frost_box
        self.frost = mask and mask.point([255 * (level >= _OPAQUE) for level in range(256)], "1")


def _size(sprite: Sprite) -> int:
    return sprite.alpha.width * sprite.alpha.height * _PIXEL_BYTES


_cache: Final[cachetools.LRUCache[object, Sprite]] = cachetools.LRUCache(_CACHE_BYTES, getsizeof=_size)
_lock: Final = threading.Lock()


@cachetools.cached(_cache, lock=_lock)
def badge(metrics: BadgeMetrics, content: BadgeContent) -> Sprite:
    """Return the finished badge; the same object while it is cached."""
    pad = max(1, round(_SHADOW_REACH * metrics.unit))
    layer = Image.new("RGBA", (metrics.width + 2 * pad, metrics.height + 2 * pad))
    if metrics.background is Background.NONE:
        return Sprite(_without_background(layer, metrics, content, pad), pad)
    body = _rounded((metrics.width, metrics.height), metrics.radius)
    _drop_shadow(layer, body, metrics.unit, pad)
    _thinned(layer, metrics.finish.opacity)
    layer.alpha_composite(_background(metrics, content, body), (pad, pad))
    layer.alpha_composite(_label(metrics, content), (pad, pad))
    layer.alpha_composite(_value(metrics, content), (pad, pad))
    is_coloured = metrics.background is Background.COLOURED and metrics.finish.opacity >= 1
    frost_box = _parts(metrics)[1] if is_coloured else (0, 0, metrics.width, metrics.height)
    return Sprite(layer, pad, frost_box, body.crop(frost_box))


def award_badge(placed: PlacedAward) -> Sprite:
    """Return the finished award badge; the same object while it is cached."""
    left, top, right, bottom = placed.box
    return _award(placed.award, (right - left, bottom - top), placed.unit, has_disc=placed.has_disc)


@cachetools.cached(_cache, lock=_lock)
def _award(award: Award, size: tuple[int, int], unit: float, *, has_disc: bool) -> Sprite:
    """Return the award's drawing with a shadow and a glow, so that it shows on white and on black art.

    A disc behind it hides art that is too busy for it.
    """
    pad = max(1, round((_DISC_REACH if has_disc else _AWARD_SHADOW_REACH) * unit))
    drawing = Image.new("RGBA", (size[0] + 2 * pad, size[1] + 2 * pad))
    drawing.paste(icons.icon(icons.award_name(award), *size), (pad, pad))
    shadows = tuple((radius * unit, strength) for radius, strength in _AWARD_SHADOWS)
    layer = _shaded(drawing, shadows, round(_AWARD_SHADOW_DROP * unit))
    if has_disc:
        layer.alpha_composite(_disc(drawing.size, unit))
    glow = drawing.getchannel("A").filter(ImageFilter.GaussianBlur(_GLOW_RADIUS * unit))
    layer.alpha_composite(_filled(WHITE, glow.point([round(level * _GLOW) for level in range(256)])))
    layer.alpha_composite(drawing)
    return Sprite(layer, pad)


def _disc(size: tuple[int, int], unit: float) -> Image.Image:
    """Return a soft dark disc in the middle of a layer of this size."""
    edge = round(_DISC_SOFT * unit * 2)
    shape = _rounded(size, min(size) // 2, edge).filter(ImageFilter.GaussianBlur(_DISC_SOFT * unit))
    return _filled(INK, shape.point([round(level * _DISC) for level in range(256)]))


def _rounded(size: tuple[int, int], radius: int, inset: int = 0) -> Image.Image:
    """Return the mask of a rounded box; ``inset`` draws it that many pixels smaller on every side."""
    large = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    start, right, bottom = (length * _OVERSAMPLING for length in (inset, size[0] - inset, size[1] - inset))
    box = (start, start, right - 1, bottom - 1)
    if box[2] > box[0] and box[3] > box[1]:
        ImageDraw.Draw(large).rounded_rectangle(box, max(0, radius - inset) * _OVERSAMPLING, fill=255)
    return large.reduce(_OVERSAMPLING)


def _faded(mask: Image.Image, top: float, bottom: float) -> Image.Image:
    """Return the mask with strength ``top`` at its top and ``bottom`` at its bottom."""
    ramp = Image.linear_gradient("L").resize(mask.size)
    ramp = ramp.point([round(255 * (top + (bottom - top) * level / 255)) for level in range(256)])
    return ImageChops.multiply(mask, ramp)


def _filled(colour: Colour, alpha: Image.Image) -> Image.Image:
    """Return a layer of one colour, with the mask as its alpha."""
    layer = Image.new("RGBA", alpha.size, colour)
    layer.putalpha(alpha)
    return layer


def _shaded(
    drawing: Image.Image, blurs: tuple[tuple[float, float], ...], drop: int = 0, colour: Colour = BLACK
) -> Image.Image:
    """Return the drawing with soft shadows behind it, each of a radius in pixels and a strength."""
    layer = Image.new("RGBA", drawing.size)
    shape = Image.new("L", drawing.size)
    shape.paste(drawing.getchannel("A"), (0, drop))
    for radius, strength in blurs:
        soft = shape.filter(ImageFilter.GaussianBlur(radius))
        layer.alpha_composite(_filled(colour, soft.point([min(_DARKEST, round(v * strength)) for v in range(256)])))
    layer.alpha_composite(drawing)
    return layer


def _drop_shadow(layer: Image.Image, body: Image.Image, unit: float, pad: int) -> None:
    """Draw a soft shadow around the body but not under it, because the art shows through a translucent background."""
    shape = Image.new("L", layer.size)
    shape.paste(body, (pad, pad + round(_SHADOW_DROP * unit)))
    shape = shape.filter(ImageFilter.GaussianBlur(_SHADOW_BLUR * unit)).point([round(v * _SHADOW) for v in range(256)])
    hole = Image.new("L", layer.size, 255)
    hole.paste(0, (pad, pad), body)
    layer.alpha_composite(_filled(BLACK, ImageChops.multiply(shape, hole)))


def _parts(metrics: BadgeMetrics) -> tuple[Box, Box]:
    """Return the boxes of label and value within the badge."""
    if metrics.axis is Axis.VERTICAL:
        return (0, 0, metrics.width, metrics.label), (0, metrics.label, metrics.width, metrics.height)
    return (0, 0, metrics.label, metrics.height), (metrics.label, 0, metrics.width, metrics.height)


def _background(metrics: BadgeMetrics, content: BadgeContent, body: Image.Image) -> Image.Image:
    """Return the background of icon and value, with its light rim."""
    alphas = {Background.DARK: _DARK_ALPHA, Background.TRANSLUCENT: _TRANSLUCENT_ALPHA}
    alpha = alphas.get(metrics.background, _VALUE_ALPHA)
    background = _filled(metrics.finish.ground, body.point([round(level * alpha) for level in range(256)]))
    if metrics.background is Background.COLOURED and metrics.label:
        label, _ = _parts(metrics)
        part = Image.new("L", body.size)
        part.paste(body.crop(label), label)
        background.paste(_filled(content.colour, part), (0, 0), part.point([255 if v else 0 for v in range(256)]))
    rim = max(1, round(metrics.unit))
    inner = _rounded((metrics.width, metrics.height), metrics.radius, rim)
    background.alpha_composite(_filled(WHITE, _faded(ImageChops.subtract(body, inner), _RIM, _RIM_BOTTOM)))
    return _thinned(background, metrics.finish.opacity)


def _thinned(layer: Image.Image, opacity: float) -> Image.Image:
    """Return the layer with its alpha reduced to this share."""
    if opacity < 1:
        layer.putalpha(layer.getchannel("A").point([round(level * opacity) for level in range(256)]))
    return layer


def _label(metrics: BadgeMetrics, content: BadgeContent) -> Image.Image:
    """Return the icon or the word on a transparent layer."""
    layer = Image.new("RGBA", (metrics.width, metrics.height))
    if not metrics.label:
        return layer
    part, _ = _parts(metrics)
    box = (part[0] + metrics.shift, *part[1:])
    if content.is_mark:
        _mark(layer, metrics, content, part if metrics.tile else box)
    elif content.icon:
        side = metrics.icon
        corner = (box[0] + box[2] - side) // 2, (box[1] + box[3] - side) // 2
        layer.alpha_composite(_filled(metrics.finish.ink, icons.icon(content.icon, side).getchannel("A")), corner)
    else:
        is_uniform = metrics.background in {Background.DARK, Background.TRANSLUCENT}  # word and value look alike
        _write(layer, content.word, metrics.label_em, box, metrics.finish.ink, _MUTED if is_uniform else 1.0)
    return layer


def _mark(layer: Image.Image, metrics: BadgeMetrics, content: BadgeContent, box: Box) -> None:
    """Draw a mark in the middle of the box, on a tile of its own colour where the label does not have it."""
    if metrics.tile:
        size = box[2] - box[0], box[3] - box[1]
        layer.paste(_filled(content.colour, _rounded(size, metrics.radius, metrics.tile)), box[:2])
    drawing = icons.icon(content.icon, *metrics.mark)
    corner = (box[0] + box[2] - drawing.width) // 2, (box[1] + box[3] - drawing.height) // 2
    layer.alpha_composite(drawing, corner)


def _value(metrics: BadgeMetrics, content: BadgeContent) -> Image.Image:
    """Return the value on a transparent layer."""
    layer = Image.new("RGBA", (metrics.width, metrics.height))
    _, box = _parts(metrics)
    value_box = (*box[:2], box[2] - metrics.shift, box[3])
    _write(layer, content.value, metrics.value_em, value_box, metrics.finish.ink, lang=content.lang)
    return layer


def _write(
    layer: Image.Image, word: str, em: float, box: Box, ink: Colour, strength: float = 1.0, lang: str = ""
) -> None:
    mask = text.mask(word, em, (box[2] - box[0], box[3] - box[1]), lang)
    if strength < 1:
        mask = mask.point([round(level * strength) for level in range(256)])
    layer.alpha_composite(_filled(ink, mask), box[:2])


def _without_background(layer: Image.Image, metrics: BadgeMetrics, content: BadgeContent, pad: int) -> Image.Image:
    """Return icon and value, each with a halo of its own, on ``layer``."""
    label_halo = _MARK_HALO if content.is_mark else _HALO
    for drawing, halo in ((_label(metrics, content), label_halo), (_value(metrics, content), _HALO)):
        placed = Image.new("RGBA", layer.size)
        placed.paste(drawing, (pad, pad))
        scaled = tuple((radius * metrics.unit, strength) for radius, strength in halo)
        layer.alpha_composite(_shaded(placed, scaled, colour=halo_colour(metrics.finish.ink)))
    return layer


def halo_colour(ink: Colour) -> Colour:
    """Return what sets text of this colour off from any artwork."""
    return BLACK if sum(ink) >= sum(WHITE) / 2 else WHITE
