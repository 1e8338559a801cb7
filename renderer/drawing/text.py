"""Text: the width of a word, and its mask, the same with every build of Pillow.

Words are set glyph by glyph with explicit advances, digits with their own: in 8.1, the 1 stands as close as the 8. The
result does not depend on a text shaper in the library. ``script_fonts`` sets words in scripts that the font lacks.
"""

import io
from functools import lru_cache
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from renderer.drawing.script_fonts import badge_font, script_font

_Core = Any  # Pillow's internal picture behind every Image; its class has no public name

_DETAIL: Final = 1000  # the size at which the font is measured
_OVERSAMPLING: Final = 4  # glyphs are drawn this many times larger and averaged down: no hinting, no jumps
_HALF: Final = 31.5 / 64  # of such a larger pixel: from where on Pillow puts a glyph to the next one
_MOST_KEPT: Final = 128  # larger font sizes are drawn each time: their glyphs would fill the memory
KEPT_BYTES: Final = 16 << 20
"""What is kept of 2,048 glyphs of that size, which have 7.5 KB on average."""

_DIGITS: Final = "0123456789"
_TRACK: Final = -0.018  # tighter tracking than the font's, which is made for running text, in em
_PAIRS: Final = {"Tr": -0.045, "1.": -0.065}  # kerning, in em
CAP: Final = 0.728  # height of a capital or a digit, in em


@lru_cache(maxsize=64)
def _font(size: float, *, is_regular: bool) -> ImageFont.FreeTypeFont:
    file = io.BytesIO(badge_font(is_regular=is_regular))
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=512)
def _advance(char: str, *, is_regular: bool) -> float:
    """Return the width of the glyph with its bearings, in em."""
    return _font(_DETAIL, is_regular=is_regular).getlength(char) / _DETAIL


def _pens(word: str, *, is_regular: bool) -> list[float]:
    """Return the pen position of each glyph, in em from the word's origin."""
    at, pens = 0.0, []
    for number, char in enumerate(word):
        at += _TRACK + _PAIRS.get(word[number - 1 : number + 1], 0.0) if number else 0.0
        pens.append(at)
        at += _advance(char, is_regular=is_regular)
    return pens


@lru_cache(maxsize=512)
def _glyph_ink(char: str, *, is_regular: bool) -> tuple[float, float]:
    """Return where the glyph's ink begins and ends, in em from its pen; the font's own boxes include its bearings."""
    seen, offset = _font(_DETAIL, is_regular=is_regular).getmask2(char, mode="L", anchor="ls")
    left, _, right, _ = seen.getbbox() or (0, 0, 0, 0)
    return (offset[0] + left) / _DETAIL, (offset[0] + right) / _DETAIL


def _ink(word: str, *, is_regular: bool) -> tuple[float, float]:
    """Return where the word's ink begins and ends, in em from its origin."""
    pens = _pens(word, is_regular=is_regular)
    first, last = (_glyph_ink(word[at], is_regular=is_regular) for at in (0, -1))
    return pens[0] + first[0], pens[-1] + last[1]


@lru_cache(maxsize=2048)
def ink_width(word: str, lang: str = "", *, is_regular: bool = False) -> float:
    """Return the width of the visible part of ``word``, in em; its language decides the shape of ideographs.

    It is set in bold, or in the regular weight where its script has one.
    """
    if font := script_font(word):
        return font.width(word, lang)
    left, right = _ink(word, is_regular=is_regular)
    return right - left


@lru_cache(maxsize=2048)
def reserved_width(word: str) -> float:
    """Return the width of ``word`` if all its digits were the widest one, in em.

    Badges that have room for it do not change their size with every new value.
    """
    widest = max(_DIGITS, key=ink_width)
    return ink_width("".join(widest if char in _DIGITS else char for char in word))


def mask(word: str, em: float, size: tuple[int, int], lang: str = "", *, is_regular: bool = False) -> Image.Image:
    """Return the word as a mask of ``size`` pixels, its ink centred; ``em`` is the font's size in pixels."""
    cap = max(1, round(em * CAP))
    em = cap / CAP  # whole pixels between baseline and cap height keep both edges sharp
    if other := script_font(word):
        return other.mask(word, em, size, cap, lang)
    size_px = em * _OVERSAMPLING
    left, right = _ink(word, is_regular=is_regular)
    origin = (size[0] - (right - left) * em) / 2 - left * em
    base = (size[1] + cap) // 2
    large = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    # As ``ImageDraw.text`` does it, without what that looks up for each glyph again.
    bitmap = ImageDraw.Draw(large).draw.draw_bitmap
    drawn = _kept_glyph if size_px <= _MOST_KEPT else _glyph
    for char, at in zip(word, _pens(word, is_regular=is_regular), strict=True):
        x, start = divmod((origin + at * em) * _OVERSAMPLING, 1)
        glyph, (left_bearing, rise) = drawn(char, size_px, place_of(start), is_regular=is_regular)
        bitmap((int(x) + left_bearing, base * _OVERSAMPLING + rise), glyph, 255)
    return large.reduce(_OVERSAMPLING)


def place_of(start: float) -> float:
    """Return the one of three places within a pixel where Pillow draws a glyph in the same way: fewer are kept."""
    return 0.0 if start == 0 else 0.25 if start < _HALF else 0.75


def _glyph(char: str, size: float, start: float, *, is_regular: bool) -> tuple[_Core, tuple[int, int]]:
    """Return a glyph of a font of ``size`` pixels, and where its box is from its pen, which is at ``start`` pixels."""
    return _font(size, is_regular=is_regular).getmask2(char, "L", anchor="ls", start=(start, 0.0))


_kept_glyph: Final = lru_cache(maxsize=2048)(_glyph)
"""What takes most of the time of a line of text."""
