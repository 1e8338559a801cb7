"""Errors of the API beyond those in ``shared.domain.errors``; they carry their HTTP status."""

from http import HTTPStatus
from typing import Final

from shared.domain.errors import MarqueeError

CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="marquee"'}


class ApiError(MarqueeError):
    """An error with a status and a public message; ``retry_after_s`` if a retry can help.

    ``field`` is the field of the request that the message is about, empty if it is about no single one.
    """

    def __init__(
        self, status: HTTPStatus, public: str, *, field: str = "", retry_after_s: int | None = None, **headers: str
    ) -> None:
        super().__init__(public=public)
        self.status, self.field = status, field
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)
        if status is HTTPStatus.UNAUTHORIZED:
            self.headers |= CHALLENGE


def not_signed_in() -> ApiError:
    """Return the error for a caller without a valid session; it does not reveal what is wrong with the token."""
    return ApiError(HTTPStatus.UNAUTHORIZED, "Please sign in: this needs an access token.")
