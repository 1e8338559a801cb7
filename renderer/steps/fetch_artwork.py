"""Get the bytes of the art."""

import structlog

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.steps.select_artwork import find_art
from shared.domain.errors import ArtNotFound, SourceError

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def fetch(draft: JobContext, tools: Dependencies) -> None:  # noqa: ARG001 - every step has the same two
    """Set ``body`` to the art of the first candidate that can be had, dropping those before it.

    Raises like :func:`renderer.steps.select_artwork.find_art`.
    """
    width = draft.settings.canvas[0]
    while True:
        while draft.candidates:
            best = draft.candidates[0]
            early, draft.early_art = draft.early_art, None
            try:
                draft.body = await (early or best.source.fetch(best.art, width))
            except (ArtNotFound, SourceError) as error:
                log.warning("art_not_fetched", art=best.art.path, cause=error.cause, reason=str(error))
                if isinstance(error, SourceError):
                    draft.go_on_without(error)
                draft.candidates.pop(0)
                continue
            return
        await find_art(draft)
