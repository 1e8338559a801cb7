"""Draw the picture."""

import hashlib
from datetime import UTC

import structlog

from renderer.drawing.codec import Undecodable
from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.steps.fetch_artwork import fetch
from renderer.steps.skip_unchanged import fingerprint
from renderer.storage.base import ImageMetadata, Picture
from shared.settings.digest import settings_text

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def draw(draft: JobContext, tools: Dependencies) -> None:
    """Set ``picture``; art that cannot be decoded gives way to the next candidate. Raises ``ArtBroken``, ``Busy``."""
    while True:
        try:
            body = await tools.render_pool.draw(draft.settings, draft.body, draft.ratings, draft.award)
        except Undecodable as error:
            bad = draft.candidates.pop(0)
            log.warning("art_not_decoded", art=bad.art.path, reason=str(error))
            bad.source.forget(bad.art, draft.settings.canvas[0])
            draft.has_broken_art = True
            await fetch(draft, tools)
            continue
        draft.picture = Picture(body, _facts(draft, tools, body))
        return


def _facts(draft: JobContext, tools: Dependencies, body: bytes) -> ImageMetadata:
    assert draft.title is not None  # noqa: S101 - set by describe
    return ImageMetadata(
        content_type=draft.settings.format.content_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        drawn_at=tools.now().astimezone(UTC).replace(microsecond=0),
        media=str(draft.media),
        fingerprint=fingerprint(draft.settings, draft.ratings, draft.award, draft.candidates[0].art),
        look=settings_text(draft.settings),
        film_date=draft.title.film_date,
        degraded=draft.degraded,
    )
