"""The title on a card: its logo, or else its name, at the bottom left, over art that is darkened towards the bottom."""

from functools import lru_cache
from typing import Final

import msgspec
from PIL import Image

from renderer.drawing import codec
from renderer.drawing.canvas import fitted_logo
from renderer.drawing.colours import Colour
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.lettering import fit_lines
from renderer.drawing.script_fonts import is_in_badge_font
from renderer.drawing.soft_shadow import SoftShadow, soft_shadow
from shared.designs.elements import Alignment

_WIDTH: Final = 0.36  # of the canvas: the room for a logo
_HEIGHT: Final = 0.3
_INSET: Final = 0.04  # of the canvas's width and height: the distance from the edges
_ROOM: Final = 0.014  # of the canvas's height: what large letters need above them besides the usual gap
_DARKENED: Final = 0.45  # of the canvas's height, from the bottom
_DARKEST: Final = 0.6  # opacity of the black at the bottom edge
_MOST_LINES: Final = 2
_EM: Final = 0.115  # of the canvas's height: the font's size for a name that needs no shrinking

_BLUR: Final = 0.011  # of the canvas's height: the radius of the shadow
_COARSE: Final = 4  # the shadow is blurred at this fraction of its size, in a third of the time
_DARK_LOGO: Final = 56  # a logo that is darker than this, of 255, would be lost on darkened art

_WHITE: Final = (255, 255, 255)


class UndecodableLogo(ValueError):
    """A logo that is broken, of an unsupported format, too large, fully transparent, or opaque."""


class TitleOverlay(msgspec.Struct, frozen=True):
    """What names the title: the file of its logo or, where that is empty, its name."""

    logo: bytes = b""
    name: str = ""


def logo_box(size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height of the room for a logo on a canvas of ``size``, in pixels."""
    return round(size[0] * _WIDTH), round(size[1] * _HEIGHT)


def can_letter(name: str) -> bool:
    """Return whether a name can be drawn: the badge font has all of its letters."""
    return bool(name.strip()) and is_in_badge_font("".join(name.split()))


def draw_overlay(canvas: Image.Image, overlay: TitleOverlay) -> tuple[Box, ...]:
    """Darken the canvas, draw the title on it, and return the box to keep clear: the title and some room above it.

    Draws nothing for a name without a letter that can be drawn. Raises ``UndecodableLogo``.
    """
    room = logo_box(canvas.size)
    lettering = (
        logo_drawing(overlay.logo, room)
        if overlay.logo
        else name_drawing(overlay.name, room[0], most=_MOST_LINES, em=_EM * canvas.height)
    )
    if lettering is None:
        return ()
    left = round(canvas.width * _INSET)
    top = canvas.height - round(canvas.height * _INSET) - lettering.height
    horizon = canvas.height - round(canvas.height * _DARKENED)
    veil = _gradient(canvas.width, canvas.height - horizon).copy()
    _put(veil, lettering, (left, top - horizon), canvas.height * _BLUR)
    _composite(canvas, veil, horizon)
    clear = top - round(canvas.height * _ROOM)
    return ((left, clear, left + lettering.width, top + lettering.height),)


def logo_drawing(raw: bytes, box: tuple[int, int]) -> Image.Image:
    """Return the visible part of a logo's file as large as it fits into a box. Raises ``UndecodableLogo``."""
    try:
        logo = fitted_logo(codec.decode(raw, lambda width, height: _inside(box, width, height)), box)
    except codec.Undecodable as exc:
        raise UndecodableLogo(str(exc)) from exc
    if logo.mode != "RGBA" or logo.getchannel("A").getextrema() == (255, 255):
        raise UndecodableLogo("opaque: it would be a box on the art")
    return logo


def _inside(box: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    ratio = min(box[0] / width, box[1] / height)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def name_drawing(
    name: str, width: int, *, most: int, em: float, align: Alignment = Alignment.LEFT
) -> Image.Image | None:
    """Return a name in at most ``most`` white lines no wider than ``width``; ``None`` if it cannot be drawn."""
    lines = fit_lines(name, width, most=most, em=em) if can_letter(name) else None
    if lines is None:
        return None
    mask = lines.mask(lines.width, align)
    inked = mask.getbbox()
    if inked is None:
        return None
    lettering = Image.new("RGBA", mask.size, _WHITE)
    lettering.putalpha(mask)
    return lettering.crop(inked)  # so that its lowest letter, not its line, keeps the distance from the edge


@lru_cache(maxsize=2)
def _gradient(width: int, height: int) -> Image.Image:
    """Return black that is transparent at the top and of ``_DARKEST`` opacity at the bottom."""
    column = Image.frombytes(
        "L", (1, height), bytes(round(255 * _DARKEST * (row + 1) / height) for row in range(height))
    )
    gradient = Image.new("RGBA", (width, height))
    gradient.putalpha(column.resize((width, height), Image.Resampling.NEAREST))
    return gradient


def _put(veil: Image.Image, lettering: Image.Image, corner: tuple[int, int], radius: float) -> None:
    """Put the lettering on the veil with its shadow."""
    soft, tone = shadow_of(lettering, radius)
    mask = soft.coarse.point(lambda level: level * tone.opacity).resize(soft.size, Image.Resampling.BILINEAR)
    layer = Image.new("RGBA", soft.size, tone.colour)
    layer.putalpha(mask)
    layer.alpha_composite(lettering, (soft.pad, soft.pad))
    veil.alpha_composite(layer, (corner[0] - soft.pad, corner[1] - soft.pad))


class ShadowTone(msgspec.Struct, frozen=True):
    """The colour of a shadow, and the opacity of its densest part."""

    colour: Colour
    opacity: float


_DARK_SHADOW: Final = ShadowTone((0, 0, 0), 0.62)
_LIGHT_SHADOW: Final = ShadowTone(_WHITE, 0.85)


def shadow_of(lettering: Image.Image, radius: float) -> tuple[SoftShadow, ShadowTone]:
    """Return the shadow of lettering; it is light where that is dark, as it would not be seen on dark art otherwise."""
    shadow = soft_shadow(lettering.getchannel("A"), radius, _COARSE)
    return shadow, _LIGHT_SHADOW if _brightness(lettering) < _DARK_LOGO else _DARK_SHADOW


def _composite(canvas: Image.Image, veil: Image.Image, top: int) -> None:
    """Put the veil over the canvas, from ``top`` down to its bottom edge.

    Pillow's core is called without its wrapper: it takes the canvas's mode for RGBA without a copy, and mixes both in a
    fifth of the time of pasting through a mask.
    """
    box = 0, top, canvas.width, canvas.height
    lower = canvas.im.crop(box)
    lower.setmode("RGBA")
    mixed = Image.core.alpha_composite(lower, veil.im)  # type: ignore[attr-defined]  # as above
    mixed.setmode(canvas.mode)
    canvas.im.paste(mixed, box)


def _brightness(lettering: Image.Image) -> int:
    """Return the average brightness of the visible part, 0 to 255."""
    average = lettering.resize((1, 1), Image.Resampling.BOX).convert("RGB").convert("L").getpixel((0, 0))
    return int(average) if isinstance(average, int | float) else 0
