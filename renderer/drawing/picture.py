"""Draws: from a look, art and ratings to the bytes of the picture."""

from typing import Final

import PIL

from renderer.drawing import codec
from renderer.drawing.badge_content import Badges
from renderer.drawing.canvas import fill, native_size, need, stand
from renderer.drawing.codec import Undecodable
from renderer.drawing.design import compile_design
from renderer.drawing.encoder import encode
from renderer.drawing.layout import lay_out
from renderer.drawing.paint import paint
from renderer.drawing.rating_text import write
from shared.domain.awards import Award
from shared.domain.ratings import Ratings
from shared.settings.model import Fit, Settings

__all__ = ["VERSION", "Undecodable", "draw", "shown"]

_DRAWING: Final = 2  # raise it when finished pictures would come out otherwise
_BACKEND: Final = "pillow-simd" if "post" in PIL.__version__ else "pillow"
VERSION: Final = f"{_DRAWING}-{_BACKEND}-{PIL.__version__}"
"""What drew a picture: our drawing, and the library, whose builds round differently."""


def shown(settings: Settings, ratings: Ratings) -> Badges:
    """Return the badges that this look shows, in order; what is missing or would read zero lets the next move up."""
    present = ((site, ratings[site]) for site in settings.ratings if site in ratings)
    written = [(site, rating) for site, rating in present if write(site, rating) is not None]
    return tuple(written[: settings.limit])


def draw(settings: Settings, art: bytes, ratings: Ratings, award: Award | None = None, *, quality: int = 85) -> bytes:
    """Return the finished picture, encoded as the look asks; may run in several threads at once.

    ``award`` is what the title has won; a look without statuettes ignores it. ``quality`` (1–100) is for JPEG and WebP.
    Raises ``Undecodable`` for art that we do not take.
    """
    design = compile_design(settings)
    decoded = codec.decode(art, lambda width, height: need(design.size, design.fit_for((width, height)))(width, height))
    fit = design.fit_for(decoded.image.size)
    size = native_size(design.size, decoded.image.size) if fit is Fit.NATIVE else design.size
    layout = lay_out(design, shown(settings, ratings), award, size)
    canvas = stand(decoded, size, layout.size) if design.is_clear else fill(decoded, size, fit, blur=design.blur)
    paint(canvas, layout)
    return encode(canvas, settings.format, quality, design.most_bytes)
