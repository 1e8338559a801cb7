"""Responses under ``/api``: JSON with headers that keep it out of caches, frames and other sites, plus CORS."""

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from gateway.api.endpoint import Reply
from gateway.db.sessions import LIFETIME
from shared.http import error_responses

COOKIE: Final = "refresh_token"
COOKIE_PATH: Final = "/api/auth"
PAGE_COOKIE: Final = "page_token"

HEADERS: Final = {
    "Server": "marquee",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_CORS: Final = {"Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "Retry-After"}
_PREFLIGHT: Final = {"Access-Control-Allow-Headers": "Authorization, Content-Type", "Access-Control-Max-Age": "600"}


class Cors:
    """Lets the pages of one other site read the answers; without an origin, none."""

    def __init__(self, origin: str | None) -> None:
        self._origin = origin

    def open_to(self, request: web.Request, answer: web.Response) -> web.Response:
        """Add the CORS headers; ``Vary`` tells caches that they depend on the origin."""
        if self._origin is not None:
            answer.headers.add("Vary", "Origin")
            if request.headers.get("Origin", "").lower() == self._origin:
                answer.headers.update(_CORS | {"Access-Control-Allow-Origin": self._origin})
        return answer

    def is_preflight(self, request: web.Request) -> bool:
        """Return whether a browser asks if a page of another site may call an address."""
        is_asked = request.method == hdrs.METH_OPTIONS and "Access-Control-Request-Method" in request.headers
        return is_asked and self._origin is not None


def preflight_response(methods: list[str]) -> web.Response:
    """Return the answer to a preflight for an address with these methods."""
    allowed = _PREFLIGHT | {"Access-Control-Allow-Methods": ", ".join(methods)}
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=HEADERS | allowed)


def reply_response(reply: Reply, status: HTTPStatus, *, cookie_secure: bool) -> web.Response:
    """Return a handler's reply as JSON; ``status`` is used unless the reply has its own."""
    answer = api_json_response(reply.status or status, reply.content)
    if reply.location is not None:
        answer.headers["Location"] = reply.location
    # A link from another site may lead to a page, but to nothing that changes anything.
    for name, token, path, same_site in (
        (COOKIE, reply.refresh_token, COOKIE_PATH, "Strict"),
        (PAGE_COOKIE, reply.page_token, "/", "Lax"),
    ):
        if token is not None:
            most_s = int(LIFETIME.total_seconds()) if token else 0
            answer.set_cookie(
                name, token, max_age=most_s, path=path, secure=cookie_secure, httponly=True, samesite=same_site
            )
    return answer


def api_error_response(
    status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None, field: str = ""
) -> web.Response:
    """Return an error as JSON, with the field that it is about, if any; a 503 says when to retry."""
    answer = api_json_response(status, {"error": sentence} | ({"field": field} if field else {}))
    answer.headers.update(headers or {})
    return answer


def api_json_response(status: HTTPStatus, content: object) -> web.Response:
    """Return content as JSON with the headers of every answer under ``/api``."""
    return error_responses.json_response(status, content, HEADERS)
