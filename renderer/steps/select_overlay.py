"""Select what names the title on a card: the best logo that has not been tried, else a name that can be drawn."""

from typing import Final

import structlog

from renderer.drawing.title_overlay import can_letter, logo_box
from renderer.jobs.art_ranking import rank_artwork
from renderer.jobs.candidates import all_artwork, next_candidate
from renderer.jobs.context import NO_OVERLAY, ChosenOverlay, JobContext, is_named_on
from renderer.jobs.dependencies import Dependencies
from services.artwork import Art
from services.titles import TitleName
from shared.domain.errors import SourceError
from shared.domain.pictures import Format, Kind
from shared.settings.languages import ORIGINAL, TEXTLESS, tag_of
from shared.settings.model import Heading, Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_OWN: Final = "en"
"""The language of the name that every title comes with."""


async def select_overlay(
    context: JobContext, art: Art, dependencies: Dependencies, tried: ChosenOverlay | None = None
) -> ChosenOverlay:
    """Return what names the title on this art, after what was ``tried``; nothing for art that does it itself.

    The logo is one that a picture of kind logo would show. Raises ``SourceError`` when a degraded picture would replace
    a complete one.
    """
    settings = context.settings
    if settings.title is Heading.NONE or not is_named_on(art):
        return NO_OVERLAY
    of_logo = Settings(kind=Kind.LOGO, format=Format.PNG, art=settings.art, lang=settings.lang)
    untried = tried.logo.untried if tried and tried.logo else all_artwork(of_logo, dependencies.art_sources)
    logo = await next_candidate(context, of_logo, logo_box(settings.canvas)[0], untried)
    return ChosenOverlay(logo) if logo else ChosenOverlay(name=await _name(context, of_logo, dependencies))


async def _name(context: JobContext, settings: Settings, dependencies: Dependencies) -> str:
    """Return the name in the first language that the settings ask for, of those that can be drawn; empty if none."""
    title = context.title
    names = [TitleName(title.name, _OWN)]
    if title.original_lang and title.original_name:
        names.append(TitleName(title.original_name, title.original_lang))
    if _asks_for_others(settings.lang):
        try:
            names += await dependencies.title_source.names(context.media)
        except SourceError as error:
            log.warning("names_not_listed", source=error.source, cause=error.cause, reason=str(error))
            context.failures.add(error)
    drawable = tuple(name for name in names if can_letter(name.text))
    ranked = rank_artwork(drawable, settings, title.original_lang)
    return ranked[0].text if ranked else ""


def _asks_for_others(lang: str) -> bool:
    """Return whether the languages include one of which only a call can tell the name."""
    words = (word for word in lang.split(",") if word not in {"", ORIGINAL, TEXTLESS})
    return any(tag_of(word).language != _OWN for word in words)
