"""The description of every address in OpenAPI 3.1, made from the typed endpoints themselves."""

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import hdrs

from gateway.auth.api import COOKIE, Access, Call, Endpoint, Nothing, Reply
from shared.settings import PARAMS, Kind
from shared.version import VERSION

_PART: Final = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
_REFERENCE: Final = "#/components/schemas/{name}"
_JSON: Final = "application/json"

_MEANINGS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read; the sentence says what is wrong with it.",
    HTTPStatus.UNAUTHORIZED: "There is no sign-in that is good now.",
    HTTPStatus.FORBIDDEN: "The caller is signed in, and may not do this.",
    HTTPStatus.NOT_FOUND: "There is nothing of this name.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "As things are now this cannot be done; the sentence says why.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The key has no profile of this name.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries; `Retry-After` says when to come back.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A store is not reachable; `Retry-After` says when to come back.",
}
_ALWAYS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_WITH_BODY: Final = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


class Error(msgspec.Struct, frozen=True):
    """What every refusal says: a sentence."""

    error: str


class OpenApi(msgspec.Struct, frozen=True):
    """An OpenAPI document, as its own specification describes it."""

    openapi: str


class Description:
    """Answers ``/api/openapi.json``."""

    def __init__(self, endpoints: Iterable[Endpoint[Any]]) -> None:
        self._text = msgspec.Raw(msgspec.json.encode(document(endpoints, version=VERSION)))

    async def show(self, _call: Call, _body: Nothing) -> Reply:
        """Describe every address."""
        return Reply(self._text)


def document(endpoints: Iterable[Endpoint[Any]], *, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of these endpoints, and of the keyed addresses beside them."""
    rows = list(endpoints)
    types = {row.body for row in rows} | {row.query for row in rows} | {row.reply for row in rows if row.reply}
    ordered = sorted((*types, Error), key=lambda struct: (struct.__module__, struct.__qualname__))
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    named = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(_PART.sub(r"{\1}", row.path), {})[row.method.lower()] = _operation(row, named, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Marquee",
            "version": version,
            "summary": "Posters with their ratings drawn on them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "paths": paths | _keyed(named),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "access": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _ACCESS},
                "refresh": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": _REFRESH},
            },
        },
    }


_ACCESS: Final = "The token that a sign-in answers, good for a quarter of an hour."
_REFRESH: Final = "The cookie that a sign-in sets, good once, for seven days."
_TAGS: Final = {
    "pictures": "What a media client asks for, with a key in the address.",
    "auth": "Signing in and out.",
    "key": "What the holder of a key does with it, signed in with the key.",
    "keys": "The keys, for admins.",
    "admin": "The installation, for admins.",
    "preview": "Sample pictures.",
}


def _operation(row: Endpoint[Any], named: Mapping[Any, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    doc = inspect.getdoc(row.handle) or ""
    summary, _, rest = doc.partition("\n")
    operation: dict[str, Any] = {
        "operationId": row.name,
        "tags": [row.path.split("/")[2].partition(".")[0]],
        "summary": _without_errors(summary),
        "parameters": [*_path_parameters(row.path), *_query_parameters(row.query, components)],
        "responses": _responses(row, named),
    }
    if _without_errors(rest):
        operation["description"] = _without_errors(rest)
    if row.access is not Access.OPEN:
        operation["security"] = [{"access": []}]
    elif row.name in {"refresh", "logout", "status"}:
        operation["security"] = [{"refresh": []}, {}]
    if row.method not in {hdrs.METH_GET, hdrs.METH_DELETE}:
        operation["requestBody"] = {
            "required": row.body is not Nothing,
            "content": {_JSON: {"schema": named[row.body]}},
        }
    return operation


def _without_errors(text: str) -> str:
    """Return a docstring's sentences but those on what is raised inside: the responses say that."""
    return re.sub(r"\s*Raises [^.]*(?:\.|$)", "", text.replace("``", "`"), flags=re.DOTALL).strip()


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _PART.findall(path)
    ]


