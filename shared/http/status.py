"""The one table from causes to HTTP statuses."""

from http import HTTPStatus
from typing import assert_never

from shared.domain.errors import Cause


def status_of(cause: Cause) -> HTTPStatus:  # noqa: PLR0911 - a table
    """Return the HTTP status of a cause."""
    match cause:
        case Cause.BAD_REQUEST:
            return HTTPStatus.BAD_REQUEST
        case Cause.INVALID_API_KEY:
            return HTTPStatus.UNAUTHORIZED
        case Cause.FORBIDDEN | Cause.QUOTA_EXCEEDED:
            return HTTPStatus.FORBIDDEN
        case Cause.RATE_LIMITED:
            return HTTPStatus.TOO_MANY_REQUESTS
        case Cause.UNKNOWN_PROFILE:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case Cause.UNKNOWN_SETTINGS | Cause.NOT_ANNOUNCED | Cause.TITLE_NOT_FOUND | Cause.ART_NOT_FOUND:
            return HTTPStatus.NOT_FOUND
        case Cause.ART_BROKEN:
            return HTTPStatus.BAD_GATEWAY
        case (
            Cause.SOURCE_DOWN
            | Cause.SOURCE_TIMEOUT
            | Cause.SOURCE_REFUSED
            | Cause.SOURCE_INVALID_RESPONSE
            | Cause.SOURCE_TOO_LARGE
            | Cause.STORE_DOWN
            | Cause.BUSY
            | Cause.DEADLINE_EXCEEDED
        ):
            return HTTPStatus.SERVICE_UNAVAILABLE
        case Cause.CRASHED:
            return HTTPStatus.INTERNAL_SERVER_ERROR
        case _:
            assert_never(cause)
