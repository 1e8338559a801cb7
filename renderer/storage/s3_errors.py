"""One translation of S3's errors: which may pass by themselves, and which stay until an operator changes something."""

import html
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from services.client.exchange import ReceivedResponse
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

_PERMANENT_REDIRECTS: Final = frozenset([HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.PERMANENT_REDIRECT])
"""S3 answers so when the bucket is in another region, and a page for signing in when the endpoint is not S3's."""

NO_SUCH_KEY: Final = "NoSuchKey"
"""The one error that means that an object is not stored."""

_ERROR_BYTES: Final = 4096


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
        raise StoreDown(_with_sentence(type(exc).__name__, _own_words(exc))) from exc


@contextmanager
def s3_settings_errors() -> Iterator[None]:
    """Raise what is wrong with settings as ``StoreRefused``: a profile that no file has, a region that is none."""
    try:
        yield
    except (BotoCoreError, ValueError) as exc:  # an endpoint that is no URL is a ValueError
        raise StoreRefused(_with_sentence(type(exc).__name__, str(exc))) from exc


async def read_error(response: ReceivedResponse) -> dict[str, Any]:
    """Return what ``described_error`` makes of the beginning of a response. Raises like aiohttp."""
    return described_error(response, await read_beginning(response, _ERROR_BYTES))


async def read_beginning(response: ReceivedResponse, most: int) -> bytes:
    """Return a body up to about ``most`` bytes, in however many parts it comes. Raises like aiohttp."""
    body = bytearray()
    while len(body) < most and (chunk := await response.content.read(most)):
        body += chunk
    return bytes(body)


def described_error(response: ReceivedResponse, body: bytes | bytearray) -> dict[str, Any]:
    """Return the code and the message of an error document; without one, the status as the code.

    A proxy in front of S3 has pages of its own.
    """
    text = body[:_ERROR_BYTES].decode(errors="replace")
    found = {name: re.search(f"<{name}>([^<]*)</{name}>", text) for name in ("Code", "Message")}
    error = {name: html.unescape(match[1]) for name, match in found.items() if match}
    if "Code" in error:
        return error
    sentence = f"not an answer of S3 but {response.content_type}; is S3_ENDPOINT_URL right?" if body else ""
    return {"Code": f"status {response.status}", "Message": sentence}


def error_of(error: Mapping[str, Any], status: int = 0) -> StoreDown:
    """Return the error for S3's own: its code and sentence, of a response or of one object in a batch."""
    code, sentence = str(error.get("Code") or ""), str(error.get("Message") or "")
    if not code:  # so botocore reads a page that is not S3's
        code, sentence = f"status {status}", "not an answer of S3; is S3_ENDPOINT_URL right?"
    text = _with_sentence(code, sentence)
    return StoreRefused(text) if _is_permanent(code, status) else StoreDown(text)


def error_code(error: ClientError) -> str:
    """Return S3's name of an error."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _is_permanent(code: str, status: int) -> bool:
    if code in _TRANSIENT or status in _TRANSIENT_STATUS:
        return False
    is_callers = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    is_elsewhere = status in _PERMANENT_REDIRECTS
    return is_callers or is_elsewhere or code in _PERMANENT or status == HTTPStatus.NOT_IMPLEMENTED


def _with_sentence(code: str, sentence: str) -> str:
    """Return what is logged, without a sentence that quotes a signature."""
    shown = " ".join(sentence.split())[:_LONGEST_SENTENCE]
    return f"s3: {code}: {shown}" if shown and not any(word in shown for word in _SIGNED) else f"s3: {code}"


def _own_words(error: Exception) -> str:
    """Return what a library or the system says, where that names no address."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return os.strerror(error.os_error.errno or 0)  # asyncio's own text has the address
    return str(error).partition(': "')[0] if isinstance(error, BotoCoreError) else ""


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
