"""A picture in progress: what the steps of the pipeline have found out so far."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import msgspec

from renderer.jobs.outcome import JobOutcome
from renderer.storage.base import ImageMetadata, Picture
from services.source import Art, ArtSource, Title
from shared.domain.awards import Award
from shared.domain.errors import SourceError
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from shared.domain.ratings import Ratings
from shared.queue.messages import RenderJob
from shared.settings.model import Settings


class Candidate(msgspec.Struct, frozen=True):
    """Art that may be drawn on, and whose it is."""

    source: ArtSource
    art: Art


class Place(msgspec.Struct, frozen=True):
    """Where art may be found: a source, and what kind of its pictures."""

    source: ArtSource
    kind: Kind


@dataclass(slots=True, kw_only=True)
class JobContext:
    """State of one job. A step fills in its own fields, or sets ``outcome`` to end the work early."""

    job: RenderJob
    settings: Settings
    is_hurried: bool = False
    """Somebody waits for any art at all: rather another language than another call."""
    outcome: JobOutcome | None = None

    media: MediaId | None = None
    stored: ImageMetadata | None = None
    title: Title | None = None
    places: list[Place] = field(default_factory=list)
    """Where nobody has looked for art yet."""
    candidates: list[Candidate] = field(default_factory=list)
    early_art: asyncio.Task[bytes] | None = None
    has_broken_art: bool = False
    """A candidate could not be decoded."""
    ratings: Ratings = field(default_factory=dict)
    award: Award | None = None
    failed: list[str] = field(default_factory=list)
    """Names of the sources that did not answer, so that something may be missing."""
    body: bytes = b""
    picture: Picture | None = None
    held: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What must be let go when the work ends, however it ends."""

    @property
    def degraded(self) -> bool:
        """Tell whether a source failed, so that the picture should be drawn again soon."""
        return bool(self.failed)

    def go_on_without(self, error: SourceError) -> None:
        """Note that a source failed. Raises its error when a whole picture stands that would give way to a poorer."""
        if self.stored is not None and not self.stored.degraded:
            raise error
        if error.source not in self.failed:
            self.failed.append(error.source)

    async def close(self) -> None:
        """Let go of what the steps hold."""
        if self.early_art is not None:
            self.early_art.cancel()
            await asyncio.gather(self.early_art, return_exceptions=True)
        await self.held.aclose()
