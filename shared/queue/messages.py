"""The messages between processes: a job to draw one picture, and its result. Neither carries a secret."""

from enum import StrEnum
from typing import Final

import msgspec

from shared.domain.errors import Cause
from shared.domain.ids import ExternalId
from shared.settings.content_url import picture_name
from shared.settings.digest import SettingsHash


class Priority(StrEnum):
    """A job's priority: ``interactive`` when a caller waits for the picture, ``prefetch`` when one may come soon."""

    INTERACTIVE = "interactive"
    REFRESH = "refresh"
    PREFETCH = "prefetch"


class RenderJob(msgspec.Struct, frozen=True, kw_only=True, tag="render.v1"):
    """A job: draw this title with these settings; ``force`` redraws a picture that is up to date."""

    settings_hash: SettingsHash
    title: ExternalId
    lane: Priority = Priority.INTERACTIVE
    force: bool = False
    work: int = 1
    """Its work as in ``shared.settings.work``, where the producer knows the settings."""
    trace: str = ""
    """The traceparent of the request that caused it, when recorded; it does not identify the picture."""

    @property
    def picture(self) -> str:
        """Return the name under which callers wait for the picture; there is one job per name at a time."""
        return picture_name(self.settings_hash, self.title)


class RenderDone(msgspec.Struct, frozen=True, kw_only=True, tag="done.v1"):
    """A job's result: ``media`` is the title's media id when a picture is stored, otherwise ``cause`` says why not.

    ``etag`` is set when the bytes are new.
    """

    settings_hash: SettingsHash
    title: ExternalId
    media: str | None = None
    etag: str | None = None
    cause: Cause | None = None

    @property
    def picture(self) -> str:
        """Return the name under which callers wait for the picture."""
        return picture_name(self.settings_hash, self.title)


Message = RenderJob | RenderDone

_ENCODER: Final = msgspec.json.Encoder()
_JOB: Final = msgspec.json.Decoder(RenderJob)
_DONE: Final = msgspec.json.Decoder(RenderDone)


def encode_message(message: Message) -> bytes:
    """Return the encoded message."""
    return _ENCODER.encode(message)


def decode_job(body: bytes) -> RenderJob:
    """Decode a job. Raises ``msgspec.ValidationError`` or ``msgspec.DecodeError`` for anything else."""
    return _JOB.decode(body)


def decode_done(body: bytes) -> RenderDone:
    """Decode a result. Raises like :func:`decode_job`."""
    return _DONE.decode(body)
