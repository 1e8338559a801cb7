"""Calls the endpoints under ``/api``: checks the caller, reads the request, turns errors into JSON, counts."""

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

import structlog
from aiohttp import hdrs, web

from gateway.api.api_error import ApiError
from gateway.api.api_response import Cors, api_error_response, preflight_response, reply_response
from gateway.api.endpoint import Access, Call, Endpoint
from gateway.api.request import read_body, read_query
from gateway.db.sessions import SessionRow
from gateway.metrics import ANSWERED, GatewayMetrics
from gateway.pictures import rpdb
from shared.domain.errors import BadField, MarqueeError
from shared.http.status import status_of

_Handler = Callable[[web.Request], Awaitable[web.Response]]

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_UNKNOWN: Final = "unknown"
_PREFLIGHT: Final = "preflight"


class Api:
    """Serves the endpoints; ``guard`` returns the session of a request or raises.

    ``apply_changes`` is awaited after each change and before its answer, so that the caller's next request finds it.
    """

    def __init__(
        self,
        guard: Callable[[web.Request], Awaitable[SessionRow]],
        metrics: GatewayMetrics,
        *,
        apply_changes: Callable[[], Awaitable[None]],
        cookie_secure: bool,
        cors_origin: str | None = None,
    ) -> None:
        self._guard, self._metrics, self._apply_changes = guard, metrics, apply_changes
        self._cookie_secure = cookie_secure
        self._cors = Cors(cors_origin)

    def add_routes(self, app: web.Application, endpoints: Iterable[Endpoint[Any]]) -> None:
        """Add a route for each endpoint; anything else under ``/api`` is a 404.

        An address with a key right after ``/api`` is left alone: RPDB's older addresses look like that.
        """
        for path, group in groupby(endpoints, key=lambda endpoint: endpoint.path):
            methods: list[str] = []
            for endpoint in group:
                also = [hdrs.METH_HEAD] if endpoint.method == hdrs.METH_GET else []
                for method in [endpoint.method, *also]:
                    app.router.add_route(method, path, self._handler(endpoint))
                    methods.append(method)
            app.router.add_route("*", path, self._not_allowed(methods))
        for path in ("/api", f"/api/{{rest:(?!{rpdb.KEY}/)(?s:.*)}}"):
            app.router.add_route("*", path, self._not_found)

    def _handler(self, endpoint: Endpoint[Any]) -> _Handler:
        async def handle(request: web.Request) -> web.Response:
            return self._cors.open_to(request, await self._answer(endpoint, request))

        return handle

    async def _answer(self, endpoint: Endpoint[Any], request: web.Request) -> web.Response:
        try:
            # The caller is checked first: the body's errors are only for those who may call.
            session = None if endpoint.access is Access.OPEN else await self._admit(request, endpoint.access)
            query = read_query(request, endpoint.query)
            body = await read_body(request, endpoint)
            reply = await endpoint.handle(Call(request, session, query), body)
            if session is not None and endpoint.method != hdrs.METH_GET:
                await self._apply_changes()
            answer = reply_response(reply, endpoint.status, cookie_secure=self._cookie_secure)
        except ApiError as error:
            self._metrics.managed(endpoint.name, error.status.name.lower())
            return api_error_response(error.status, error.public, error.headers, error.field)
        except MarqueeError as error:
            return self._failed(endpoint, error)
        except Exception:
            log.exception("request_crashed", endpoint=endpoint.name)
            return self._failed(endpoint, MarqueeError())
        self._metrics.managed(endpoint.name, ANSWERED)
        return answer

    async def _admit(self, request: web.Request, access: Access) -> SessionRow:
        """Return the session of a caller who may call. Raises a 401 or a 403 ``ApiError``, ``StoreDown``."""
        session = await self._guard(request)
        if access is Access.ADMIN and session.key_id is not None:
            raise ApiError(HTTPStatus.FORBIDDEN, "Only admins may do this.")
        if access is Access.KEY and session.key_id is None:
            raise ApiError(HTTPStatus.FORBIDDEN, "Only callers who are signed in with an API key may do this.")
        return session

    def _failed(self, endpoint: Endpoint[Any], error: MarqueeError) -> web.Response:
        self._metrics.managed(endpoint.name, error.cause)
        field = error.field if isinstance(error, BadField) else ""
        return api_error_response(status_of(error.cause), error.public, field=field)

    def _not_allowed(self, methods: list[str]) -> _Handler:
        async def handle(request: web.Request) -> web.Response:
            if self._cors.is_preflight(request):
                self._metrics.managed(_PREFLIGHT, ANSWERED)
                return self._cors.open_to(request, preflight_response(methods))
            allowed = ", ".join(methods)
            sentence = f"This address accepts only {allowed}."
            return self._refuse(request, HTTPStatus.METHOD_NOT_ALLOWED, sentence, {"Allow": allowed})

        return handle

    async def _not_found(self, request: web.Request) -> web.Response:
        return self._refuse(request, HTTPStatus.NOT_FOUND, "This address does not exist.")

    def _refuse(
        self, request: web.Request, status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None
    ) -> web.Response:
        self._metrics.managed(_UNKNOWN, status.name.lower())
        return self._cors.open_to(request, api_error_response(status, sentence, headers))
