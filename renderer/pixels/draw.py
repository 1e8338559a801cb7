"""Draws: from a look, art and ratings to the bytes of the picture."""

from collections.abc import Sequence
from typing import Final

import PIL
from PIL import Image

from renderer.pixels import codec
from renderer.pixels.badge import sprite
from renderer.pixels.canvas import fill, need
from renderer.pixels.codec import Undecodable
from renderer.pixels.colours import SITE
from renderer.pixels.design import compile_design
from renderer.pixels.encoder import encode
from renderer.pixels.icons import icon_name
from renderer.pixels.layout import Face, Placement, place_strip
from renderer.pixels.values import write
from shared.ratings import Rating, Ratings, RatingSite
from shared.settings import Label, Settings

__all__ = ["VERSION", "Undecodable", "draw", "shown"]

_DRAWING: Final = 1  # raise it when finished pictures would come out otherwise
_BACKEND: Final = "pillow-simd" if "post" in PIL.__version__ else "pillow"
VERSION: Final = f"{_DRAWING}-{_BACKEND}-{PIL.__version__}"
"""What drew a picture: our drawing, and the library, whose builds round differently."""

_WORDS: Final = {
    RatingSite.IMDB: "IMDb",
    RatingSite.TMDB: "TMDB",
    RatingSite.RT: "RTC",
    RatingSite.RTA: "RTA",
    RatingSite.MC: "MC",
    RatingSite.TRAKT: "Trakt",
    RatingSite.LB: "LB",
    RatingSite.MAL: "MAL",
    RatingSite.MDBLIST: "MDB",
    RatingSite.EBERT: "Ebert",
}
_FROST: Final = 10  # art under a translucent badge is averaged over about this many pixels at medium size

_MOST_BYTES: Final = 100_000  # clients refuse heavier posters; large ones are for those who asked

Badges = tuple[tuple[RatingSite, Rating], ...]


def shown(settings: Settings, ratings: Ratings) -> Badges:
    """Return the badges that this look shows, in order; what is missing or would read zero lets the next move up."""
    present = ((site, ratings[site]) for site in settings.ratings if site in ratings)
    written = [(site, rating) for site, rating in present if write(site, rating) is not None]
    return tuple(written[: settings.limit])


def draw(settings: Settings, art: bytes, ratings: Ratings, *, quality: int = 85) -> bytes:
    """Return the finished picture, encoded as the look asks; may run in several threads at once.

    ``quality`` (1–100) is for JPEG and WebP. Raises ``Undecodable`` for art that we do not take, and ``Unsupported``
    for kinds that this version does not draw.
    """
    design = compile_design(settings)
    decoded = codec.decode(art, need(design.size, design.fit))
    canvas = fill(decoded, design.size, design.fit, blur=design.blur)
    faces = _faces(settings.label, shown(settings, ratings))
    for element in design.elements if faces else ():
        _paint(canvas, place_strip(element, faces, canvas.size, design.unit))
    is_medium = design.unit <= 1
    return encode(canvas, settings.format, quality, _MOST_BYTES if is_medium else 0)


def _faces(label: Label, badges: Badges) -> Sequence[Face]:
    faces = []
    for site, rating in badges:
        icon = "" if label is Label.TEXT else icon_name(site, rating, label)
        word = _WORDS[site] if label is Label.TEXT else ""
        faces.append(Face(SITE[site], write(site, rating) or "", icon, word))
    return faces


def _paint(canvas: Image.Image, placement: Placement) -> None:
    """Lay the sprites on the canvas, touching nothing but their own boxes."""
    for badge in placement.badges:
        finished = sprite(placement.frame, badge.face)
        if finished.pane is not None:
            left, top, right, bottom = finished.glass
            box = (badge.x + left, badge.y + top, badge.x + right, badge.y + bottom)
            canvas.paste(_frosted(canvas.crop(box), placement.frame.unit), box[:2], finished.pane)
        canvas.paste(finished.colour, (badge.x - finished.pad, badge.y - finished.pad), finished.alpha)


def _frosted(part: Image.Image, unit: float) -> Image.Image:
    """Return the part of a picture as seen through frosted glass."""
    grain = max(2.0, _FROST * unit)
    small = max(2, round(part.width / grain)), max(2, round(part.height / grain))
    return part.resize(small, Image.Resampling.BOX).resize(part.size, Image.Resampling.BICUBIC)
