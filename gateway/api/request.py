"""Reads the body and the query of a request under ``/api`` into the endpoint's types."""

import asyncio
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from gateway.api.api_error import ApiError
from gateway.api.endpoint import WITHOUT_BODY, Endpoint
from gateway.api.field_errors import field_problem

_B = TypeVar("_B")

BODY_S: Final = 10.0
"""How long a body may take to arrive."""


async def read_body(request: web.Request, endpoint: Endpoint[_B]) -> _B:
    """Read the body into its type. Raises an ``ApiError`` that names the wrong field."""
    if endpoint.method in WITHOUT_BODY:
        return endpoint.body()
    if request.content_type != "application/json":
        # This also keeps other sites' forms out: browsers send this type across origins only after a preflight.
        raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be of Content-Type application/json.")
    body = await _read_bytes(request, endpoint.largest_body)
    try:
        return msgspec.json.decode(body or b"{}", type=endpoint.body)
    except msgspec.ValidationError as error:
        _explain(endpoint, body)
        raise _field_error(endpoint.body, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error


def _field_error(kind: type[Any], error: msgspec.ValidationError) -> ApiError:
    problem = field_problem(kind, error)
    return ApiError(HTTPStatus.BAD_REQUEST, problem.sentence, field=problem.field)


def _explain(endpoint: Endpoint[Any], body: bytes) -> None:
    """Let the endpoint explain what is wrong with a body. Raises ``BadRequest`` if it can."""
    if endpoint.explain is None:
        return
    try:
        plain = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # invalid JSON after the field with the wrong type
    except RecursionError as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, "The body is nested too deeply.") from error
    endpoint.explain(plain)


def read_query(request: web.Request, query: type[msgspec.Struct]) -> msgspec.Struct:
    """Read the query parameters that the endpoint knows; empty ones are ignored. Raises a 400 ``ApiError``."""
    given = {name: request.query[name] for name in query.__struct_fields__ if request.query.get(name)}
    try:
        return msgspec.convert(given, query, strict=False)
    except msgspec.ValidationError as error:
        raise _field_error(query, error) from error


async def _read_bytes(request: web.Request, limit: int) -> bytes:
    too_large = ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body must not be larger than {limit} bytes.")
    if (request.content_length or 0) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError as error:
        raise ApiError(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, "The body cannot be read: it was cut off.") from error
    return bytes(body)
