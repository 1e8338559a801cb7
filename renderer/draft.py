"""A picture in progress: what the steps of the pipeline have found out so far."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from renderer.outcomes import Outcome
from services.kit.source import Art, Title
from shared.ids import MediaId
from shared.jobs.message import RenderJob
from shared.ratings import Ratings
from shared.settings import Settings
from shared.storage.base import Facts, Picture


@dataclass(slots=True, kw_only=True)
class Draft:
    """State of one job. A step fills in its own fields, or sets ``outcome`` to end the work early."""

    job: RenderJob
    settings: Settings
    outcome: Outcome | None = None

    media: MediaId | None = None
    stored: Facts | None = None
    title: Title | None = None
    candidates: list[Art] = field(default_factory=list)
    early_art: asyncio.Task[bytes] | None = None
    art_accidents: int = 0
    """Candidates that could not be fetched or decoded."""
    ratings: Ratings = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    """Names of the rating sources that did not answer."""
    body: bytes = b""
    picture: Picture | None = None
    fresh_for_s: int = 0
    held: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What must be let go when the work ends, however it ends."""

    @property
    def degraded(self) -> bool:
        """Tell whether a rating source failed, so that something may be missing."""
        return bool(self.failed)

    async def close(self) -> None:
        """Let go of what the steps hold."""
        if self.early_art is not None:
            self.early_art.cancel()
            await asyncio.gather(self.early_art, return_exceptions=True)
        await self.held.aclose()
