"""A span for each request that a server answers, from before anything looks at it; only where traces are on."""

from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from shared.http.client_ip import ClientIps
from shared.observability.tracing import HEADER, Role, Tracing

_PROBES: Final = frozenset({"/livez", "/readyz"})
_FIRST_FAILURE: Final = 500
_OTHER: Final = "_OTHER"


def trace_requests(app: web.Application, tracing: Tracing, clients: ClientIps) -> None:
    """Give an application spans for its requests, where traces are on; of probes there are none.

    A caller's own trace is gone on with only where a trusted proxy says it: anybody else could have all they ask for
    recorded.
    """
    if tracing.is_on:
        app.middlewares.append(_traced(tracing, clients))


def _traced(tracing: Tracing, clients: ClientIps) -> Middleware:
    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = "" if resource is None else resource.canonical  # the pattern: what stands in its place may be a key
        if route in _PROBES:
            return await handler(request)
        parent = request.headers.get(HEADER, "") if clients.trusts(request) else ""
        method = request.method if request.method in hdrs.METH_ALL else _OTHER  # a caller may write anything there
        with tracing.begin(f"{method} {route}".strip(), Role.SERVER, parent=parent) as span:
            span.set("http.request.method", method)
            if route:
                span.set("http.route", route)
            response = await handler(request)
            span.set("http.response.status_code", response.status)
            if response.status >= _FIRST_FAILURE:
                span.fail(str(response.status))
            return response

    return answer
