"""Draw the picture."""

import hashlib
from datetime import UTC
from functools import lru_cache
from typing import Final

import msgspec
import structlog

from renderer.drawing.codec import Undecodable
from renderer.drawing.drawing_version import DRAWING
from renderer.drawing.freehand.freehand_design import logo_room
from renderer.drawing.title_overlay import TitleOverlay, UndecodableLogo
from renderer.jobs.context import Candidate, ChosenOverlay, JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.fingerprint import fingerprint, shown_award
from renderer.labels.choose import Labels
from renderer.storage.base import ImageMetadata, Picture
from shared.settings.digest import settings_text

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_settings_text: Final = lru_cache(1000)(settings_text)  # which many pictures share


async def draw(
    context: JobContext,
    rated: Rated,
    labels: Labels,
    titled: tuple[ChosenOverlay, TitleOverlay | None],
    candidate: Candidate,
    artwork: bytes,
    dependencies: Dependencies,
) -> Picture | None:
    """Return the picture with its metadata, or ``None`` when the artwork cannot be decoded.

    ``titled`` is what names the title, and what is drawn of it. Raises ``Busy``, ``UndecodableLogo``.
    """
    art = candidate.art
    try:
        body = await dependencies.render_pool.draw(
            context.settings,
            artwork,
            rated.ratings,
            shown_award(rated, labels),
            labels.chips,
            titled[1],
            labels.facts,
        )
    except UndecodableLogo as error:
        _drop_logo(context, titled[0], error)
        raise
    except Undecodable as error:
        log.warning("art_not_decoded", art=art.path, rendition=art.rendition, reason=str(error))
        candidate.source.invalidate(art, context.settings.canvas[0])
        context.failures.has_broken_art = True
        return None
    digest = hashlib.sha256(body).hexdigest()
    drawn = fingerprint(context.settings, rated, art, labels, titled[0])
    return Picture(body, _metadata(context, drawn, labels, digest, dependencies), digest)


def _drop_logo(context: JobContext, overlay: ChosenOverlay, error: UndecodableLogo) -> None:
    if overlay.logo is not None:
        logo = overlay.logo.candidate
        log.warning("logo_not_decoded", art=logo.art.path, rendition=logo.art.rendition, reason=str(error))
        logo.source.invalidate(logo.art, logo_room(context.settings)[0])


def _metadata(
    context: JobContext, fingerprint: str, labels: Labels, digest: str, dependencies: Dependencies
) -> ImageMetadata:
    metadata = ImageMetadata(
        content_type=context.settings.format.content_type,
        etag=digest[:32],
        drawn_at=dependencies.now().astimezone(UTC).replace(microsecond=0),
        media=str(context.media),
        fingerprint=fingerprint,
        settings_text=_settings_text(context.settings),
        film_date=context.title.film_date,
        degraded=context.failures.degraded,
        is_running=context.title.is_running,
        drawing=DRAWING,
        label_until=labels.until,
        lists=labels.lists,
    )
    return msgspec.structs.replace(
        metadata, cache_control=metadata.lifetime_in_bucket(metadata.drawn_at, dependencies.rule)
    )
