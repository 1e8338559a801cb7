"""Draws a picture: from settings, artwork and ratings to encoded bytes."""

from typing import Final

import PIL

from renderer.drawing import codec
from renderer.drawing.award_corner import settle_award
from renderer.drawing.badge_content import Badges
from renderer.drawing.canvas import native_size, opaque_canvas, required_size, transparent_canvas
from renderer.drawing.chip_content import NO_CHIPS, Chips
from renderer.drawing.codec import Undecodable
from renderer.drawing.design import compile_design
from renderer.drawing.drawing_version import DRAWING
from renderer.drawing.encoder import encode_picture
from renderer.drawing.freehand.design_facts import DesignFacts
from renderer.drawing.freehand.freehand_design import draw_design
from renderer.drawing.layout.picture_layout import lay_out
from renderer.drawing.paint import paint
from renderer.drawing.rating_average import average_of, with_enough_votes
from renderer.drawing.rating_text import is_on_scale
from renderer.drawing.title_overlay import TitleOverlay, draw_overlay
from shared.domain.awards import Award
from shared.domain.ratings import Ratings, RatingSite
from shared.settings.model import Fit, Settings

__all__ = ["VERSION", "Undecodable", "draw_picture", "shown"]

_BACKEND: Final = "pillow-simd" if "post" in PIL.__version__ else "pillow"
VERSION: Final = f"{DRAWING}-{_BACKEND}-{PIL.__version__}"
"""What drew a picture: version of the drawing code, and the library, whose builds round differently."""


def shown(settings: Settings, ratings: Ratings) -> Badges:
    """Return the badges that these settings show, in order.

    Missing ratings, values off their scale and, where the settings want votes, those with too few are skipped.
    """
    valid = valid_ratings(settings, ratings)
    return tuple((site, valid[site]) for site in settings.ratings if site in valid)[: settings.limit]


def valid_ratings(settings: Settings, ratings: Ratings) -> Ratings:
    """Return the ratings that may be shown, with the average where the settings ask for it."""
    valid = {site: rating for site, rating in ratings.items() if is_on_scale(site, rating)}
    if settings.min_votes:
        valid = with_enough_votes(valid)
    if RatingSite.AVG in settings.ratings:
        valid |= average_of(valid, settings.average, settings.weights)
    return valid


def draw_picture(
    settings: Settings,
    art: bytes,
    ratings: Ratings,
    award: Award | None = None,
    chips: Chips = NO_CHIPS,
    overlay: TitleOverlay | None = None,
    facts: DesignFacts | None = None,
    *,
    quality: int = 85,
    is_fast: bool = False,
) -> bytes:
    """Return the finished picture, encoded in the settings' format; thread-safe.

    ``award`` and ``chips`` are ignored where the settings show none; ``overlay`` is drawn if it is given. ``facts`` are
    what a freehand design says of its title; without them, nothing of it is drawn on the artwork. ``quality`` (1–100)
     is for JPEG and WebP; with ``is_fast`` time matters more than that. Raises ``Undecodable`` for artwork that
    is broken or not accepted, and ``UndecodableLogo``.
    """
    design = compile_design(settings)
    decoded = codec.decode(
        art, lambda width, height: required_size(design.size, design.fit_for((width, height)), (width, height))
    )
    fit = design.fit_for(decoded.image.size)
    size = native_size(design.size, decoded.image.size) if fit is Fit.NATIVE else design.size
    badges = shown(settings, ratings)
    if settings.design:
        canvas = (
            transparent_canvas(decoded, size, size)
            if design.is_transparent
            else opaque_canvas(decoded, size, fit, blur=design.blur)
        )
        if facts is not None:
            draw_design(canvas, settings, valid_ratings(settings, ratings), award, facts, overlay, design.unit)
    elif design.is_transparent:
        layout = lay_out(design, badges, award, size, chips)
        canvas = transparent_canvas(decoded, size, layout.size)
        paint(canvas, layout)
    else:
        canvas = opaque_canvas(decoded, size, fit, blur=design.blur)
        taken = draw_overlay(canvas, overlay) if overlay is not None else ()
        layout = settle_award(design, canvas, lambda planned: lay_out(planned, badges, award, size, chips, taken))
        paint(canvas, layout)
    del decoded  # the art is large, and encoding needs memory too
    return encode_picture(canvas, settings.format, quality, design.max_bytes, is_fast=is_fast)
