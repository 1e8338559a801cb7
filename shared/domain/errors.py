"""Domain errors, independent of HTTP.

Every error has a ``cause`` from a closed set (also its metric label, and sent through the stream), a ``public``
sentence that a caller may read, and its own text for the log::

    MarqueeError
    ├── BadRequest                the caller sent something that cannot be read
    │   └── BadField              one value in it is wrong
    ├── InvalidApiKey             the API key is missing, malformed, disabled or unknown
    ├── Forbidden                 the key is known but may not do this
    │   └── QuotaExceeded         the key's monthly requests are used up
    ├── UnknownProfile            the key has no profile of that name
    ├── UnknownSettings           the settings hash was never issued
    ├── NotAnnounced              no gateway has redirected to this picture lately, and it is not stored
    ├── TitleNotFound             permanent: no source knows the title
    ├── ArtNotFound               permanent: the title has no picture to draw on
    │   └── NoSuchShape           permanent: there are no pictures of that shape
    ├── ArtBroken                 transient: no candidate could be fetched and decoded
    ├── SourceError               an outside service failed
    │   ├── SourceDown            no answer, or a 5xx
    │   ├── SourceTimeout         no answer in time
    │   ├── SourceRefused         it does not accept our key, or the quota is used up
    │   ├── SourceInvalidResponse its answer cannot be read
    │   └── SourceTooLarge        its answer is larger than the limit
    ├── StoreDown                 Postgres, Redis or S3 cannot be reached
    │   └── StoreRefused          it refuses, and would refuse the same again
    ├── Busy                      an internal limit is reached
    ├── RateLimited               the caller sent too many requests
    │   ├── TooManySettings       too many settings that are not stored yet
    │   └── SettingsOfDaySpent    the key has reached today's limit of different settings
    └── DeadlineExceeded          the work did not end before its deadline
"""

from enum import StrEnum


class Cause(StrEnum):
    """The class of an error: a closed set, so that one table maps it to an HTTP status."""

    BAD_REQUEST = "bad_request"
    INVALID_API_KEY = "key_refused"
    FORBIDDEN = "forbidden"
    QUOTA_EXCEEDED = "quota_spent"
    RATE_LIMITED = "too_many"
    UNKNOWN_PROFILE = "unknown_profile"
    UNKNOWN_SETTINGS = "unknown_look"
    NOT_ANNOUNCED = "not_announced"
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
"""Causes that a retry will not change; all others are transient."""


class MarqueeError(Exception):
    """Base of all domain errors; ``str(error)`` is for the log, ``public`` for the caller."""

    cause: Cause = Cause.CRASHED
    public: str = "Something went wrong. The error was logged."

    def __init__(self, inner: str = "", *, public: str | None = None) -> None:
        super().__init__(inner or public or self.public)
        if public is not None:
            self.public = public


class BadRequest(MarqueeError):
    """The caller sent something that cannot be read; the public sentence says what, and what is allowed."""

    cause = Cause.BAD_REQUEST
    public = "The request cannot be read."


class BadField(BadRequest):
    """One value in what the caller sent is wrong; ``field`` is its path, empty if it is about the whole."""

    def __init__(self, inner: str = "", *, public: str | None = None, field: str = "") -> None:
        super().__init__(inner, public=public)
        self.field = field

    @classmethod
    def at(cls, field: str, rule: str) -> "BadField":
        """Return the error for a field; its path begins the sentence that the rule ends, without the full stop."""
        return cls(public=f"{field} {rule}.".lstrip(), field=field)


class InvalidApiKey(MarqueeError):
    """The API key is missing, malformed, disabled or unknown."""

    cause = Cause.INVALID_API_KEY
    public = "This API key is not valid."


class Forbidden(MarqueeError):
    """The key is known but may not do this."""

    cause = Cause.FORBIDDEN
    public = "This API key may not do that."


class QuotaExceeded(Forbidden):
    """The key's monthly requests are used up."""

    cause = Cause.QUOTA_EXCEEDED
    public = "This API key has used up its requests for this month."


