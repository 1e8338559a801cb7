"""Select what names the title on a card: the best logo that has not been tried, else a name that can be drawn."""

from renderer.drawing.freehand.freehand_design import logo_room
from renderer.drawing.title_overlay import can_letter
from renderer.jobs.candidates import all_artwork, next_candidate
from renderer.jobs.context import NO_OVERLAY, ChosenOverlay, JobContext, is_named_on
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_names import preferred_name, series_of
from services.artwork import Art
from shared.domain.pictures import Format, Kind
from shared.settings.model import Heading, Settings


async def select_overlay(
    context: JobContext, art: Art, dependencies: Dependencies, tried: ChosenOverlay | None = None
) -> ChosenOverlay:
    """Return what names the title on this art, after what was ``tried``; nothing for art that does it itself.

    The logo is one that a picture of kind logo would show. Raises ``SourceError`` when a degraded picture would replace
    a complete one.
    """
    settings = context.settings
    if settings.title is Heading.NONE or not is_named_on(settings, art):
        return NO_OVERLAY
    of_logo = Settings(kind=Kind.LOGO, format=Format.PNG, art=settings.art, lang=settings.lang)
    untried = tried.logo.untried if tried and tried.logo else all_artwork(of_logo, dependencies.art_sources)
    logo = await next_candidate(context, of_logo, logo_room(settings)[0], untried)
    if logo:
        return ChosenOverlay(logo)
    # On a design, a still is named after the series: its own name would say nothing of that.
    is_still = bool(settings.design) and context.media.episode is not None
    title = await series_of(context, dependencies) if is_still else None
    return ChosenOverlay(name=await preferred_name(context, of_logo, dependencies, can_letter, title))
