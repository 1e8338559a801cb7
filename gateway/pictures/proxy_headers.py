"""The headers of direct mode: what the renderer is given of a request, and the client of a response."""

import re
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import hdrs, web

from gateway.request_errors import HEADERS
from shared.domain import cache_lifetime
from shared.http.error_responses import RETRY_AFTER_S
from shared.observability.tracing import HEADER, current_span

_REQUEST_HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "marquee-gateway"}
"""Sent with every request; pictures are already compressed."""

_FROM_CALLER: Final = (
    hdrs.IF_MATCH,
    hdrs.IF_NONE_MATCH,
    hdrs.IF_MODIFIED_SINCE,
    hdrs.IF_UNMODIFIED_SINCE,
    hdrs.RANGE,
    hdrs.IF_RANGE,
)
_FROM_RENDERER: Final = (
    hdrs.ACCEPT_RANGES,
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS,
    hdrs.CACHE_CONTROL,
    hdrs.CONTENT_ENCODING,
    hdrs.CONTENT_LENGTH,
    hdrs.CONTENT_RANGE,
    hdrs.CONTENT_TYPE,
    "ETag",
    hdrs.LAST_MODIFIED,
    hdrs.RETRY_AFTER,
    "X-Cache-Status",
    "X-Elements-Hash",
)
_ALWAYS: Final = HEADERS | {"X-Content-Type-Options": "nosniff"}

FOR_RENDERER: Final = frozenset({str(hdrs.X_FORWARDED_FOR), HEADER})
"""Headers that tell the renderer about the client, and that are no business of a bucket."""

_FIRST_REFUSAL: Final = HTTPStatus.BAD_REQUEST
_FIRST_FAILURE: Final = HTTPStatus.INTERNAL_SERVER_ERROR

_MAX_AGE: Final = re.compile(r"public, max-age=([0-9]{1,10})(?:,|$)")
_FINAL_S: Final = 3600
"""A picture that the renderer lets caches keep this long is complete; others keep the renderer's own header."""


def headers_of_caller(request: web.Request, client: str) -> dict[str, str]:
    """Return the headers for the renderer; conditions and ranges are passed on unless they are not ASCII."""
    headers = own_headers(client)
    for name in _FROM_CALLER:
        value = request.headers.get(name)
        if value and value.isascii():
            headers[name] = value
    return headers


def own_headers(client: str) -> dict[str, str]:
    """Return the headers that every request has. The name of an IPv6 client is its network: no address has a slash."""
    headers = {**_REQUEST_HEADERS, str(hdrs.X_FORWARDED_FOR): client.partition("/")[0]}
    if trace := current_span().traceparent:
        headers[HEADER] = trace
    return headers


def headers_for_caller(said: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers for the client: those of the picture, and its lifetime."""
    passed = {name: said.headers[name] for name in _FROM_RENDERER if name in said.headers}
    if said.status == HTTPStatus.SERVICE_UNAVAILABLE:
        passed.setdefault(hdrs.RETRY_AFTER, str(RETRY_AFTER_S))
    return {**passed, **_ALWAYS, hdrs.CACHE_CONTROL: _cache_control(said.status, passed.get(hdrs.CACHE_CONTROL))}


def _cache_control(status: int, said: str | None) -> str:
    """Return ``DIRECT`` for a complete picture, else the renderer's own header; failures are never cached."""
    if said is None or status >= _FIRST_FAILURE:
        return cache_lifetime.NO_STORE
    max_age = _MAX_AGE.match(said)
    if status >= _FIRST_REFUSAL or max_age is None or int(max_age[1]) < _FINAL_S:
        return said
    return cache_lifetime.DIRECT
