"""What crosses the stream: a request to draw one picture, and the word that it is done. Neither carries a secret."""

from enum import StrEnum
from typing import Final

import msgspec

from shared.domain.errors import Cause
from shared.domain.ids import ExternalId
from shared.settings.digest import SettingsHash


class Priority(StrEnum):
    """Which stream a job waits in: somebody waits for the picture, or nobody does."""

    INTERACTIVE = "interactive"
    REFRESH = "refresh"


class RenderJob(msgspec.Struct, frozen=True, kw_only=True, tag="render.v1"):
    """Please draw this title with this look; ``force`` draws it anew though the one that stands is right."""

    settings_hash: SettingsHash
    title: ExternalId
    lane: Priority = Priority.INTERACTIVE
    force: bool = False
    trace: str = ""
    """The traceparent of the request that caused it, where that is recorded; no part of what the picture is."""

    @property
    def picture(self) -> str:
        """Return the name under which callers wait for it: one job per name at a time."""
        return picture_name(self.settings_hash, self.title)


class RenderDone(msgspec.Struct, frozen=True, kw_only=True, tag="done.v1"):
    """Word of a settled job: ``media`` is the title's media id when a picture is stored, else ``cause`` says why not.

    ``etag`` names the bytes when they are new.
    """

    settings_hash: SettingsHash
    title: ExternalId
    media: str | None = None
    etag: str | None = None
    cause: Cause | None = None

    @property
    def picture(self) -> str:
        """Return the name under which callers wait for it."""
        return picture_name(self.settings_hash, self.title)


Message = RenderJob | RenderDone

_ENCODER: Final = msgspec.json.Encoder()
_JOB: Final = msgspec.json.Decoder(RenderJob)
_DONE: Final = msgspec.json.Decoder(RenderDone)


def picture_name(settings_hash: SettingsHash, title: ExternalId) -> str:
    """Return what callers wait for: a look of a title as they named it."""
    return f"{settings_hash}:{title.alias}"


def encode(message: Message) -> bytes:
    """Return the message as it crosses the stream."""
    return _ENCODER.encode(message)


def decode_job(body: bytes) -> RenderJob:
    """Read a job; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` for anything else."""
    return _JOB.decode(body)


def decode_done(body: bytes) -> RenderDone:
    """Read the word that a job is done; raises like :func:`decode_job`."""
    return _DONE.decode(body)
