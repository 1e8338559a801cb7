"""Get the bytes of the art."""

import structlog

from renderer.draft import Draft
from renderer.tools import Tools
from shared.errors import ArtBroken, ArtNotFound, SourceError

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def fetch(draft: Draft, tools: Tools) -> None:
    """Set ``body`` to the art of the first candidate that can be had, dropping those before it.

    Raises ``ArtNotFound`` when all of them are gone (a fact), ``ArtBroken`` when an accident was among the reasons.
    """
    width = draft.settings.canvas[0]
    while draft.candidates:
        early, draft.early_art = draft.early_art, None
        try:
            draft.body = await (early or tools.art_source.fetch(draft.candidates[0], width))
        except (ArtNotFound, SourceError) as error:
            log.warning("art_not_fetched", art=draft.candidates[0].path, cause=error.cause, reason=str(error))
            draft.art_accidents += isinstance(error, SourceError)
            draft.candidates.pop(0)
            continue
        return
    if draft.art_accidents:
        raise ArtBroken(f"no art of {draft.media} could be had")
    raise ArtNotFound(f"all art of {draft.media} is gone")
