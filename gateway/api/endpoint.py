"""The addresses under ``/api``: an endpoint is a row of a table, and what is the same for all of them is done here.

That is: reading the body into its type, asking who calls, saying errors as JSON, and headers that keep answers out of
caches, frames and other sites' pages. Only pages of the one other site that the operator names may read answers.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec
import structlog
from aiohttp import hdrs, web

from gateway.api.errors import ApiError, not_signed_in
from gateway.db.sessions import LIFETIME, SessionRow
from gateway.metrics import ANSWERED, GatewayMetrics
from gateway.pictures import rpdb
from shared.domain.errors import MarqueeError
from shared.http.error_responses import json_response
from shared.http.status import status_of

_B = TypeVar("_B")
_Answer = Callable[[web.Request], Awaitable[web.Response]]

log: structlog.stdlib.BoundLogger = structlog.get_logger()

COOKIE: Final = "refresh_token"
COOKIE_PATH: Final = "/api/auth"
LARGEST_BODY: Final = 65_536
BODY_S: Final = 10.0
"""How long a body may take to arrive."""

HEADERS: Final = {
    "Server": "marquee",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_UNKNOWN: Final = "unknown"
_PREFLIGHT: Final = "preflight"
_CORS: Final = {"Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "Retry-After"}
_ALLOWED: Final = {"Access-Control-Allow-Headers": "Authorization, Content-Type", "Access-Control-Max-Age": "600"}
_WITHOUT_BODY: Final = frozenset({hdrs.METH_GET, hdrs.METH_DELETE})
_LONGEST_NUMBER: Final = 18  # digits of a bigint that are all allowed

_QUOTED: Final = re.compile(r"(unknown field|enum value) ([`'\"])(.*?)\2( - at `\$[^`]*`)?$", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]{1,32}", re.ASCII)


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request that says all in its address."""


class Access(StrEnum):
    """Who may call an address."""

    OPEN = "open"
    SIGNED_IN = "signed_in"
    ADMIN = "admin"
    KEY = "key"  # the holder of a key, for what is that key's own


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and who makes it; the session is there wherever the endpoint is not open."""

    request: web.Request
    session: SessionRow | None
    query: Any = None
    """The parameters of the address, in the endpoint's own type."""

    @property
    def caller(self) -> SessionRow:
        """Return the sign-in of whoever calls. Raises a 401 ``ApiError`` when there is none."""
        if self.session is None:
            raise not_signed_in()
        return self.session

    @property
    def actor(self) -> str:
        """Return who calls, as the audit log writes it. Raises like :attr:`caller`."""
        return self.caller.actor

    @property
    def key_id(self) -> int:
        """Return which key this is about: the caller's own, or the one that an admin names in the address.

        Raises a 404 ``ApiError`` for a number that no key can have.
        """
        if self.caller.key_id is not None:
            return self.caller.key_id
        return self.number("id")

    def number(self, part: str) -> int:
        """Return a number of a row from a part of the address. Raises a 404 ``ApiError`` for what cannot be one."""
        text = self.request.match_info[part]
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
            raise ApiError(HTTPStatus.NOT_FOUND, "There is nothing of this number.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a struct that becomes JSON; a new refresh token, or the empty one, goes in the cookie."""

    content: msgspec.Struct | msgspec.Raw
    status: HTTPStatus | None = None
    """Where it is another than the endpoint's own."""
    refresh_token: str | None = None
    location: str | None = None
    """Where a redirect leads."""


Handle: TypeAlias = Callable[[Call, _B], Awaitable[Reply]]

Render: TypeAlias = Callable[[str, Mapping[str, Any]], str]
"""Makes markup by a template, of what the template is told."""


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[_B]):
    """One address and method; ``name`` is its label in metrics."""

    name: str
    method: str
    path: str
    handle: Handle[_B]
    body: type[_B]
    _: KW_ONLY
    query: type[msgspec.Struct] = Nothing
    access: Access = Access.ADMIN
    status: HTTPStatus = HTTPStatus.OK
    """What it answers when all is well."""
    also: tuple[HTTPStatus, ...] = ()
    """What else it answers when all is well, as when it made something that was not there."""
    reply: type[msgspec.Struct] | None = None
    """The struct that it answers with."""
    template: str | None = None
    """What makes markup of the reply, for a page that asks for a piece of itself."""
    largest_body: int = LARGEST_BODY
    explain: Callable[[Any], None] | None = None
    """Says better than its type what is wrong with a body: handed the body as plain JSON, raises ``BadRequest``."""


