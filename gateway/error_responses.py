"""What goes wrong, as the gateway's callers see it: one form of every refusal, with the status that fits."""

import functools
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeVar

import structlog
from aiohttp import web

from gateway.metrics import GatewayMetrics, Route
from shared.domain.errors import MarqueeError
from shared.http.error_responses import error_response, json_response

_S = TypeVar("_S", bound="CountsRequests")
_Answer = Coroutine[Any, Any, web.StreamResponse]

log: structlog.stdlib.BoundLogger = structlog.get_logger()

HEADERS: Final = {"Access-Control-Allow-Origin": "*", "Server": "marquee"}
"""What every answer carries: browsers of any site may read it, and it does not name our parts."""

_NO_STORE: Final = HEADERS | {"Cache-Control": "no-store"}


def refusal(error: MarqueeError) -> web.Response:
    """Return the answer that says this error; nobody may store it."""
    return error_response(error, _NO_STORE)


def json_answer(status: HTTPStatus, content: object) -> web.Response:
    """Return JSON that nobody may store; a 503 says when to come back."""
    return json_response(status, content, _NO_STORE)


class CountsRequests(Protocol):
    """Whoever has handlers has the numbers to count them in."""

    metrics: GatewayMetrics


def answers_errors(
    route: Route,
) -> Callable[[Callable[[_S, web.Request], _Answer]], Callable[[_S, web.Request], _Answer]]:
    """Make a handler's errors its answer: ours in their words, all others as a 500 that is logged and says nothing."""

    def wrap(handler: Callable[[_S, web.Request], _Answer]) -> Callable[[_S, web.Request], _Answer]:
        @functools.wraps(handler)
        async def answer(self: _S, request: web.Request) -> web.StreamResponse:
            try:
                return await handler(self, request)
            except MarqueeError as error:
                return refused(self.metrics, route, error)
            except Exception:
                log.exception("request_crashed", route=route.value)
                return refused(self.metrics, route, MarqueeError())

        return answer

    return wrap


def refused(metrics: GatewayMetrics, route: Route, error: MarqueeError) -> web.Response:
    """Count a refusal and say it."""
    metrics.answered(route, error.cause)
    return refusal(error)
