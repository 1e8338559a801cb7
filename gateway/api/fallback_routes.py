"""Preflights, methods that are not allowed, and unknown addresses."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from gateway.metrics import GatewayMetrics, Route
from gateway.pictures import rpdb
from gateway.request_errors import HEADERS, json_answer
from shared.domain.errors import Cause

_METHODS: Final = "GET, HEAD, OPTIONS"
_PREFLIGHT: Final = HEADERS | {
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


class FallbackRoutes:
    """Serves what no other handler serves; browsers get ``page`` if it is set."""

    def __init__(self, metrics: GatewayMetrics) -> None:
        self._metrics = metrics
        self.page: Callable[[web.Request], web.Response] | None = None

    async def preflight(self, _: web.Request) -> web.Response:
        """Allow pages of any site to read these addresses."""
        self._metrics.answered(Route.PREFLIGHT)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)

    async def not_allowed(self, _: web.Request) -> web.Response:
        """Refuse any method other than GET, HEAD and OPTIONS."""
        self._metrics.answered(Route.UNKNOWN, Cause.BAD_REQUEST)
        answer = json_answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"Only {_METHODS} are allowed here."})
        answer.headers["Allow"] = _METHODS
        return answer

    async def unknown(self, request: web.Request) -> web.Response:
        """Answer with a 404."""
        self._metrics.answered(Route.UNKNOWN, Cause.BAD_REQUEST)
        if self.page is not None and _is_person(request):
            return self.page(request)
        answer = json_answer(HTTPStatus.NOT_FOUND, {"error": _NOTHING_HERE})
        answer.headers["Vary"] = hdrs.ACCEPT
        return answer


def _is_person(request: web.Request) -> bool:
    """Return whether a browser asks for a page, at an address unlike one of a picture, a key or the API."""
    parts = request.path.strip("/").split("/")
    is_near = parts[0] in _TAKEN or len(parts) >= _PICTURE_PARTS or _KEY.fullmatch(parts[0]) is not None
    is_asked = request.method in {hdrs.METH_GET, hdrs.METH_HEAD} and "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return is_asked and not is_near


_TAKEN: Final = frozenset({"api", "c", "static"})
_PICTURE_PARTS: Final = 4
_KEY: Final = re.compile(rpdb.KEY)
_NOTHING_HERE: Final = "This address does not exist. Pictures are at /{key}/{id type}/{style}/{id}.jpg."
