"""Lettering: a title's name in as few lines and as large as its box allows."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
from PIL import Image

from renderer.drawing import text
from renderer.drawing.script_fonts import can_write

_SMALLER: Final = 0.92  # of the font's size, from one attempt to the next
_LEAST: Final = 0.5  # of the wanted size; a name that is too long even then is cut
_LEADING: Final = 1.2  # height of a line, in em
_MOST_CHARACTERS: Final = 200


class FittedLines(msgspec.Struct, frozen=True):
    """Lines of a font of ``em`` pixels."""

    lines: tuple[str, ...]
    em: float

    @property
    def height(self) -> int:
        """Return the height of all lines, in pixels."""
        return round(len(self.lines) * self.em * _LEADING)

    @property
    def width(self) -> int:
        """Return the width of the longest line, in pixels."""
        return max(map(self._width_of, self.lines))

    def mask(self, width: int, *, is_centred: bool = True) -> Image.Image:
        """Return the lines, centred or else at the left, as a mask that is ``width`` pixels wide."""
        drawn = Image.new("L", (width, self.height))
        step = self.em * _LEADING
        for number, line in enumerate(self.lines):
            size = width if is_centred else min(width, self._width_of(line)), round(step)
            drawn.paste(text.mask(line, self.em, size), (0, round(number * step)))
        return drawn

    def _width_of(self, line: str) -> int:
        return math.ceil(text.ink_width(line) * self.em)


def fit_lines(name: str, width: float, *, most: int, em: float) -> FittedLines | None:
    """Return the name in at most ``most`` lines no wider than ``width``, in a font of ``em`` pixels or less.

    Returns ``None`` for a name with a character that the font does not have: half a name is worse than none.
    """
    words = name[:_MOST_CHARACTERS].split()
    if not words or not can_write("".join(words)):
        return None
    size = em
    while size >= em * _LEAST:
        lines = _wrapped(words, width / size)
        if len(lines) <= most and all(text.ink_width(line) * size <= width for line in lines):
            return FittedLines(tuple(lines), size)
        size *= _SMALLER
    size = em * _LEAST
    cut = [_shortened(line, width / size) for line in _wrapped(words, width / size)]
    if len(cut) > most:
        cut = [*cut[: most - 1], _shortened(f"{cut[most - 1]}…", width / size)]
    return FittedLines(tuple(cut), size)


def _wrapped(words: Sequence[str], width: float) -> list[str]:
    """Return the words in the fewest lines of ``width`` em that they fit in, the lines as equal as possible."""
    count = len(_greedy(words, width))
    narrow, wide = 0.0, width
    for _ in range(8):
        middle = (narrow + wide) / 2
        narrow, wide = (narrow, middle) if len(_greedy(words, middle)) <= count else (middle, wide)
    return _greedy(words, wide)


def _greedy(words: Sequence[str], width: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if text.ink_width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _shortened(line: str, width: float) -> str:
    """Return the line, or as much of its beginning as fits with an ellipsis."""
    while text.ink_width(line) > width and len(line) > 1:
        line = f"{line.rstrip('…')[:-1].rstrip()}…"
    return line
