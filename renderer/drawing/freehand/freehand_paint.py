"""Paints a freehand design: its elements over the art, from back to front."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from renderer.drawing.award_corner import on_disc_if_busy
from renderer.drawing.canvas import MODE
from renderer.drawing.colours import INK, Colour
from renderer.drawing.freehand.freehand_layout import (
    PlacedBar,
    PlacedBox,
    PlacedElement,
    PlacedLogo,
    PlacedScrim,
    PlacedText,
)
from renderer.drawing.freehand.soft_masks import Premultiplied, box_mask, gradient_pixels, levels_of
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.picture_layout import PlacedAward
from renderer.drawing.paint import paint_part
from renderer.drawing.sprites import halo_colour
from renderer.drawing.title_overlay import TitleOverlay, logo_drawing, name_drawing, with_shadow
from shared.designs.elements import Alignment

_SHADOW_RADIUS: Final = 0.11  # of a text, in em
_SHADOW: Final = 0.75  # its opacity
_SPREAD: Final = 3  # radii that it reaches
_COARSE: Final = 2  # it is blurred at half its size, which nobody sees
_LOGO_SHADOW: Final = 0.02  # radius of a logo's shadow, of the canvas's width and height together
_TRACK: Final = 55  # opacity of the rest of a bar, per cent
_NAME_EM: Final = 0.4  # of the height of a logo's box: two lines of the title's name fill it
_NAME_LINES: Final = 2
_ALIGNMENTS: Final = {"l": Alignment.LEFT, "c": Alignment.CENTRE, "r": Alignment.RIGHT}


def paint_design(canvas: Image.Image, parts: Iterable[PlacedElement], overlay: TitleOverlay | None) -> None:
    """Paint the placed elements; ``overlay`` is what names the title where the design has its logo.

    Raises ``UndecodableLogo``.
    """
    for part in parts:
        match part:
            case PlacedScrim():
                _scrim(canvas, part)
            case PlacedBox():
                size = part.box[2] - part.box[0], part.box[3] - part.box[1]
                _fill(canvas, part.colour, part.box[:2], box_mask(size, part.radius, part.opacity))
            case PlacedBar():
                _bar(canvas, part)
            case PlacedText():
                _text(canvas, part)
            case PlacedLogo():
                if overlay is not None:
                    _logo(canvas, part, overlay)
            case PlacedAward():
                has_art = canvas.mode != "RGBA"
                paint_part(canvas, on_disc_if_busy(canvas, part) if has_art else part)
            case _:
                paint_part(canvas, part)


def _fill(canvas: Image.Image, colour: Colour, corner: tuple[int, int], mask: Image.Image) -> None:
    """Paint one colour through a mask with its top left corner at a pixel; a transparent canvas keeps its alpha."""
    x, y = corner
    cut = max(0, -x), max(0, -y), min(mask.width, canvas.width - x), min(mask.height, canvas.height - y)
    if cut[0] >= cut[2] or cut[1] >= cut[3]:
        return
    if cut != (0, 0, *mask.size):
        mask = mask.crop(cut)
    left, top = x + cut[0], y + cut[1]
    if canvas.mode == "RGBA":
        layer = Image.new("RGBA", mask.size, colour)
        layer.putalpha(mask)
        canvas.alpha_composite(layer, (left, top))
    else:
        _blend(canvas, np.take(levels_of(colour), np.asarray(mask)), (left, top))


def _blend(canvas: Image.Image, pixels: Premultiplied, corner: tuple[int, int]) -> None:
    """Paint premultiplied pixels on an opaque canvas: Pillow does that ten times as fast as a colour and a mask."""
    high, wide = pixels.shape
    layer, alpha = (Image.frombuffer(mode, (wide, high), pixels, "raw", mode, 0, 1) for mode in (MODE, "RGBa"))
    canvas.im.paste(layer.im, (*corner, corner[0] + wide, corner[1] + high), alpha.im)


def _scrim(canvas: Image.Image, scrim: PlacedScrim) -> None:
    left, top, right, bottom = scrim.box
    pixels = gradient_pixels(scrim.edge, (right - left, bottom - top), scrim.opacity, scrim.colour)
    if canvas.mode == "RGBA":
        layer = Image.frombuffer("RGBa", (right - left, bottom - top), pixels, "raw", "RGBa", 0, 1)
        canvas.alpha_composite(layer.convert("RGBA"), (left, top))
    else:
        _blend(canvas, pixels, (left, top))


def _bar(canvas: Image.Image, bar: PlacedBar) -> None:
    """Paint the bar: what is filled in its colour, the rest dark, both within the same rounded ends."""
    size = bar.box[2] - bar.box[0], bar.box[3] - bar.box[1]
    whole = box_mask(size, bar.radius, 100)
    _fill(canvas, INK, bar.box[:2], whole.point([round(level * _TRACK / 100) for level in range(256)]))
    if bar.filled:
        filled = whole.crop((0, 0, bar.filled, size[1]))
        if bar.radius:
            end = box_mask((max(bar.filled, 2 * bar.radius), size[1]), bar.radius, 100)
            filled.paste(0, (0, 0), end.crop((0, 0, bar.filled, size[1])).point([255 - each for each in range(256)]))
        _fill(canvas, bar.colour, bar.box[:2], filled)


def _text(canvas: Image.Image, text: PlacedText) -> None:
    """Paint the lines with a soft shadow, so that they can be read on any art."""
    mask = text.lines.mask(text.box[2] - text.box[0], text.align)
    radius = _SHADOW_RADIUS * text.lines.em
    pad = _COARSE * (1 + round(radius * _SPREAD) // _COARSE)
    wide = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    wide.paste(mask, (pad, pad))
    small = wide.reduce(_COARSE).filter(ImageFilter.GaussianBlur(radius / _COARSE))
    small = small.point([round(each * _SHADOW) for each in range(256)])
    shadow = small.resize(wide.size, Image.Resampling.BILINEAR)
    _fill(canvas, halo_colour(text.colour), (text.box[0] - pad, text.box[1] - pad), shadow)
    _fill(canvas, text.colour, text.box[:2], mask)


def _logo(canvas: Image.Image, placed: PlacedLogo, overlay: TitleOverlay) -> None:
    left, top, right, bottom = placed.box
    room = right - left, bottom - top
    drawing = logo_drawing(overlay.logo, room) if overlay.logo else _name(overlay.name, room, placed.sides[1])
    if drawing is None:
        return
    x, y = _kept_to(placed.sides, placed.box, drawing.size)
    layer, pad = with_shadow(drawing, _LOGO_SHADOW * (room[1] + canvas.width // 8))
    corner = x - pad, y - pad
    if canvas.mode == "RGBA":
        cut = max(0, -corner[0]), max(0, -corner[1])
        canvas.alpha_composite(layer, (max(0, corner[0]), max(0, corner[1])), cut)
    else:
        canvas.paste(layer, corner, layer.getchannel("A"))


def _name(name: str, room: tuple[int, int], side: str) -> Image.Image | None:
    """Return the title's name as white letters within the room, or ``None`` if it cannot be drawn."""
    em = _NAME_EM * room[1]
    drawing = name_drawing(name, room[0], most=_NAME_LINES, em=em, align=_ALIGNMENTS[side])
    if drawing is None or (drawing.width <= room[0] and drawing.height <= room[1]):
        return drawing
    ratio = min(room[0] / drawing.width, room[1] / drawing.height)
    return drawing.resize((max(1, int(drawing.width * ratio)), max(1, int(drawing.height * ratio))))


def _kept_to(sides: tuple[str, str], box: Box, size: tuple[int, int]) -> tuple[int, int]:
    """Return the corner of a drawing of this size within its room, at the sides that it keeps to."""
    down, across = box[3] - box[1] - size[1], box[2] - box[0] - size[0]
    x = {"l": 0, "c": across // 2, "r": across}[sides[1]]
    y = {"t": 0, "m": down // 2, "b": down}[sides[0]]
    return box[0] + x, box[1] + y
