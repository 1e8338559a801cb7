"""What is answered beside the addresses proper: preflights, methods that do not fit, and addresses that are none."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.errors import HEADERS, json_answer
from gateway.metrics import GatewayMetrics, Route
from shared.errors import Cause

_METHODS: Final = "GET, HEAD, OPTIONS"
_PREFLIGHT: Final = HEADERS | {
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


class Fallthrough:
    """Answers what no other handler answers."""

    def __init__(self, metrics: GatewayMetrics) -> None:
        self._metrics = metrics

    async def preflight(self, _: web.Request) -> web.Response:
        """Tell a browser that pages of any site may read these addresses."""
        self._metrics.answered(Route.PREFLIGHT)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)

    async def not_allowed(self, _: web.Request) -> web.Response:
        """Refuse a method that changes something."""
        self._metrics.answered(Route.UNKNOWN, Cause.BAD_REQUEST)
        answer = json_answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"Only {_METHODS} are allowed here."})
        answer.headers["Allow"] = _METHODS
        return answer

    async def unknown(self, _: web.Request) -> web.Response:
        """Say that there is nothing at this address."""
        self._metrics.answered(Route.UNKNOWN, Cause.BAD_REQUEST)
        return json_answer(HTTPStatus.NOT_FOUND, {"error": _NOTHING_HERE})


_NOTHING_HERE: Final = "There is nothing here. A picture is at /{key}/{id type}/{style}/{id}.jpg."
