"""What can go wrong, said without HTTP.

Every error has a ``cause`` from a closed set (also its metric label and the value that crosses the stream), a
``public`` sentence that a caller may read, and its own text for the log::

    MarqueeError
    ├── BadRequest            the caller wrote something that we cannot read
    ├── KeyRefused            the API key is missing, malformed or unknown
    ├── Forbidden             the key is known but may not do this
    │   └── QuotaSpent        the key's requests of this month are used up
    ├── UnknownProfile        the key has no profile of that name
    ├── UnknownLook           nobody ever issued that settings hash
    ├── TitleNotFound         a fact: no source knows the title
    ├── ArtNotFound           a fact: the title has no picture to draw on
    ├── ArtBroken             an accident: every candidate could not be fetched or decoded
    ├── SourceError           an outside service failed us
    │   ├── SourceDown        no answer, or an answer of 5xx
    │   ├── SourceTimeout     no answer in time
    │   ├── SourceRefused     it does not accept our key, or the quota is spent
    │   ├── SourceGarbled     it answered something that we cannot read
    │   └── SourceTooLarge    it answered more bytes than we take
    ├── StoreDown             Postgres, Redis or S3 cannot be reached
    ├── Busy                  a limit of ours is reached
    ├── TooMany               the caller asked too often
    └── TooLate               the work did not end before its deadline
"""

from enum import StrEnum


class Cause(StrEnum):
    """The class of an error: closed, so that one table can say it in HTTP."""

    BAD_REQUEST = "bad_request"
    INVALID_API_KEY = "key_refused"
    FORBIDDEN = "forbidden"
    QUOTA_EXCEEDED = "quota_spent"
    RATE_LIMITED = "too_many"
    UNKNOWN_PROFILE = "unknown_profile"
    UNKNOWN_SETTINGS = "unknown_look"
    TITLE_NOT_FOUND = "title_not_found"
    ART_NOT_FOUND = "art_not_found"
    ART_BROKEN = "art_broken"
    SOURCE_DOWN = "source_down"
    SOURCE_TIMEOUT = "source_timeout"
    SOURCE_REFUSED = "source_refused"
    SOURCE_INVALID_RESPONSE = "source_garbled"
    SOURCE_TOO_LARGE = "source_too_large"
    STORE_DOWN = "store_down"
    BUSY = "busy"
    DEADLINE_EXCEEDED = "too_late"
    CRASHED = "crashed"


PERMANENT_CAUSES = frozenset({Cause.TITLE_NOT_FOUND, Cause.ART_NOT_FOUND})
"""Causes that asking again will not change; all others are accidents."""


class MarqueeError(Exception):
    """Base of all our errors; ``str(error)`` is for the log, ``public`` for the caller."""

    cause: Cause = Cause.CRASHED
    public: str = "Something went wrong here. It has been noted."

    def __init__(self, inner: str = "", *, public: str | None = None) -> None:
        super().__init__(inner or public or self.public)
        if public is not None:
            self.public = public


class BadRequest(MarqueeError):
    """The caller wrote something that we cannot read; the public sentence says what and what is allowed."""

    cause = Cause.BAD_REQUEST
    public = "The request cannot be read."


class InvalidApiKey(MarqueeError):
    """The API key is missing, malformed, disabled or unknown."""

    cause = Cause.INVALID_API_KEY
    public = "This API key is not valid."


class Forbidden(MarqueeError):
    """The key is known but may not do this."""

    cause = Cause.FORBIDDEN
    public = "This API key may not do that."


class QuotaExceeded(Forbidden):
    """The key's requests of this month are used up."""

    cause = Cause.QUOTA_EXCEEDED
    public = "This API key has used up its requests for this month."


class UnknownProfile(MarqueeError):
    """The key has no profile of the name in the style segment."""

    cause = Cause.UNKNOWN_PROFILE
    public = "This API key has no profile of that name."


class UnknownSettings(MarqueeError):
    """Nobody ever issued that settings hash."""

    cause = Cause.UNKNOWN_SETTINGS
    public = "No such picture: this address was never issued."


class TitleNotFound(MarqueeError):
    """A fact: no source knows the title."""

    cause = Cause.TITLE_NOT_FOUND
    public = "No source knows this title."


class ArtNotFound(MarqueeError):
    """A fact: the title has no picture to draw on."""

    cause = Cause.ART_NOT_FOUND
    public = "This title has no picture of that kind."


class ArtBroken(MarqueeError):
    """An accident: every candidate picture could not be fetched or decoded."""

    cause = Cause.ART_BROKEN
    public = "The source of this picture did not give a usable one. Please try again."


class SourceError(MarqueeError):
    """An outside service failed us; ``source`` is its name in metrics."""

    public = "A source of this picture is not answering. Please try again."

    def __init__(self, source: str, inner: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{source}: {inner}")
        self.source = source
        self.retry_after_s = retry_after_s


class SourceDown(SourceError):
    """The source could not be reached or answered 5xx."""

    cause = Cause.SOURCE_DOWN


class SourceTimeout(SourceError):
    """The source did not answer in time."""

    cause = Cause.SOURCE_TIMEOUT


class SourceRefused(SourceError):
    """The source does not accept our key, or the quota is spent."""

    cause = Cause.SOURCE_REFUSED


class SourceInvalidResponse(SourceError):
    """The source answered something that we cannot read."""

    cause = Cause.SOURCE_INVALID_RESPONSE


class SourceTooLarge(SourceError):
    """The source answered more bytes than we take."""

    cause = Cause.SOURCE_TOO_LARGE


class StoreDown(MarqueeError):
    """A store, or the renderer where the gateway streams, cannot be reached or did not answer in time."""

    cause = Cause.STORE_DOWN
    public = "A part of this service is not reachable. Please try again."


class Busy(MarqueeError):
    """A limit of ours is reached; try again later."""

    cause = Cause.BUSY
    public = "Too much to do right now. Please try again."


class RateLimited(MarqueeError):
    """The caller asked too often; ``retry_after_s`` says when to come back, at least 1."""

    cause = Cause.RATE_LIMITED
    public = "Too many requests from your address. Please wait a moment."

    def __init__(self, inner: str = "", *, retry_after_s: int) -> None:
        super().__init__(inner)
        self.retry_after_s = max(1, retry_after_s)


class DeadlineExceeded(MarqueeError):
    """The work did not end before its deadline."""

    cause = Cause.DEADLINE_EXCEEDED
    public = "This took too long. Please try again."
