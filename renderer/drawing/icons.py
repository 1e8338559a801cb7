"""Site marks and awards, drawn from SVG at exactly the size that is needed."""

import importlib.resources
import io
from functools import lru_cache
from typing import Final

import resvg_py
from PIL import Image

from renderer.drawing.rating_text import verdict
from shared.domain.awards import Award
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import Label

_FOLDER: Final = importlib.resources.files("renderer.drawing").joinpath("icons")


def icon_name(site: RatingSite, rating: Rating, label: Label) -> str:
    """Return the icon of a rating under a label style: a mono glyph, or the mark in its own colours."""
    if label is Label.ICON:
        return f"mono/{site}"
    return f"mark/{verdict(site, rating) or site}"


@lru_cache(maxsize=64)
def _vector(name: str) -> str:
    return _FOLDER.joinpath(f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def icon(name: str, width: int, height: int | None = None) -> Image.Image:
    """Return a picture of ``width`` × ``height`` pixels with alpha, square by default; do not change it.

    The drawing is in its middle, as large as fits in its own proportions.
    """
    # The size is written into the SVG: given as options, resvg would treat it as a maximum and keep the aspect ratio.
    size = f'<svg width="{width}" height="{height or width}"'
    drawn = resvg_py.svg_to_bytes(svg_string=_vector(name).replace("<svg", size, 1), skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(drawn)), formats=("PNG",)) as opened:
        return opened.convert("RGBA")


def award_name(award: Award) -> str:
    """Return the icon of an award, two units wide and five high."""
    return f"award/{award}"
