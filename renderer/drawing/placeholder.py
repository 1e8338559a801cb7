"""The placeholder: a neutral picture of the right size, for callers that accept no error.

It names the title where that is known, so that a page of them can still be used.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec
from PIL import Image, ImageDraw

from renderer.drawing.encoder import encode_picture
from renderer.drawing.lettering import FittedLines, fit_lines
from shared.domain.pictures import CANVAS, Format, Kind, Size

_TOP: Final = (38, 41, 48)
_BOTTOM: Final = (20, 22, 27)
_LINE: Final = (92, 98, 110)
_NAME: Final = (214, 217, 224)
_YEAR: Final = (140, 146, 158)
_QUALITY: Final = 92  # a slow gradient shows banding at less
_OVERSAMPLING: Final = 4
_GLYPH: Final = 0.24  # width of the glyph, relative to the canvas's shorter side
_LOGO_GLYPH: Final = 0.6

# Of the lettering, relative to the canvas's shorter side, or to its width.
_EM: Final = 0.082
_LOGO_EM: Final = 0.3
_YEAR_EM: Final = 0.055
_WIDTH: Final = 0.82
_GAP: Final = 0.05
_MOST_LINES: Final = {Kind.POSTER: 3}
_MOST_LINES_WIDE: Final = 2


class KnownTitle(msgspec.Struct, frozen=True):
    """What a placeholder says about its title."""

    name: str
    year: int | None = None


@lru_cache(maxsize=64)
def placeholder(kind: Kind, size: Size, fmt: Format) -> bytes:
    """Return a neutral picture of exactly ``CANVAS[kind][size]``; a logo's is transparent, and PNG in place of JPEG.

    Raises ``KeyError`` for a size that the kind does not have.
    """
    return titled_placeholder(kind, size, fmt, None)


def titled_placeholder(kind: Kind, size: Size, fmt: Format, title: KnownTitle | None) -> bytes:
    """Return the same with the title's name and year, where the font has the name's characters."""
    canvas = CANVAS[kind][size]
    if kind is Kind.LOGO:
        picture = Image.new("RGBA", canvas, (*_LINE, 0))
        fmt = Format.PNG if fmt is Format.JPG else fmt
    else:
        ramp = Image.linear_gradient("L").resize(canvas, Image.Resampling.BICUBIC)
        picture = Image.composite(Image.new("RGB", canvas, _BOTTOM), Image.new("RGB", canvas, _TOP), ramp)
    name = None if title is None else _name(title.name, kind, canvas)
    if kind is Kind.LOGO and name is not None:
        picture.paste(_YEAR, (0, (canvas[1] - name.height) // 2), name.mask(canvas[0]))
    else:
        glyph = _frame(round(min(canvas) * (_LOGO_GLYPH if kind is Kind.LOGO else _GLYPH)))
        year = None if title is None or name is None else _year(title.year, canvas)
        _stack(picture, glyph, ((name, _NAME), (year, _YEAR)))
    return encode_picture(picture, fmt, _QUALITY)


def _name(name: str, kind: Kind, canvas: tuple[int, int]) -> FittedLines | None:
    em = min(canvas) * (_LOGO_EM if kind is Kind.LOGO else _EM)
    return fit_lines(name, canvas[0] * _WIDTH, most=_MOST_LINES.get(kind, _MOST_LINES_WIDE), em=em)


def _year(year: int | None, canvas: tuple[int, int]) -> FittedLines | None:
    return fit_lines(str(year or ""), canvas[0] * _WIDTH, most=1, em=min(canvas) * _YEAR_EM)


def _stack(
    picture: Image.Image, glyph: Image.Image, lettering: Sequence[tuple[FittedLines | None, tuple[int, int, int]]]
) -> None:
    """Paint the glyph, and the lettering below it, in the middle of the picture."""
    masks = [(glyph, _LINE)]
    masks += [(lines.mask(picture.width), colour) for lines, colour in lettering if lines is not None]
    gap = round(min(picture.size) * _GAP)
    gaps = [gap, gap // 3][: len(masks) - 1]
    top = (picture.height - sum(mask.height for mask, _ in masks) - sum(gaps)) // 2
    for (mask, colour), below in zip(masks, [*gaps, 0], strict=True):
        picture.paste(colour, ((picture.width - mask.width) // 2, top), mask)
        top += mask.height + below


def _frame(width: int) -> Image.Image:
    """Return the mask of a film frame with a play symbol."""
    large = Image.new("L", (width * _OVERSAMPLING, round(width * 0.72) * _OVERSAMPLING))
    unit = large.width / 100
    pen = ImageDraw.Draw(large)

    def box(left: float, top: float, right: float, bottom: float, radius: float, fill: int) -> None:
        corners = (round(left * unit), round(top * unit), round(right * unit) - 1, round(bottom * unit) - 1)
        pen.rounded_rectangle(corners, round(radius * unit), fill=fill)

    box(0, 0, 100, 72, 10, 255)
    box(5, 5, 95, 67, 6, 0)
    pen.polygon([(round(x * unit), round(y * unit)) for x, y in ((40, 22), (40, 50), (65, 36))], fill=255)
    return large.reduce(_OVERSAMPLING)
