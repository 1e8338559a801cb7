"""Paints a freehand design: its elements over the art, from back to front."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from PIL import Image

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
from renderer.drawing.freehand.soft_masks import Premultiplied, box_mask, box_pixels, gradient_pixels, levels_of
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.picture_layout import PlacedAward
from renderer.drawing.paint import paint_part
from renderer.drawing.soft_shadow import SoftShadow, soft_shadow
from renderer.drawing.sprites import halo_colour
from renderer.drawing.title_overlay import TitleOverlay, logo_drawing, name_drawing, shadow_of
from shared.designs.elements import Alignment

_SHADOW_RADIUS: Final = 0.11  # of a text, in em
_SHADOW: Final = 0.75  # its opacity
_COARSE: Final = 2  # it is blurred at half its size
_LOGO_SHADOW: Final = 0.02  # radius of a logo's shadow, of its room's height and an eighth of the canvas's width
_TRACK: Final = 0.55  # opacity of the rest of a bar
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
                _put(canvas, box_pixels(size, part.radius, part.opacity, part.colour), (*part.box[:2], *size))
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


def _fill(
    canvas: Image.Image, colour: Colour, corner: tuple[int, int], mask: Image.Image, opacity: float = 1.0
) -> None:
    """Paint one colour through a mask with its top left corner at a pixel; a transparent canvas keeps its alpha."""
    _put(canvas, np.take(levels_of(colour, opacity), np.asarray(mask), mode="clip"), (*corner, *mask.size))


def _shade(canvas: Image.Image, colour: Colour, corner: tuple[int, int], shadow: SoftShadow, opacity: float) -> None:
    """Paint a shadow; what is enlarged are its pixels and not its mask: Pillow does that in a third of the time."""
    coarse = np.take(levels_of(colour, opacity), np.asarray(shadow.coarse), mode="clip")
    layer = Image.frombuffer(MODE, shadow.coarse.size, coarse, "raw", MODE, 0, 1)
    whole = layer.resize(shadow.size, Image.Resampling.BILINEAR)
    place = corner[0] - shadow.pad, corner[1] - shadow.pad, *shadow.size
    _put(canvas, np.frombuffer(whole.tobytes(), np.uint32).reshape(whole.height, whole.width), place)


def _put(canvas: Image.Image, pixels: Premultiplied, place: tuple[int, int, int, int]) -> None:
    """Paint premultiplied pixels at left, top, width and height; rows of pixels may be longer than that."""
    left, top, wide, high = place
    cut = max(0, -left), max(0, -top), min(wide, canvas.width - left), min(high, canvas.height - top)
    if cut[0] >= cut[2] or cut[1] >= cut[3]:
        return
    if cut != (0, 0, wide, high):
        pixels = np.ascontiguousarray(pixels[cut[1] : cut[3], cut[0] : cut[2]])
    size, corner = (cut[2] - cut[0], cut[3] - cut[1]), (left + cut[0], top + cut[1])
    row = pixels.strides[0]
    if canvas.mode == "RGBA":
        layer = Image.frombuffer("RGBa", size, pixels, "raw", "RGBa", row, 1)
        canvas.alpha_composite(layer.convert("RGBA"), corner)
        return
    # Pillow's core mixes them ten times as fast as it does a colour and a mask; its wrapper would take half as long.
    colours, alpha = (Image.core.map_buffer(pixels, size, "raw", 0, (mode, row, 1)) for mode in (MODE, "RGBa"))  # type: ignore[attr-defined]  # as above
    canvas.im.paste(colours, (*corner, corner[0] + size[0], corner[1] + size[1]), alpha)


def _scrim(canvas: Image.Image, scrim: PlacedScrim) -> None:
    left, top, right, bottom = scrim.box
    size = right - left, bottom - top
    _put(canvas, gradient_pixels(scrim.edge, size, scrim.opacity, scrim.colour), (left, top, *size))


def _bar(canvas: Image.Image, bar: PlacedBar) -> None:
    """Paint the bar: what is filled in its colour, the rest dark, both within the same rounded ends."""
    size = bar.box[2] - bar.box[0], bar.box[3] - bar.box[1]
    whole = box_mask(size, bar.radius, 100)
    _fill(canvas, INK, bar.box[:2], whole, _TRACK)
    if bar.filled:
        filled = whole.crop((0, 0, bar.filled, size[1]))
        if bar.radius:
            end = box_mask((max(bar.filled, 2 * bar.radius), size[1]), bar.radius, 100)
            filled.paste(0, (0, 0), end.crop((0, 0, bar.filled, size[1])).point([255 - each for each in range(256)]))
        _fill(canvas, bar.colour, bar.box[:2], filled)


def _text(canvas: Image.Image, text: PlacedText) -> None:
    """Paint the lines with a soft shadow, so that they can be read on any art."""
    mask, corner = _lettering(text)
    shadow = soft_shadow(mask, _SHADOW_RADIUS * text.lines.em, _COARSE)
    _shade(canvas, halo_colour(text.colour), corner, shadow, _SHADOW)
    _fill(canvas, text.colour, corner, mask)


def _lettering(text: PlacedText) -> tuple[Image.Image, tuple[int, int]]:
    """Return the mask of the lines without the empty space beside them, and its corner on the canvas."""
    mask = text.lines.mask(text.box[2] - text.box[0], text.align)
    left, _, right, _ = mask.getbbox() or (0, 0, 1, 1)
    return mask.crop((left, 0, right, mask.height)), (text.box[0] + left, text.box[1])


def _logo(canvas: Image.Image, placed: PlacedLogo, overlay: TitleOverlay) -> None:
    left, top, right, bottom = placed.box
    room = right - left, bottom - top
    drawing = logo_drawing(overlay.logo, room) if overlay.logo else _name(overlay.name, room, placed.sides[1])
    if drawing is None:
        return
    x, y = _kept_to(placed.sides, placed.box, drawing.size)
    shadow, tone = shadow_of(drawing, _LOGO_SHADOW * (room[1] + canvas.width // 8))
    _shade(canvas, tone.colour, (x, y), shadow, tone.opacity)
    pixels = np.frombuffer(drawing.convert("RGBa").tobytes(), np.uint32)
    _put(canvas, pixels.reshape(drawing.height, drawing.width), (x, y, *drawing.size))


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
