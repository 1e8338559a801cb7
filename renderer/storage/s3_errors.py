"""One translation of S3's errors: which may pass by themselves, and which stay until an operator changes something."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from shared.domain.errors import StoreDown, StoreRefused

_LONGEST_SENTENCE: Final = 200
_SIGNED: Final = ("Signature=", "Credential=")
_TRANSIENT: Final = frozenset(
    [
        "BadDigest",
        "ExpiredToken",  # the next call has newer credentials
        "ExpiredTokenException",
        "IncompleteBody",
        "OperationAborted",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TokenRefreshRequired",
        "TooManyRequests",
    ]
)
"""Error codes with a status of 4xx that pass by themselves."""

OVERLOADED: Final = frozenset([HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE])
"""Statuses with which a store asks for fewer calls."""

OVERLOAD_CODES: Final = frozenset(["SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"])

_TRANSIENT_STATUS: Final = frozenset(
    [HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS]
)
_PERMANENT: Final = frozenset(["AccessDenied", "MethodNotAllowed", "NotImplemented"])
"""Error codes that stay, also without a status, as for a single object of a batch."""


@contextmanager
def s3_errors() -> Iterator[None]:
    """Raise every S3 error as ``StoreDown``, or as ``StoreRefused`` when the same call would fail again.

    The text names the error and never contains a signed URL.
    """
    try:
        yield
    except ClientError as exc:
        raise error_of(exc.response.get("Error", {}), _status(exc)) from exc
    except (BotoCoreError, HTTPClientError, aiohttp.ClientError, aiohttp.InvalidURL, OSError, TimeoutError) as exc:
        raise StoreDown(f"s3: {type(exc).__name__}") from exc


def error_of(error: Mapping[str, Any], status: int = 0) -> StoreDown:
    """Return the error for S3's own: its code and sentence, of a response or of one object in a batch."""
    code = str(error.get("Code", "unknown"))
    sentence = " ".join(str(error.get("Message") or "").split())[:_LONGEST_SENTENCE]
    shown = sentence and not any(word in sentence for word in _SIGNED)
    text = f"s3: {code}: {sentence}" if shown else f"s3: {code}"
    return StoreRefused(text) if _is_permanent(code, status) else StoreDown(text)


def error_code(error: ClientError) -> str:
    """Return S3's name of an error."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _is_permanent(code: str, status: int) -> bool:
    if code in _TRANSIENT or status in _TRANSIENT_STATUS:
        return False
    is_callers = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return is_callers or code in _PERMANENT or status == HTTPStatus.NOT_IMPLEMENTED


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
