"""Redirects whose key, settings and announcement are in memory, for the fast path of the server."""

from http import HTTPStatus
from time import perf_counter
from typing import Final

from gateway.pictures.address import read_address
from gateway.pictures.handler import REDIRECT_HEADERS, Pictures, trace_redirect
from shared.domain.errors import MarqueeError
from shared.http.fast_path import WarmAnswer, head_bytes
from shared.http.spans import begin_request, end_request
from shared.observability.tracer import Tracing

IGNORED: Final = frozenset(
    {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)
"""Headers that concern pictures, and of which no redirect takes notice."""

ROUTE: Final = "/{key}/{id_type}/{style}/{file}"
"""The pattern of the address, as traces name it."""

_PARTS: Final = 5  # of a path that is split at its slashes: nothing, key, id type, style, file
_FOUND: Final = head_bytes(HTTPStatus.FOUND, REDIRECT_HEADERS) + b"Location: "
_ENDINGS: Final = {"GET": b"\r\nContent-Length: 0\r\n", "HEAD": b"\r\n"}


class WarmRedirects:
    """Answers with the redirects that :class:`Pictures` would give, if it would only count them."""

    def __init__(self, pictures: Pictures, tracing: Tracing) -> None:
        self._pictures, self._deps, self._tracing = pictures, pictures.deps, tracing
        self._is_traced = tracing.is_on
        self._find_key = pictures.deps.keys.cached
        self._head = _FOUND + pictures.location("").encode()

    def answer(self, method: str, target: str, client: str) -> WarmAnswer | None:
        """Return the redirect, counted; ``None`` where :class:`Pictures` would do more, or refuse the request."""
        started = perf_counter()
        path, _, query = target.partition("?")
        parts = path.split("/")
        if len(parts) != _PARTS or parts[0] or "%" in path:  # which would have to be decoded
            return None
        _, key_text, id_type, style, file = parts
        deps, pictures = self._deps, self._pictures
        try:
            key = self._find_key(key_text)
            if key is None or not pictures.redirects(key) or deps.is_spent(key):
                return None
            address, resolved = pictures.resolve(read_address(id_type, style, file), style, key, query)
            path = pictures.path(resolved, address)
            if not deps.is_stored(resolved) or deps.prefetch.is_new(path):
                return None
            if not deps.settings_per_day.is_admitted(key, resolved.counted_as, query):
                return None
            deps.rate_limits.take_picture(client, key.id)
        except MarqueeError:
            return None
        if not deps.is_marked(resolved, key):
            deps.mark_used(resolved, is_free=key.is_free)
        if self._is_traced:
            with begin_request(self._tracing, method, ROUTE) as span:
                trace_redirect(span, resolved, address.title)
                pictures.count(key, started)
                end_request(span, HTTPStatus.FOUND)
        else:
            pictures.count(key, started)
        return self._head + path.encode() + _ENDINGS[method], b""
