"""A title's name in the language that the settings ask for, of the names that can be drawn."""

from collections.abc import Callable
from typing import Final

import structlog

from renderer.drawing.script_fonts import can_write
from renderer.jobs.art_ranking import rank_artwork
from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.labels.design_labels import TitleNames
from services.titles import Title, TitleName
from shared.designs.conditions import Fact
from shared.designs.document import DesignDocument
from shared.designs.facts_used import facts_of
from shared.domain.errors import SourceError
from shared.settings.languages import ORIGINAL, TEXTLESS, tag_of
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_OWN: Final = "en"
"""The language of the name that every title comes with."""

_OF_SERIES: Final = frozenset({Fact.TITLE, Fact.GENRE})
"""What an episode takes from its series."""


async def preferred_name(
    context: JobContext,
    settings: Settings,
    dependencies: Dependencies,
    can_draw: Callable[[str], bool],
    title: Title | None = None,
) -> str:
    """Return the name in the first language that the settings ask for, of those that can be drawn; empty if none.

    ``title`` is whose name it is, where it is not the job's. Raises ``SourceError`` when a degraded picture would
    replace a complete one.
    """
    title = title or context.title
    names = [TitleName(title.name, _OWN)]
    if title.original_lang and title.original_name:
        names.append(TitleName(title.original_name, title.original_lang))
    if _asks_for_others(settings.lang):
        try:
            names += await dependencies.title_source.names(context.media)
        except SourceError as error:
            log.warning("names_not_listed", source=error.source, cause=error.cause, reason=str(error))
            context.failures.add(error)
    drawable = tuple(name for name in names if can_draw(name.text))
    ranked = rank_artwork(drawable, settings, title.original_lang)
    return ranked[0].text if ranked else ""


def _asks_for_others(lang: str) -> bool:
    """Return whether the languages include one of which only a call can tell the name."""
    words = (word for word in lang.split(",") if word not in {"", ORIGINAL, TEXTLESS})
    return any(tag_of(word).language != _OWN for word in words)


async def names_for_design(context: JobContext, design: DesignDocument, dependencies: Dependencies) -> TitleNames:
    """Return how the title is named on a design, which asks for nothing that the design does not use.

    Raises ``SourceError`` when a degraded picture would replace a complete one.
    """
    title, used = context.title, facts_of(design)
    whole = title.series or title
    if context.media.episode is not None and not used.isdisjoint(_OF_SERIES):
        whole = await series_of(context, dependencies)
    name = ""
    if Fact.TITLE in used:
        name = await preferred_name(context, context.settings, dependencies, _can_write_name, whole)
    episode = title.name if context.media.episode is not None and _can_write_name(title.name) else ""
    return TitleNames(whole, name, episode)


async def series_of(context: JobContext, dependencies: Dependencies) -> Title:
    """Return the series of an episode, or the episode itself while its series is not known."""
    try:
        series = await dependencies.title_source.title(context.media.series)
    except SourceError as error:
        log.warning("series_not_described", source=error.source, cause=error.cause, reason=str(error))
        context.failures.add(error)
        return context.title
    return series or context.title


def _can_write_name(name: str) -> bool:
    return bool(name.strip()) and can_write("".join(name.split()))
