"""Draws a freehand design over art that is on its canvas already."""

from PIL import Image

from renderer.drawing.freehand.anchoring import pixels
from renderer.drawing.freehand.design_facts import DesignFacts
from renderer.drawing.freehand.freehand_layout import lay_out_design
from renderer.drawing.freehand.freehand_paint import paint_design
from renderer.drawing.freehand.shown_elements import design_of_text, shown_elements
from renderer.drawing.title_overlay import TitleOverlay, logo_box
from shared.designs.elements import LogoElement
from shared.domain.awards import Award
from shared.domain.ratings import Ratings
from shared.settings.model import Settings


def draw_design(
    canvas: Image.Image,
    settings: Settings,
    ratings: Ratings,
    award: Award | None,
    facts: DesignFacts,
    overlay: TitleOverlay | None,
    unit: float,
) -> None:
    """Draw the design of settings that have one; ``ratings`` are valid and include the average.

    ``unit`` is pixels per pixel of a medium picture. Raises ``UndecodableLogo``.
    """
    shown = shown_elements(design_of_text(settings.design), ratings, award, facts)
    paint_design(canvas, lay_out_design(shown, settings.kind, canvas.size, unit), overlay)


def logo_room(settings: Settings) -> tuple[int, int]:
    """Return the width and height of the room for a title's logo, in pixels; of several, the greatest of each."""
    if not settings.design:
        return logo_box(settings.canvas)
    logos = [each for each in design_of_text(settings.design).elements if isinstance(each, LogoElement)]
    width, height = max((each.width for each in logos), default=1), max((each.height for each in logos), default=1)
    size = settings.canvas
    return min(size[0], pixels(width, size, least=1)), min(size[1], pixels(height, size, least=1))