def _query_parameters(query: type[msgspec.Struct], components: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one parameter a field; an address may leave out each that has a default."""
    schema = components.get(query.__name__, {})
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _responses(row: Endpoint[Any], named: Mapping[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": row.status.phrase}
    if row.reply is not None:
        good["content"] = {_JSON: {"schema": named[row.reply]}}
    refusals: set[HTTPStatus] = set(_ALWAYS)
    if row.access is not Access.OPEN or row.path.startswith("/api/auth/"):
        refusals |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if row.method not in {hdrs.METH_GET, hdrs.METH_DELETE}:
        refusals |= set(_WITH_BODY)
    if row.method == hdrs.METH_DELETE:
        refusals.add(HTTPStatus.CONFLICT)
    if _PART.search(row.path) or row.body is not Nothing:
        refusals.add(HTTPStatus.NOT_FOUND)
    return {str(row.status.value): good} | {
        str(status.value): _refusal(status, named) for status in sorted(refusals, key=int)
    }


def _refusal(status: HTTPStatus, named: Mapping[Any, Any]) -> dict[str, Any]:
    return {"description": _MEANINGS[status], "content": {_JSON: {"schema": named[Error]}}}


def _keyed(named: Mapping[Any, Any]) -> dict[str, Any]:
    """Describe the addresses that carry a key: the picture and the two questions about the key."""
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "description": _KEY}
    unknown = {"description": "The key is not valid.", "content": {_JSON: {"schema": {"type": "object"}}}}
    return {
        "/{key}/{id_type}/{style}/{file}": {"get": _picture(key, named)},
        "/{key}/isValid": {"get": _question("is_valid", "Tell whether a key is good.", key, unknown)},
        "/{key}/requests": {"get": _question("requests", "Tell a key's use this month.", key, unknown)},
    }


_KEY: Final = "An API key, its share form `h.<32 hex>`, or the free key where it is let in."


def _question(name: str, summary: str, key: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    good = {"description": "OK", "content": {_JSON: {"schema": {"type": "object"}}}}
    responses = {"200": good, "401": unknown, "429": {"description": _MEANINGS[HTTPStatus.TOO_MANY_REQUESTS]}}
    return {
        "operationId": name,
        "tags": ["pictures"],
        "summary": summary,
        "security": [],
        "parameters": [key],
        "responses": responses,
    }


def _picture(key: dict[str, Any], named: Mapping[Any, Any]) -> dict[str, Any]:
    refused = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
    all_refused = (*refused, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    picture = {"description": "The picture, for keys whose clients follow no redirects.", "content": {"image/*": {}}}
    return {
        "operationId": "picture",
        "tags": ["pictures"],
        "summary": "Give a title's picture with its ratings, by a redirect to its content.",
        "security": [],
        "parameters": [
            key,
            {"name": "id_type", "in": "path", "required": True, "schema": {"enum": ["imdb", "tmdb", "tvdb"]}},
            {"name": "style", "in": "path", "required": True, "schema": {"type": "string"}, "description": _STYLE},
            {"name": "file", "in": "path", "required": True, "schema": {"type": "string"}, "description": _FILE},
            *(_parameter(param.names[0], param.allowed, param.kinds) for param in PARAMS),
            {"name": "fallback", "in": "query", "schema": {"type": "boolean"}, "description": _FALLBACK},
        ],
        "responses": {
            "200": picture,
            "302": {"description": "Where the picture is.", "headers": {"Location": {"schema": {"type": "string"}}}},
            **{str(status.value): _refusal(status, named) for status in all_refused},
        },
    }


_STYLE: Final = "`poster-default`, `logo-default`, `backdrop-default`, `episode-default`, or a profile of the key."
_FILE: Final = (
    "The id as its site writes it, such as `tt0111161` or `movie-278`; then `.jpg`, `.png`, `.webp` or nothing."
)
_FALLBACK: Final = "Give a neutral picture where there would be an error."


def _parameter(name: str, allowed: Any, kinds: frozenset[Kind]) -> dict[str, Any]:
    kind = next(kind for kind in Kind if kind in kinds)
    applies = "" if kinds == frozenset(Kind) else f" For {', '.join(kind for kind in Kind if kind in kinds)}."
    words = f"{allowed(kind).capitalize()}.{applies}"
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": words}
