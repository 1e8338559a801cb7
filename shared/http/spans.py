"""Opens a span for each request, before any handler runs; only when tracing is on."""

from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from shared.http.client_ip import ClientIps
from shared.observability.tracer import Tracing
from shared.observability.tracing import HEADER, Role, Span

_PROBES: Final = frozenset({"/livez", "/readyz"})
_FIRST_FAILURE: Final = 500
_OTHER: Final = "_OTHER"


def trace_requests(app: web.Application, tracing: Tracing, clients: ClientIps) -> None:
    """Add spans to an application's requests when tracing is on; probes get none.

    A caller's own trace is continued only when a trusted proxy forwards it: otherwise any caller could force the
    recording of all its requests.
    """
    if tracing.is_on:
        app.middlewares.append(_traced(tracing, clients))


def begin_request(tracing: Tracing, method: str, route: str, *, parent: str = "") -> Span:
    """Return the span of a request, to be entered; ``route`` is a pattern, because the path may hold a key."""
    method = method if method in hdrs.METH_ALL else _OTHER  # callers may send any method
    span = tracing.begin(f"{method} {route}".strip(), Role.SERVER, parent=parent)
    span.set("http.request.method", method)
    if route:
        span.set("http.route", route)
    return span


def end_request(span: Span, status: int) -> None:
    """Note the status of a request's response."""
    span.set("http.response.status_code", status)
    if status >= _FIRST_FAILURE:
        span.fail(str(status))


def _traced(tracing: Tracing, clients: ClientIps) -> Middleware:
    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = "" if resource is None else resource.canonical
        if route in _PROBES:
            return await handler(request)
        parent = request.headers.get(HEADER, "") if clients.trusts(request) else ""
        with begin_request(tracing, request.method, route, parent=parent) as span:
            response = await handler(request)
            end_request(span, response.status)
            return response

    return answer