class Api:
    """Answers the endpoints; ``guard`` returns the sign-in of a request or raises."""

    def __init__(
        self,
        guard: Callable[[web.Request], Awaitable[SessionRow]],
        metrics: GatewayMetrics,
        *,
        cookie_secure: bool,
        cors_origin: str | None = None,
        render: Render | None = None,
    ) -> None:
        self._guard, self._metrics, self._cookie_secure = guard, metrics, cookie_secure
        self._cors_origin, self._render = cors_origin, render

    def add_routes(self, app: web.Application, endpoints: Iterable[Endpoint[Any]]) -> None:
        """Put the endpoints where callers look for them; whatever else is under ``/api`` is not there.

        What comes behind a key there is none of ours: RPDB's older addresses look like that.
        """
        for path, group in groupby(endpoints, key=lambda endpoint: endpoint.path):
            methods: list[str] = []
            for endpoint in group:
                also = [hdrs.METH_HEAD] if endpoint.method == hdrs.METH_GET else []
                for method in [endpoint.method, *also]:
                    app.router.add_route(method, path, self._answering(endpoint))
                    methods.append(method)
            app.router.add_route("*", path, self._refusing(HTTPStatus.METHOD_NOT_ALLOWED, methods))
        for path in ("/api", f"/api/{{rest:(?!{rpdb.KEY}/)(?s:.*)}}"):
            app.router.add_route("*", path, self._refusing(HTTPStatus.NOT_FOUND))

    def _answering(self, endpoint: Endpoint[Any]) -> _Answer:
        async def answer_to_caller(request: web.Request) -> web.Response:
            return self._open_to(request, await answer_here(request))

        async def answer_here(request: web.Request) -> web.Response:
            try:
                # Who calls comes first: nobody else is told what a body should look like.
                session = None if endpoint.access is Access.OPEN else await self._admit(request, endpoint.access)
                query = _read_query(request, endpoint.query)
                body = await _read_body(request, endpoint)
                reply = await endpoint.handle(Call(request, session, query), body)
                answer = self._piece(request, endpoint, query, reply) or self._say(reply, endpoint.status)
            except ApiError as refusal:
                self._metrics.managed(endpoint.name, refusal.status.name.lower())
                return _error(refusal.status, refusal.public, refusal.headers)
            except MarqueeError as error:
                return self._failed(endpoint, error)
            except Exception:
                log.exception("request_crashed", endpoint=endpoint.name)
                return self._failed(endpoint, MarqueeError())
            self._metrics.managed(endpoint.name, ANSWERED)
            return answer

        return answer_to_caller

    async def _admit(self, request: web.Request, access: Access) -> SessionRow:
        """Return the sign-in of a caller who may call. Raises a 401 or a 403 ``ApiError``, ``StoreDown``."""
        session = await self._guard(request)
        if access is Access.ADMIN and session.key_id is not None:
            raise ApiError(HTTPStatus.FORBIDDEN, "This is for admins.")
        if access is Access.KEY and session.key_id is None:
            raise ApiError(HTTPStatus.FORBIDDEN, "This is for holders of a key, signed in with it.")
        return session

    def _failed(self, endpoint: Endpoint[Any], error: MarqueeError) -> web.Response:
        self._metrics.managed(endpoint.name, error.cause)
        return _error(status_of(error.cause), error.public)

    def _open_to(self, request: web.Request, answer: web.Response) -> web.Response:
        """Let pages of the one other site read an answer; caches must know that it depends on who asks."""
        if self._cors_origin is not None:
            answer.headers.add("Vary", "Origin")
            if request.headers.get("Origin", "").lower() == self._cors_origin:
                answer.headers.update(_CORS | {"Access-Control-Allow-Origin": self._cors_origin})
        return answer

    def _refusing(self, status: HTTPStatus, methods: list[str] | None = None) -> _Answer:
        async def answer(request: web.Request) -> web.Response:
            is_preflight = request.method == hdrs.METH_OPTIONS and "Access-Control-Request-Method" in request.headers
            if is_preflight and methods is not None and self._cors_origin is not None:
                self._metrics.managed(_PREFLIGHT, ANSWERED)
                allowed = _ALLOWED | {"Access-Control-Allow-Methods": ", ".join(methods)}
                return self._open_to(request, web.Response(status=HTTPStatus.NO_CONTENT, headers=HEADERS | allowed))
            return self._open_to(request, refuse())

        def refuse() -> web.Response:
            self._metrics.managed(_UNKNOWN, status.name.lower())
            if methods is None:
                return _error(status, "There is nothing here.")
            allowed = ", ".join(methods)
            return _error(status, f"Only {allowed} can be asked for here.", {"Allow": allowed})

        return answer

    def _piece(
        self, request: web.Request, endpoint: Endpoint[Any], query: msgspec.Struct, reply: Reply
    ) -> web.Response | None:
        """Return the reply as a piece of a page, where the page's script asks for one; refusals stay JSON."""
        if endpoint.template is None or self._render is None or request.headers.get("HX-Request") != "true":
            return None
        text = self._render(endpoint.template, {"reply": reply.content, "query": query, "path": request.path})
        headers = HEADERS | {"Vary": "HX-Request"}
        return web.Response(
            status=reply.status or endpoint.status, text=text, content_type="text/html", headers=headers
        )

    def _say(self, reply: Reply, status: HTTPStatus) -> web.Response:
        answer = json_response(reply.status or status, reply.content, HEADERS)
        if reply.location is not None:
            answer.headers["Location"] = reply.location
        if reply.refresh_token is not None:
            answer.set_cookie(
                COOKIE,
                reply.refresh_token,
                max_age=int(LIFETIME.total_seconds()) if reply.refresh_token else 0,
                path=COOKIE_PATH,
                secure=self._cookie_secure,
                httponly=True,
                samesite="Strict",
            )
        return answer


