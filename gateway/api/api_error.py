"""What management refuses beyond the errors that all of Marquee shares: the status is part of the refusal."""

from http import HTTPStatus
from typing import Final

from shared.domain.errors import MarqueeError

CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="marquee"'}


class ApiError(MarqueeError):
    """A refusal with its status and a sentence; ``retry_after_s`` where coming back later helps."""

    def __init__(self, status: HTTPStatus, public: str, *, retry_after_s: int | None = None, **headers: str) -> None:
        super().__init__(public=public)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(retry_after_s)
        if status is HTTPStatus.UNAUTHORIZED:
            self.headers |= CHALLENGE


def not_signed_in() -> ApiError:
    """Return the refusal of a caller without a sign-in that is good now; it does not say what is wrong with theirs."""
    return ApiError(HTTPStatus.UNAUTHORIZED, "Please sign in: this needs an access token.")
