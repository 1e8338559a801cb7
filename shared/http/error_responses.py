"""JSON responses and errors as JSON, written in one place for both processes; each hands in its own headers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from shared.domain.errors import MarqueeError, RateLimited
from shared.http.status import status_of

RETRY_AFTER_S: Final = 5
"""When to come back after a 503."""


def error_response(error: MarqueeError, headers: Mapping[str, str]) -> web.Response:
    """Return the error's status and public sentence, with ``Retry-After`` where coming back later helps."""
    return _json(status_of(error.cause), {"error": error.public}, {**headers, **_JSON, **retry_after(error)})


def json_response(status: HTTPStatus, content: object, headers: Mapping[str, str]) -> web.Response:
    """Return JSON; a 503 says when to come back."""
    return _json(status, content, {**headers, **_JSON, **_retry_after(status)})


def retry_after(error: MarqueeError) -> dict[str, str]:
    """Return the ``Retry-After`` header of an error, or nothing."""
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after_s)}
    return _retry_after(status_of(error.cause))


_JSON: Final = {"Content-Type": "application/json"}


def _retry_after(status: HTTPStatus) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def _json(status: HTTPStatus, content: object, headers: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(content), headers=headers)