async def _read_body(request: web.Request, endpoint: Endpoint[_B]) -> _B:
    """Read the body into its type. Raises a ``ApiError`` that says which field is wrong."""
    if endpoint.method in _WITHOUT_BODY:
        return endpoint.body()
    if request.content_type != "application/json":
        # Also what keeps other sites' forms out: a page cannot send this type elsewhere without being asked for leave.
        raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be of Content-Type application/json.")
    body = await _read_bytes(request, endpoint.largest_body)
    try:
        return msgspec.json.decode(body or b"{}", type=endpoint.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = _reason(error) if isinstance(error, msgspec.ValidationError) else "it is not JSON"
        if isinstance(error, msgspec.ValidationError):
            _explain(endpoint, body)
        raise ApiError(HTTPStatus.BAD_REQUEST, f"The body cannot be read: {reason}.") from error


def _reason(error: msgspec.ValidationError) -> str:
    """Return what is wrong, without words of the caller's that are not like a field's or a choice's name.

    What is not one may be a key or a token that was put in the wrong place.
    """
    return _QUOTED.sub(lambda found: found[0] if _NAME.fullmatch(found[3]) else found[1] + (found[4] or ""), str(error))


def _explain(endpoint: Endpoint[Any], body: bytes) -> None:
    """Let the endpoint say what is wrong with a body. Raises ``BadRequest``, unless it knows no better."""
    if endpoint.explain is None:
        return
    try:
        plain = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # the type was wrong before the place where this is no JSON, or too deep
    endpoint.explain(plain)


def _read_query(request: web.Request, query: type[msgspec.Struct]) -> msgspec.Struct:
    """Read the parameters that the endpoint knows; an empty one counts as not given. Raises a 400 ``ApiError``."""
    given = {name: request.query[name] for name in query.__struct_fields__ if request.query.get(name)}
    try:
        return msgspec.convert(given, query, strict=False)
    except msgspec.ValidationError as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, f"The address cannot be read: {_reason(error)}.") from error


async def _read_bytes(request: web.Request, most: int) -> bytes:
    too_large = ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body must not be larger than {most} bytes.")
    if (request.content_length or 0) > most:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > most:
                    raise too_large
    except TimeoutError as error:
        raise ApiError(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, "The body cannot be read: it did not arrive whole.") from error
    return bytes(body)


def _error(status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    answer = json_response(status, {"error": sentence}, HEADERS)
    answer.headers.update(headers or {})
    return answer
