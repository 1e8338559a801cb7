"""Text: the width of a word, and its mask, the same with every build of Pillow.

Words are set glyph by glyph with explicit advances. All digits have the same advance, so that a value does not shift
when it changes; the result does not depend on a text shaper in the library. Words in scripts that the font lacks are
set by ``script_fonts``.
"""

import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from renderer.drawing.script_fonts import badge_font, script_font

_FONT: Final = badge_font()
_DETAIL: Final = 1000  # the size at which the font is measured
_OVERSAMPLING: Final = 4  # glyphs are drawn this many times larger and averaged down: no hinting, no jumps
_DIGITS: Final = "0123456789"
_TRACK: Final = -0.018  # tighter tracking than the font's, which is made for running text, in em
_PAIRS: Final = {"Tr": -0.045}  # kerning, in em
CAP: Final = 0.728  # height of a capital or a digit, in em


@lru_cache(maxsize=64)
def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=256)
def _glyph(char: str) -> tuple[float, float]:
    """Return the glyph's offset within its cell, and the width of the cell, in em."""
    font = _font(_DETAIL)
    advance = font.getlength(char)
    start = 0.0
    if char in _DIGITS:
        widest = max(font.getlength(digit) for digit in _DIGITS)
        start, advance = (widest - advance) / 2, widest
    return start / _DETAIL, advance / _DETAIL


def _pens(word: str) -> list[float]:
    """Return the pen position of each glyph, in em from the word's origin."""
    at, pens = 0.0, []
    for number, char in enumerate(word):
        at += _TRACK + _PAIRS.get(word[number - 1 : number + 1], 0.0) if number else 0.0
        start, advance = _glyph(char)
        pens.append(at + start)
        at += advance
    return pens


@lru_cache(maxsize=256)
def _glyph_ink(char: str) -> tuple[float, float]:
    """Return where the glyph's ink begins and ends, in em from its pen; the font's own boxes include its bearings."""
    seen, offset = _font(_DETAIL).getmask2(char, mode="L", anchor="ls")
    left, _, right, _ = seen.getbbox() or (0, 0, 0, 0)
    return (offset[0] + left) / _DETAIL, (offset[0] + right) / _DETAIL


def _ink(word: str) -> tuple[float, float]:
    """Return where the word's ink begins and ends, in em from its origin."""
    pens = _pens(word)
    return pens[0] + _glyph_ink(word[0])[0], pens[-1] + _glyph_ink(word[-1])[1]


@lru_cache(maxsize=2048)
def ink_width(word: str, lang: str = "") -> float:
    """Return the width of the visible part of ``word``, in em; its language decides the shape of ideographs."""
    if font := script_font(word):
        return font.width(word, lang)
    left, right = _ink(word)
    return right - left


def mask(word: str, em: float, size: tuple[int, int], lang: str = "") -> Image.Image:
    """Return the word as a mask of ``size`` pixels, its ink centred; ``em`` is the font's size in pixels."""
    cap = max(1, round(em * CAP))
    em = cap / CAP  # whole pixels between baseline and cap height keep both edges sharp
    if other := script_font(word):
        return other.mask(word, em, size, cap, lang)
    font = _font(em * _OVERSAMPLING)
    left, right = _ink(word)
    origin = (size[0] - (right - left) * em) / 2 - left * em
    base = (size[1] + cap) // 2
    large = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
    pen = ImageDraw.Draw(large)
    for char, at in zip(word, _pens(word), strict=True):
        pen.text(((origin + at * em) * _OVERSAMPLING, base * _OVERSAMPLING), char, fill=255, font=font, anchor="ls")
    return large.reduce(_OVERSAMPLING)
