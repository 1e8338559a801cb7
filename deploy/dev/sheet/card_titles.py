"""The logos of the sheet's cards: what TMDB and Fanart.tv send at its widest, tallest, lightest and darkest."""

import io
from enum import StrEnum
from functools import lru_cache
from typing import Final

from PIL import Image

from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import DemoPicture
from renderer.drawing import text
from renderer.drawing.title_overlay import TitleOverlay

FILM: Final = "metropolis"
NAME: Final = "The Cabinet of Dr. Caligari"
_HEIGHT: Final = 200  # pixels of a letter's line
_EM: Final = 1.25  # of a line's height: capitals that nearly fill it


class CardTitle(StrEnum):
    """What names the title on a card."""

    VECTOR = "an SVG logo"
    WIDE = "a logo of 10:1"
    TALL = "a logo of 1:2"
    BLACK = "a black logo"
    NAME = "a name"


def overlay_of(title: CardTitle) -> TitleOverlay:
    """Return the file of the logo, or the name."""
    match title:
        case CardTitle.VECTOR:
            return TitleOverlay(render(DemoPicture(FILM, "logo", "en"), 800, "svg"))
        case CardTitle.WIDE:
            return TitleOverlay(_lettered(("THE PERILS OF PAULINE",), (10 * _HEIGHT, _HEIGHT), (255, 255, 255)))
        case CardTitle.TALL:
            return TitleOverlay(_lettered(tuple("JUDEX"), (5 * _HEIGHT // 2, _HEIGHT), (255, 255, 255)))
        case CardTitle.BLACK:
            return TitleOverlay(_lettered(("WINGS",), (4 * _HEIGHT, _HEIGHT), (12, 12, 12)))
        case CardTitle.NAME:
            return TitleOverlay(name=NAME)


@lru_cache(maxsize=8)
def _lettered(lines: tuple[str, ...], line: tuple[int, int], colour: tuple[int, int, int]) -> bytes:
    """Return a transparent PNG with each line stretched over its whole width, so that its shape is exact."""
    logo = Image.new("RGBA", (line[0], line[1] * len(lines)))
    for number, words in enumerate(lines):
        em = _EM * line[1]
        letters = text.mask(words, em, (round(text.ink_width(words) * em) + 2, line[1]))
        logo.paste(colour, (0, number * line[1]), letters.resize(line))
    file = io.BytesIO()
    logo.save(file, "PNG")
    return file.getvalue()
