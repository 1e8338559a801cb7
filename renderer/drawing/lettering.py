"""Lettering: a title's name in as few lines and as large as its box allows."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

import msgspec
from PIL import Image

from renderer.drawing import text
from renderer.drawing.script_fonts import can_write
from shared.designs.elements import Alignment

_SMALLER: Final = 0.92  # of the font's size, from one attempt to the next
_LEAST: Final = 0.5  # of the wanted size; a name that is too long even then is cut
_LEADING: Final = 1.2  # height of a line, in em
_MOST_CHARACTERS: Final = 200

_Measure: TypeAlias = Callable[[str], float]  # the width of a line, in em


class FittedLines(msgspec.Struct, frozen=True):
    """Lines of a font of ``em`` pixels, in a language and a weight."""

    lines: tuple[str, ...]
    em: float
    lang: str = ""
    is_regular: bool = False

    @property
    def height(self) -> int:
        """Return the height of all lines, in pixels."""
        return round(len(self.lines) * self.em * _LEADING)

    @property
    def width(self) -> int:
        """Return the width of the longest line, in pixels."""
        return max(map(self._width_of, self.lines))

    def mask(self, width: int, align: Alignment = Alignment.CENTRE) -> Image.Image:
        """Return the lines, aligned, as a mask that is ``width`` pixels wide."""
        drawn = Image.new("L", (width, self.height))
        step = self.em * _LEADING
        for number, line in enumerate(self.lines):
            size = min(width, self._width_of(line)), round(step)
            if align is Alignment.CENTRE:  # by parts of a pixel, as the ink is centred
                size = _room_for(size[0] + 2 * round(self.em), width), size[1]
            spare = width - size[0]
            left = {Alignment.LEFT: 0, Alignment.CENTRE: spare // 2, Alignment.RIGHT: spare}[align]
            letters = text.mask(line, self.em, size, self.lang, is_regular=self.is_regular)
            drawn.paste(letters, (left, round(number * step)))
        return drawn

    def _width_of(self, line: str) -> int:
        return math.ceil(text.ink_width(line, self.lang, is_regular=self.is_regular) * self.em)


def _room_for(length: int, width: int) -> int:
    """Return a length, or one more, that leaves as much of the width at its left as at its right."""
    return min(width, length + (width - length) % 2)


def fit_lines(
    name: str, width: float, *, most: int, em: float, lang: str = "", is_regular: bool = False
) -> FittedLines | None:
    """Return the name in at most ``most`` lines no wider than ``width``, in a font of ``em`` pixels or less.

    Returns ``None`` for a name with a character that the font does not have: half a name is worse than none.
    """
    words = name[:_MOST_CHARACTERS].split()
    if not words or not can_write("".join(words)):
        return None
    measure: _Measure = partial(text.ink_width, lang=lang, is_regular=is_regular)
    size = em
    while size >= em * _LEAST:
        lines = _wrapped(words, width / size, measure)
        if len(lines) <= most and all(measure(line) * size <= width for line in lines):
            return FittedLines(tuple(lines), size, lang, is_regular)
        size *= _SMALLER
    size = em * _LEAST
    cut = [_shortened(line, width / size, measure) for line in _wrapped(words, width / size, measure)]
    if len(cut) > most:
        cut = [*cut[: most - 1], _shortened(f"{cut[most - 1]}…", width / size, measure)]
    return FittedLines(tuple(cut), size, lang, is_regular)


def _wrapped(words: Sequence[str], width: float, measure: _Measure) -> list[str]:
    """Return the words in the fewest lines of ``width`` em that they fit in, the lines as equal as possible."""
    count = len(_greedy(words, width, measure))
    narrow, wide = 0.0, width
    for _ in range(8):
        middle = (narrow + wide) / 2
        narrow, wide = (narrow, middle) if len(_greedy(words, middle, measure)) <= count else (middle, wide)
    return _greedy(words, wide, measure)


def _greedy(words: Sequence[str], width: float, measure: _Measure) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if measure(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _shortened(line: str, width: float, measure: _Measure) -> str:
    """Return the line, or as much of its beginning as fits with an ellipsis."""
    while measure(line) > width and len(line) > 1:
        line = f"{line.rstrip('…')[:-1].rstrip()}…"
    return line
