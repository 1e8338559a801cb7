"""The responses of the content server: a picture with its headers, or an error as JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from aiohttp import web

from renderer.content.service import CacheStatus, PictureResult
from renderer.storage.base import ImageMetadata
from shared.domain import cache_lifetime
from shared.domain.cache_lifetime import LifetimeRule
from shared.domain.errors import PERMANENT_CAUSES, MarqueeError
from shared.http.error_responses import error_response, retry_after
from shared.settings.digest import SettingsHash

_DATES: Final = 20_000  # cached in the format of the header
_OPEN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Cache-Status, X-Elements-Hash, ETag, Content-Length",
    "Server": "marquee",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every response: pages of any site may read it, and it does not reveal the software behind it."""


def error_answer(error: MarqueeError) -> web.Response:
    """Return the error as JSON; only permanent errors of titles are cacheable, for 300 s."""
    cache_control = cache_lifetime.FACT if error.cause in PERMANENT_CAUSES else cache_lifetime.NO_STORE
    return error_response(error, {**_OPEN, "Cache-Control": cache_control, **retry_after(error)})


def placeholder_answer(settings_hash: str, body: bytes, content_type: str, etag: str, now: datetime) -> web.Response:
    """Return the neutral picture that replaces an error, for callers who asked for no errors."""
    headers = _headers(settings_hash, CacheStatus.FALLBACK, cache_lifetime.FALLBACK, etag, now)
    return web.Response(body=body, headers=headers | {"Content-Type": content_type})


def picture_answer(
    request: web.Request, settings_hash: SettingsHash, result: PictureResult, rule: LifetimeRule, now: datetime
) -> web.Response:
    """Return the picture, a range of its bytes, or 304 when the caller has it already."""
    metadata = result.picture.metadata
    modified = now if result.cache is CacheStatus.FALLBACK else metadata.drawn_at
    headers = _headers(
        settings_hash, result.cache, _cache_control(result.cache, metadata, rule, now), metadata.etag, modified
    )
    if _is_current(request.headers, metadata):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = metadata.content_type
    body = result.picture.body
    if "Range" in request.headers and _range_applies(request.headers, metadata):
        return _range(request, body, headers)
    return web.Response(body=body, headers=headers)


def _headers(
    settings_hash: str, cache: CacheStatus, cache_control: str, etag: str, modified: datetime
) -> dict[str, str]:
    return {
        **_OPEN,
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        "ETag": f'"{etag}"',
        "Last-Modified": _http_date(modified),
        "X-Cache-Status": cache.value,
        "X-Elements-Hash": settings_hash,
    }


@lru_cache(_DATES)
def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _cache_control(cache: CacheStatus, metadata: ImageMetadata, rule: LifetimeRule, now: datetime) -> str:
    if cache is CacheStatus.FALLBACK:
        return cache_lifetime.FALLBACK
    if cache is CacheStatus.STALE:
        return cache_lifetime.STALE
    return cache_lifetime.cache_control(film_date=metadata.film_date, degraded=metadata.degraded, now=now, rule=rule)


def _is_current(headers: Mapping[str, str], metadata: ImageMetadata) -> bool:
    """Compare the caller's copy: by ETag, weakly (RFC 9110 13.1.2), or by date when the request has no ETag."""
    tags = headers.get("If-None-Match")
    if tags is not None:
        given = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
        return bool(given & {"*", metadata.etag})
    since = headers.get("If-Modified-Since")
    return since is not None and since == _http_date(metadata.drawn_at)


def _range_applies(headers: Mapping[str, str], metadata: ImageMetadata) -> bool:
    """Return whether the range is requested of exactly these bytes (RFC 9110 13.1.5)."""
    condition = headers.get("If-Range")
    return condition is None or condition.strip('"') == metadata.etag


def _range(request: web.Request, body: bytes, headers: dict[str, str]) -> web.Response:
    """Return one range of bytes; several ranges, and invalid ones, return the whole picture (RFC 9110 14.2)."""
    whole = len(body)
    try:
        requested = request.http_range
    except ValueError:
        return web.Response(body=body, headers=headers)
    start, stop, _ = slice(requested.start, requested.stop).indices(whole)
    if start >= stop:
        refused = {**_OPEN, "Cache-Control": cache_lifetime.NO_STORE, "Content-Range": f"bytes */{whole}"}
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=refused)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{whole}"
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=body[start:stop], headers=headers)
