"""Letters: how wide a word is, and its mask, set the same way with every build of Pillow.

Words are set glyph by glyph with our own advances: digits stand on equal ones, so that a value keeps its place when
it changes, with or without a text shaper in the library.
"""

import importlib.resources
import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_FONT: Final = importlib.resources.files("renderer.drawing").joinpath("fonts", "Inter-Bold.otf").read_bytes()
_DETAIL: Final = 1000  # the size at which the font is measured
_FINER: Final = 4  # letters are drawn this many times larger and averaged down: no hinting, no jumps
_DIGITS: Final = "0123456789"
_TRACK: Final = -0.018  # at the size of a badge, letters made for reading stand a little too far apart, in em
_PAIRS: Final = {"Tr": -0.045}  # what the eye would move closer still
CAP: Final = 0.728  # height of a capital or a digit, in em


@lru_cache(maxsize=64)
def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=256)
def _glyph(char: str) -> tuple[float, float]:
    """Return where the glyph starts within its cell, and how wide the cell is, in em."""
    font = _font(_DETAIL)
    advance = font.getlength(char)
    start = 0.0
    if char in _DIGITS:
        widest = max(font.getlength(digit) for digit in _DIGITS)
        start, advance = (widest - advance) / 2, widest
    return start / _DETAIL, advance / _DETAIL


def _pens(word: str) -> list[float]:
    """Return where each glyph's pen stands, in em from the word's origin."""
    at, pens = 0.0, []
    for number, char in enumerate(word):
        at += _TRACK + _PAIRS.get(word[number - 1 : number + 1], 0.0) if number else 0.0
        start, advance = _glyph(char)
        pens.append(at + start)
        at += advance
    return pens


@lru_cache(maxsize=256)
def _glyph_ink(char: str) -> tuple[float, float]:
    """Return where the glyph's ink begins and ends, in em from its pen; the font's own boxes count its bearings too."""
    seen, offset = _font(_DETAIL).getmask2(char, mode="L", anchor="ls")
    left, _, right, _ = seen.getbbox() or (0, 0, 0, 0)
    return (offset[0] + left) / _DETAIL, (offset[0] + right) / _DETAIL


def _ink(word: str) -> tuple[float, float]:
    """Return where the word's ink begins and ends, in em from its origin."""
    pens = _pens(word)
    return pens[0] + _glyph_ink(word[0])[0], pens[-1] + _glyph_ink(word[-1])[1]


@lru_cache(maxsize=2048)
def ink_width(word: str) -> float:
    """Return the width of what is seen of ``word``, in em."""
    left, right = _ink(word)
    return right - left


def mask(word: str, em: float, size: tuple[int, int]) -> Image.Image:
    """Return the word as a mask of ``size`` pixels, its ink centred; ``em`` is the font's size in pixels."""
    cap = max(1, round(em * CAP))
    em = cap / CAP  # whole pixels between the base line and the top of the digits keep both edges sharp
    font = _font(em * _FINER)
    left, right = _ink(word)
    origin = (size[0] - (right - left) * em) / 2 - left * em
    base = (size[1] + cap) // 2
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    pen = ImageDraw.Draw(fine)
    for char, at in zip(word, _pens(word), strict=True):
        pen.text(((origin + at * em) * _FINER, base * _FINER), char, fill=255, font=font, anchor="ls")
    return fine.reduce(_FINER)
