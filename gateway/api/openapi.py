"""The OpenAPI 3.1 description of every address, generated from the typed endpoints."""

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import pairwise
from typing import Any, Final

import msgspec
from aiohttp import hdrs

from gateway.api.api_response import COOKIE
from gateway.api.endpoint import Access, Call, Endpoint, NoBody, Reply
from gateway.api.meanings import describe_fields
from gateway.api.openapi_keyed import keyed_paths, picture_parameters
from shared.domain.pictures import Kind
from shared.domain.version import VERSION

_PART: Final = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
_REFERENCE: Final = "#/components/schemas/{name}"
_JSON: Final = "application/json"
_WITHOUT_BODY: Final = frozenset({hdrs.METH_GET, hdrs.METH_DELETE})

_MEANINGS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The request is invalid; `error` explains why.",
    HTTPStatus.UNAUTHORIZED: "No valid session or API key.",
    HTTPStatus.FORBIDDEN: "The caller may not do this.",
    HTTPStatus.NOT_FOUND: "Not found.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "Not possible in the current state; `error` explains why.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The key has no such profile, or there is no such preset.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many attempts; see `Retry-After`.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A store cannot be reached; see `Retry-After`.",
}
_OF_BODIES: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
_SECONDS: Final = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 0}}}
_TEXT_HEADER: Final = {"required": True, "schema": {"type": "string"}}
_REFUSED_WITH: Final[Mapping[HTTPStatus, Mapping[str, Any]]] = {
    HTTPStatus.TOO_MANY_REQUESTS: _SECONDS,
    HTTPStatus.SERVICE_UNAVAILABLE: _SECONDS,
}


class Error(msgspec.Struct, frozen=True):
    """The body of every error: a sentence, and the field of the request that it is about, if it is about one."""

    error: str
    field: str = ""


class OpenApi(msgspec.Struct, frozen=True):
    """An OpenAPI document."""

    openapi: str


class Description:
    """Serves ``/api/openapi.json``; ``document`` is its content."""

    def __init__(self, endpoints: Iterable[Endpoint[Any]]) -> None:
        self.document = document(endpoints, version=VERSION)
        self._text = msgspec.Raw(msgspec.json.encode(self.document))

    async def show(self, _call: Call, _body: NoBody) -> Reply:
        """Return the description of every address."""
        return Reply(self._text)


