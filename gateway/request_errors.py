"""Errors as responses: one JSON form, with the status that belongs to the error."""

import functools
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeVar

import structlog
from aiohttp import web

from gateway.metrics import GatewayMetrics, Route
from shared.domain import cache_lifetime
from shared.domain.errors import MarqueeError, NoSuchShape
from shared.http.error_responses import error_response, json_response

_S = TypeVar("_S", bound="CountsRequests")
_Answer = Coroutine[Any, Any, web.StreamResponse]

log: structlog.stdlib.BoundLogger = structlog.get_logger()

HEADERS: Final = {"Access-Control-Allow-Origin": "*", "Server": "marquee"}
"""Headers of every response: pages of any site may read it, and the server software is not named."""

_NO_STORE: Final = HEADERS | {"Cache-Control": "no-store"}


_FACT: Final = HEADERS | {"Cache-Control": cache_lifetime.FACT}


def refusal(error: MarqueeError) -> web.Response:
    """Return an error as a response that must not be cached, unless it is the same for every key and title."""
    return error_response(error, _FACT if isinstance(error, NoSuchShape) else _NO_STORE)


def json_answer(status: HTTPStatus, content: object) -> web.Response:
    """Return JSON that must not be cached; a 503 says when to retry."""
    return json_response(status, content, _NO_STORE)


class CountsRequests(Protocol):
    """An object with handlers and the metrics that count them."""

    metrics: GatewayMetrics


def answers_errors(
    route: Route,
) -> Callable[[Callable[[_S, web.Request], _Answer]], Callable[[_S, web.Request], _Answer]]:
    """Turn a handler's errors into responses: a ``MarqueeError`` with its message, others as a logged 500."""

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
    """Count an error and return its response."""
    metrics.answered(route, error.cause)
    return refusal(error)
