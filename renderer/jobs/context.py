"""The typed values that the steps of a job hand to one another."""

from datetime import date
from typing import ClassVar, Final

import msgspec

from renderer.jobs.outcome import JobOutcome
from renderer.storage.base import ImageMetadata, Picture
from services.artwork import Art
from services.source import ArtSource
from services.titles import Title
from shared.domain.awards import Award
from shared.domain.errors import SourceError
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from shared.domain.ratings import Ratings
from shared.queue.messages import RenderJob
from shared.settings.model import Settings


class Existing(msgspec.Struct, frozen=True):
    """The picture that is stored already, and whether it makes the job unnecessary."""

    metadata: ImageMetadata | None
    is_fresh: bool = False


class Failures:
    """What went wrong on the way without ending the job. A picture drawn despite a failed source is degraded."""

    def __init__(self, existing: ImageMetadata | None = None) -> None:
        self._existing = existing
        self.sources: list[str] = []
        self.has_broken_art = False
        self.unreachable: set[tuple[str, str]] = set()
        """Source and path of pictures of which no rendition is worth a try: the file was not too large, but missing."""

    @property
    def degraded(self) -> bool:
        """Return whether a source failed, so that the picture should be drawn again soon."""
        return bool(self.sources)

    def add(self, error: SourceError) -> None:
        """Record a failed source. Raises its error when a degraded picture would replace a complete one."""
        if self._existing is not None and not self._existing.degraded:
            raise error
        self._note(error.source)

    def add_label(self, source: str) -> None:
        """Record that a label is older than it should be; a complete picture stays complete."""
        if self._existing is None or self._existing.degraded:
            self._note(source)

    def _note(self, source: str) -> None:
        if source not in self.sources:
            self.sources.append(source)


class JobContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a picture once its title is: the input of the later steps."""

    job: RenderJob
    settings: Settings
    media: MediaId
    title: Title
    existing: ImageMetadata | None = None
    failures: Failures = msgspec.field(default_factory=Failures)


class Candidate(msgspec.Struct, frozen=True):
    """A rendition of artwork that may be drawn on, and the source that has it."""

    source: ArtSource
    art: Art

    @property
    def picture(self) -> tuple[str, str]:
        """Return what all renditions of the artwork have in common."""
        return self.source.name, self.art.path


class Place(msgspec.Struct, frozen=True):
    """Where artwork may be found: a source, the kind of its pictures, and which of them count.

    ``has_text`` is whether those with or without text do, ``of_season`` whether those of the season or of the series
    do; ``None`` for both. ``file`` is the name of the only picture that counts; empty if all do.
    """

    source: ArtSource
    kind: Kind
    has_text: bool | None = None
    of_season: bool | None = None
    file: str = ""

    def takes(self, art: Art) -> bool:
        """Return whether a picture of the list counts."""
        return self.has_text in {None, art.lang is not None} and self.of_season in {None, art.season is not None}


class Untried(msgspec.Struct, frozen=True):
    """Artwork that has not been tried: listed candidates first, then places whose lists have not been fetched.

    With ``compares_sources``, the places of one kind are listed together, so that the language decides between them.
    """

    candidates: tuple[Candidate, ...] = ()
    places: tuple[Place, ...] = ()
    compares_sources: bool = False


class Selected(msgspec.Struct, frozen=True):
    """The best candidate left, and what remains to try if it cannot be used."""

    candidate: Candidate
    untried: Untried


class ChosenOverlay(msgspec.Struct, frozen=True):
    """What names the title on a card: a logo, or else a name; neither where it is not named."""

    logo: Selected | None = None
    name: str = ""

    @property
    def text(self) -> str:
        """Return what is drawn, as part of the fingerprint; empty for nothing."""
        return f"logo {self.logo.candidate.art.path}" if self.logo else f"name {self.name}" if self.name else ""


NO_OVERLAY: Final = ChosenOverlay()


def is_named_on(settings: Settings, art: Art) -> bool:
    """Return whether the title is named on this art: art with text names it itself, and on a card so does a poster."""
    return art.lang is None and (art.kind is Kind.BACKDROP or bool(settings.design))


class Rated(msgspec.Struct, frozen=True):
    """The ratings of a title, and what else the rating sources know of it."""

    ratings: Ratings = {}
    award: Award | None = None
    nominated: Award | None = None
    age: int | None = None


class Fresh(msgspec.Struct, frozen=True, kw_only=True):
    """The stored picture is fresh: nothing was fetched."""

    outcome: ClassVar = JobOutcome.FRESH
    media: MediaId
    lists_for_s: int = 0
    """For how many seconds its labels need not be compared with lists again, where they just were."""


class Unchanged(msgspec.Struct, frozen=True, kw_only=True):
    """The stored picture shows the current ratings and artwork: nothing was drawn."""

    outcome: ClassVar = JobOutcome.UNCHANGED
    media: MediaId
    title: Title
    degraded: bool
    label_until: date | None = None
    lists_for_s: int = 0
    """See ``Fresh``."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A picture was drawn and stored."""

    outcome: ClassVar = JobOutcome.DRAWN
    context: JobContext
    art: Art
    rated: Rated
    picture: Picture

    @property
    def media(self) -> MediaId:
        """Return the title's media id."""
        return self.context.media

    @property
    def title(self) -> Title:
        """Return the title's metadata."""
        return self.context.title

    @property
    def degraded(self) -> bool:
        """Return whether a source failed."""
        return self.picture.metadata.degraded

    @property
    def label_until(self) -> date | None:
        """Return the day on which a label will say something else."""
        return self.picture.metadata.label_until

    @property
    def lists_for_s(self) -> int:
        """Return 0: a new picture is compared with the next lists."""
        return 0


JobResult = Fresh | Unchanged | Drawn
"""How a job ended. Everything else that can happen is raised."""