class UnknownProfile(MarqueeError):
    """The key has no profile of the name in the style segment."""

    cause = Cause.UNKNOWN_PROFILE
    public = "This API key has no profile of that name."


class UnknownSettings(MarqueeError):
    """The settings hash was never issued."""

    cause = Cause.UNKNOWN_SETTINGS
    public = "No such picture: this address was never issued."


class NotAnnounced(MarqueeError):
    """No gateway has redirected to this picture lately, and it is not stored: it is not drawn for a stranger."""

    cause = Cause.NOT_ANNOUNCED
    public = "This picture is not stored. Request it with an API key, and it will be drawn."


class TitleNotFound(MarqueeError):
    """Permanent: no source knows the title."""

    cause = Cause.TITLE_NOT_FOUND
    public = "No source knows this title."


class ArtNotFound(MarqueeError):
    """Permanent: the title has no picture to draw on."""

    cause = Cause.ART_NOT_FOUND
    public = "This title has no picture of that kind."


class NoSuchShape(ArtNotFound):
    """Permanent: there are no pictures of the shape that the style names, of any title."""

    public = "There are no pictures of that shape."


class ArtBroken(MarqueeError):
    """Transient: no candidate picture could be fetched and decoded."""

    cause = Cause.ART_BROKEN
    public = "The source returned no usable artwork for this picture. Please try again."


class SourceError(MarqueeError):
    """An outside service failed; ``source`` is its name in metrics.

    With ``is_local`` only the one question or the one key failed, and the source is well as far as is known.
    """

    public = "A source of this picture is not answering. Please try again."
    is_local = False

    def __init__(self, source: str, inner: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{source}: {inner}")
        self.source = source
        self.retry_after_s = retry_after_s


class SourceDown(SourceError):
    """The source could not be reached, or answered 5xx: then ``status`` says which."""

    cause = Cause.SOURCE_DOWN
    status: int | None = None


class SourceTimeout(SourceError):
    """The source did not answer in time."""

    cause = Cause.SOURCE_TIMEOUT


class SourceRefused(SourceError):
    """The source does not accept our key, or the quota is used up."""

    cause = Cause.SOURCE_REFUSED


class SourceInvalidResponse(SourceError):
    """The source's answer cannot be read."""

    cause = Cause.SOURCE_INVALID_RESPONSE


class SourceTooLarge(SourceError):
    """The source's answer is larger than the limit."""

    cause = Cause.SOURCE_TOO_LARGE


class StoreDown(MarqueeError):
    """A store, or the renderer in direct mode, cannot be reached or did not answer in time."""

    cause = Cause.STORE_DOWN
    public = "Part of this service is unavailable. Please try again."


class StoreRefused(StoreDown):
    """A store refuses what is asked of it, and would again: rights are missing, or it does not support the call."""


class Busy(MarqueeError):
    """An internal limit is reached; try again later."""

    cause = Cause.BUSY
    public = "The service is too busy right now. Please try again."


class RateLimited(MarqueeError):
    """The caller sent too many requests; ``retry_after_s`` is at least 1."""

    cause = Cause.RATE_LIMITED
    public = "Too many requests from your address. Please wait a moment."

    def __init__(self, inner: str = "", *, retry_after_s: int) -> None:
        super().__init__(inner)
        self.retry_after_s = max(1, retry_after_s)


class TooManySettings(RateLimited):
    """The caller asked for too many settings that were never used before."""

    public = (
        "Too many new settings from your address. Settings that have been used before still work; "
        "please wait a moment before trying others."
    )


class SettingsOfDaySpent(RateLimited):
    """A key has reached this day's limit of different settings."""

    public = (
        "This API key has reached today's limit of different settings. Those already used today still work, and so do "
        "addresses without parameters. The limit resets at midnight UTC."
    )


class DeadlineExceeded(MarqueeError):
    """The work did not end before its deadline."""

    cause = Cause.DEADLINE_EXCEEDED
    public = "This took too long. Please try again."
