"""Fonts for the scripts that the badge font lacks, each from a package that brings its licence.

A word is set in one font, the first that has all of its characters: the badge font (Latin, Cyrillic, Greek), FiraGO
(Arabic, Hebrew, Thai, Devanagari, Georgian) or Noto Sans CJK. Scripts that join or turn their letters need the shaper
Raqm, which a build of Pillow may lack; ``can_write`` then says no, and the caller takes other words.
"""

import importlib.resources
import io
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec
import pymupdf_fonts
from PIL import Image, ImageDraw, ImageFont, features

_DETAIL: Final = 200  # the size at which whole words are measured
_OVERSAMPLING: Final = 4  # as in ``text``
_MISSING: Final = "\U0010fffe"  # a noncharacter: every font shows its sign for a missing glyph
_TURNED: Final = frozenset({"R", "AL"})  # Unicode's classes of letters that are written from right to left
_JOINED: Final = (range(0x0900, 0x0E00),)  # the scripts of India, whose letters change places

HAS_SHAPER: Final = bool(features.check("raqm"))
"""Whether this build of Pillow can set scripts that need shaping."""


class ScriptFont(msgspec.Struct, frozen=True):
    """A font for other scripts. ``rise`` lifts its words to the middle of a capital, in em."""

    name: str
    rise: float = 0.0

    def width(self, word: str, lang: str) -> float:
        """Return the width of the visible part of ``word``, in em."""
        left, right = _ink(self.name, word, lang)
        return right - left

    def mask(self, word: str, em: float, size: tuple[int, int], cap: float, lang: str) -> Image.Image:
        """Return the word as a mask of ``size`` pixels, its ink centred as if it were ``cap`` pixels high."""
        left, right = _ink(self.name, word, lang)
        x = (size[0] - (right - left) * em) / 2 - left * em
        y = (size[1] + cap) / 2 - self.rise * em
        large = Image.new("L", (size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING))
        place = x * _OVERSAMPLING, y * _OVERSAMPLING
        font = _sized(self.name, em * _OVERSAMPLING)
        ImageDraw.Draw(large).text(place, word, fill=255, font=font, anchor="ls", language=_spoken(lang))
        return large.reduce(_OVERSAMPLING)


_BADGE_FONT: Final = "inter"
_FONTS: Final = (ScriptFont("firago", rise=-0.02), ScriptFont("noto-cjk", rise=-0.02))


@lru_cache(maxsize=2048)
def script_font(word: str) -> ScriptFont | None:
    """Return the font that a word is set in; ``None`` for the badge font, which is also the last resort."""
    if _has_all(_BADGE_FONT, word):
        return None
    return next((font for font in _FONTS if _has_all(font.name, word)), None)


@lru_cache(maxsize=2048)
def can_write(word: str) -> bool:
    """Return whether a word can be drawn as its readers expect it: all glyphs are there, and joined and in order."""
    if not any(_has_all(name, word) for name in (_BADGE_FONT, *(font.name for font in _FONTS))):
        return False
    return HAS_SHAPER or not any(_needs_shaper(char) for char in word)


def is_in_badge_font(word: str) -> bool:
    """Return whether the badge font has all glyphs of a word."""
    return _has_all(_BADGE_FONT, word)


def _needs_shaper(char: str) -> bool:
    return unicodedata.bidirectional(char) in _TURNED or any(ord(char) in block for block in _JOINED)


def _has_all(name: str, word: str) -> bool:
    return all(_has_glyph(name, char) for char in word if not char.isspace())


@lru_cache(maxsize=4096)
def _has_glyph(name: str, char: str) -> bool:
    font = _sized(name, _DETAIL)
    return bytes(font.getmask(char)) != bytes(font.getmask(_MISSING))


@lru_cache(maxsize=2048)
def _ink(name: str, word: str, lang: str) -> tuple[float, float]:
    """Return where the word's ink begins and ends, in em from its origin."""
    seen, offset = _sized(name, _DETAIL).getmask2(word, mode="L", anchor="ls", language=_spoken(lang))
    left, _, right, _ = seen.getbbox() or (0, 0, 0, 0)
    return (offset[0] + left) / _DETAIL, (offset[0] + right) / _DETAIL


def _spoken(lang: str) -> str | None:
    """Return the language for the shaper, which decides the shape of ideographs; ``None`` without a shaper."""
    return lang if lang and HAS_SHAPER else None


@lru_cache(maxsize=64)
def _sized(name: str, size: float) -> ImageFont.FreeTypeFont:
    layout = ImageFont.Layout.RAQM if HAS_SHAPER else ImageFont.Layout.BASIC
    file = _noto_cjk() if name == "noto-cjk" else io.BytesIO(_firago() if name == "firago" else badge_font())
    return ImageFont.truetype(file, size, layout_engine=layout)


@lru_cache(maxsize=2)
def badge_font(*, is_regular: bool = False) -> bytes:
    """Return the file of the badge font, Inter Bold, or of its regular weight, which has the same glyphs."""
    name = "Inter-Regular.otf" if is_regular else "Inter-Bold.otf"
    return importlib.resources.files("renderer.drawing").joinpath("fonts", name).read_bytes()


@lru_cache(maxsize=1)
def _firago() -> bytes:
    packed: bytes = pymupdf_fonts.fontbuffers["figbo"]()
    return packed


@lru_cache(maxsize=1)
def _noto_cjk() -> str:
    """Return the path of the font, which is read from disk as needed: it has 17 MB."""
    return str(importlib.resources.files("noto_cjk_sans_jp_bold").joinpath("NotoSansCJKjp-Bold.otf"))
