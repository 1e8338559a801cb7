"""Put the title's pictures in the order in which they should be tried."""

import asyncio

from renderer.draft import Draft
from renderer.tools import Tools
from services.kit.source import Art
from shared.errors import ArtNotFound
from shared.settings import Settings

MOST_TRIED = 3
"""Candidates worth trying before the work is given up."""

ENGLISH = "en"


async def choose(draft: Draft, tools: Tools) -> None:
    """Set ``candidates``, best first, and begin to fetch the best when it is sure to be drawn.

    Raises ``ArtNotFound``.
    """
    assert draft.title is not None  # noqa: S101 - set by describe
    draft.candidates = ranked(draft.title.posters, draft.settings)[:MOST_TRIED]
    if not draft.candidates:
        raise ArtNotFound(f"{draft.media} has no {draft.settings.kind}")
    if draft.stored is None:
        width = draft.settings.canvas[0]
        draft.early_art = asyncio.create_task(tools.art_source.fetch(draft.candidates[0], width))


def ranked(posters: tuple[Art, ...], settings: Settings) -> list[Art]:
    """Return posters by language: region, language, English, textless, any; equals stay in the source's own order.

    With ``textless``, those without words come first.
    """
    language, _, region = settings.lang.partition("-")

    def rank(art: Art) -> int:
        wanted = [
            settings.textless and art.lang is None,
            bool(region) and art.lang == language and art.region == region,
            bool(language) and art.lang == language,
            art.lang == ENGLISH,
            art.lang is None,
            True,
        ]
        return wanted.index(True)

    return sorted(posters, key=rank)
