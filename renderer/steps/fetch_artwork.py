"""Fetch the bytes of the artwork."""

import asyncio

import structlog

from renderer.jobs.context import Candidate, JobContext
from shared.domain.errors import ArtNotFound, SourceError, SourceTooLarge

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def fetch_artwork(
    context: JobContext, candidate: Candidate, prefetched: asyncio.Task[bytes] | None = None
) -> bytes | None:
    """Return the candidate's bytes, or ``None`` when it cannot be fetched; ``prefetched`` is a fetch in progress.

    Raises ``SourceError`` when a degraded picture would replace a complete one.
    """
    art = candidate.art
    try:
        return await (prefetched or candidate.source.fetch(art, context.settings.canvas[0]))
    except SourceTooLarge as error:  # a fact about this file: a smaller rendition is as good
        log.warning("art_not_fetched", art=art.path, rendition=art.rendition, cause=error.cause, reason=str(error))
        context.failures.has_broken_art = True
    except (ArtNotFound, SourceError) as error:
        log.warning("art_not_fetched", art=art.path, rendition=art.rendition, cause=error.cause, reason=str(error))
        context.failures.unreachable.add(candidate.picture)
        if isinstance(error, SourceError):
            context.failures.add(error)
    return None
