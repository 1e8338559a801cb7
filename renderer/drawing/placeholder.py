"""The placeholder: a neutral picture of the right size, for callers that accept no error."""

from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

from renderer.drawing.encoder import encode_picture
from shared.domain.pictures import CANVAS, Format, Kind, Size

_TOP: Final = (38, 41, 48)
_BOTTOM: Final = (20, 22, 27)
_LINE: Final = (92, 98, 110)
_QUALITY: Final = 92  # a slow gradient shows banding at less
_OVERSAMPLING: Final = 4
_GLYPH: Final = 0.24  # width of the glyph, relative to the canvas's shorter side
_LOGO_GLYPH: Final = 0.6


@lru_cache(maxsize=64)
def placeholder(kind: Kind, size: Size, fmt: Format) -> bytes:
    """Return a neutral picture of exactly ``CANVAS[kind][size]``; a logo's is transparent, and PNG in place of JPEG.

    Raises ``KeyError`` for a size that the kind does not have.
    """
    canvas = CANVAS[kind][size]
    if kind is Kind.LOGO:
        picture = Image.new("RGBA", canvas, (*_LINE, 0))
        fmt = Format.PNG if fmt is Format.JPG else fmt
    else:
        ramp = Image.linear_gradient("L").resize(canvas, Image.Resampling.BICUBIC)
        picture = Image.composite(Image.new("RGB", canvas, _BOTTOM), Image.new("RGB", canvas, _TOP), ramp)
    glyph = _frame(round(min(canvas) * (_LOGO_GLYPH if kind is Kind.LOGO else _GLYPH)))
    picture.paste(_LINE, ((canvas[0] - glyph.width) // 2, (canvas[1] - glyph.height) // 2), glyph)
    return encode_picture(picture, fmt, _QUALITY)


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