def document(endpoints: Iterable[Endpoint[Any]], *, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of these endpoints and of the keyed addresses."""
    rows = list(endpoints)
    types = {row.body for row in rows} | {row.query for row in rows} | {row.reply for row in rows if row.reply}
    ordered = sorted((*types, Error), key=lambda struct: (struct.__module__, struct.__qualname__))
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    describe_fields(components)
    named = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(_PART.sub(r"{\1}", row.path), {})[row.method.lower()] = _operation(row, named, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Marquee",
            "version": version,
            "summary": "Posters with ratings drawn on them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "paths": keyed_paths(lambda status: _refusal(status, named)) | paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "access": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _ACCESS},
                "refresh": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": _REFRESH},
            },
        },
    }


_ACCESS: Final = "The token that a sign-in returns, valid for 15 minutes."
_REFRESH: Final = "The cookie that a sign-in sets, valid once within seven days."
_TAGS: Final = {
    "pictures": "What media clients request, with a key in the address.",
    "auth": "Signing in and out.",
    "key": "A key's own data, for callers signed in with it.",
    "keys": "API keys, for admins.",
    "admin": "The installation, for admins.",
    "preview": "Sample pictures.",
    "presets": "Named looks for every key.",
    "design": "Freehand designs.",
    "search": "Finding a title.",
    "lists": "Public lists of titles.",
}
_BY_COOKIE: Final = frozenset({"refresh", "logout", "status"})
_MAYBE_SIGNED_IN: Final = frozenset({"preview", "preview_design", "search", "list"})
_NAMES_BY_QUERY: Final = frozenset({"list"})


def _operation(row: Endpoint[Any], named: Mapping[Any, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    doc = inspect.getdoc(row.handle) or ""
    summary, _, rest = doc.partition("\n")
    operation: dict[str, Any] = {
        "operationId": row.name,
        "tags": [row.path.split("/")[2].partition(".")[0]],
        "summary": _without_errors(summary),
        "x-access": row.access.value,
        "security": _security(row),
        "parameters": [*_path_parameters(row.path), *_query_parameters(row.query, components)],
        "responses": _responses(row, named),
    }
    if _without_errors(rest):
        operation["description"] = _without_errors(rest)
    if row.method not in _WITHOUT_BODY:
        # A missing body is read as an empty object.
        is_needed = bool(components.get(row.body.__name__, {}).get("required"))
        operation["requestBody"] = {"required": is_needed, "content": {_JSON: {"schema": named[row.body]}}}
    return operation


def _without_errors(text: str) -> str:
    """Return a docstring without what it says about exceptions: the responses describe those."""
    return re.sub(r"\s*Raises [^.]*(?:\.|$)", "", text.replace("``", "`"), flags=re.DOTALL).strip()


def _security(row: Endpoint[Any]) -> list[dict[str, list[str]]]:
    if row.access is not Access.OPEN or row.name in _MAYBE_SIGNED_IN:
        return [{"access": []}] if row.access is not Access.OPEN else [{"access": []}, {}]
    return [{"refresh": []}, {}] if row.name in _BY_COOKIE else []


_NUMBER: Final = {"schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, "description": "Its id."}
_ANYTHING: Final = {"schema": {"type": "string", "minLength": 1}}
_PARTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "keys/{id}": _NUMBER,
    "admins/{id}": _NUMBER,
    "dead-letters/{id}": {
        "schema": {"type": "string", "minLength": 1},
        "description": "Its id in the list, such as `1700000000000-0`.",
    },
    "titles/{id}": {
        "schema": {"type": "string", "minLength": 1},
        "description": "Any id of the title, such as `tt0111161`, `movie-278` or `tvdb:series-81189`.",
    },
    "profiles/{name}": {
        "schema": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$",
            "description": "Use 1 to 64 lower-case letters, digits, - and _.",
        },
        "description": "Lower-case letters, digits, `-` and `_`. Not a style, and not ending in `-default`.",
    },
    "presets/{name}": {
        "schema": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9_-]{0,56}$",
            "description": "Use 1 to 57 lower-case letters, digits, - and _.",
        },
        "description": "Lower-case letters, digits, `-` and `_`, not ending in `-default`.",
    },
    "preview/{kind}": {
        "schema": {"type": "string", "enum": [kind.value for kind in Kind]},
        "description": "The kind of picture.",
    },
}
"""The parameters of an address, by the parts of the path before them."""


def _path_parameters(path: str) -> list[dict[str, Any]]:
    parts = _PART.sub(r"{\1}", path).split("/")
    return [
        {"name": part[1:-1], "in": "path", "required": True, **_PARTS.get(f"{before}/{part}", _ANYTHING)}
        for before, part in pairwise(parts)
        if part.startswith("{")
    ]


def _query_parameters(query: type[msgspec.Struct], components: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return one parameter for each field; those with a default are optional, and empty ones are ignored."""
    schema = components.get(query.__name__, {})
    required = set(schema.get("required", ()))
    known = {parameter["name"]: parameter for parameter in picture_parameters()}
    return [
        known.get(name)
        or {
            "name": name,
            "in": "query",
            "required": name in required,
            "allowEmptyValue": True,
            "description": field.get("description", ""),
            "schema": field,
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _responses(row: Endpoint[Any], named: Mapping[Any, Any]) -> dict[str, Any]:
    good = {str(status.value): _good(row, status, named) for status in (row.status, *row.also)}
    return good | {str(status.value): _refusal(status, named) for status in sorted(_refusals(row), key=int)}


def _good(row: Endpoint[Any], status: HTTPStatus, named: Mapping[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": status.phrase}
    if row.reply is not None:
        answer["content"] = {_JSON: {"schema": named[row.reply]}}
    if status is HTTPStatus.FOUND:
        answer["headers"] = {"Location": _TEXT_HEADER}
    return answer


def _refusals(row: Endpoint[Any]) -> set[HTTPStatus]:
    refusals = {HTTPStatus.SERVICE_UNAVAILABLE}
    is_open, has_parts = row.access is Access.OPEN, _PART.search(row.path) is not None
    if not is_open or row.name in _MAYBE_SIGNED_IN or row.path.startswith("/api/auth/"):
        refusals |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if has_parts or row.query is not NoBody:
        refusals.add(HTTPStatus.BAD_REQUEST)
    if row.path.startswith(("/api/auth/", "/api/preview/", "/api/search", "/api/lists")):
        refusals.add(HTTPStatus.TOO_MANY_REQUESTS)
    if row.method not in _WITHOUT_BODY:
        refusals |= set(_OF_BODIES)
    names_something = (
        has_parts or row.name in _NAMES_BY_QUERY or row.body is not NoBody or row.method == hdrs.METH_DELETE
    )
    if row.access is Access.KEY or (names_something and not row.path.startswith("/api/auth/")):
        refusals.add(HTTPStatus.NOT_FOUND)
    if row.method != hdrs.METH_GET or row.path.startswith("/api/keys/"):
        refusals.add(HTTPStatus.CONFLICT)  # the free key has no settings of its own
    return refusals


def _refusal(status: HTTPStatus, named: Mapping[Any, Any]) -> dict[str, Any]:
    answer = {"description": _MEANINGS[status], "content": {_JSON: {"schema": named[Error]}}}
    headers = _REFUSED_WITH.get(status)
    return answer | {"headers": headers} if headers else answer
