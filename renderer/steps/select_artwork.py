"""Select the artwork to draw on: the best candidate that has not been tried."""

from renderer.jobs.candidates import next_candidate
from renderer.jobs.context import JobContext, Selected, Untried
from shared.domain.errors import ArtBroken, ArtNotFound


async def select_artwork(context: JobContext, untried: Untried) -> Selected:
    """Return the next candidate.

    Raises ``ArtNotFound`` when there is no more artwork, a permanent error; ``ArtBroken`` when a failure is among the
    reasons; and ``SourceError`` when a degraded picture would replace a complete one.
    """
    settings = context.settings
    selected = await next_candidate(context, settings, settings.canvas[0], untried)
    if selected is not None:
        return selected
    if context.failures.degraded or context.failures.has_broken_art:
        raise ArtBroken(f"no usable artwork of {context.media}")
    raise ArtNotFound(f"{context.media} has no artwork for a {settings.kind}")
