"""The responses of the content server: a picture with its headers, or an error as JSON."""

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from aiohttp import web

from renderer.content.conditional_requests import Bytes, failed_condition, requested_bytes
from renderer.content.picture_result import CacheStatus, PictureResult
from renderer.storage.base import ImageMetadata
from shared.domain import cache_lifetime
from shared.domain.cache_lifetime import LifetimeRule
from shared.domain.errors import PERMANENT_CAUSES, MarqueeError
from shared.http.error_responses import error_response, json_response, retry_after
from shared.settings.digest import SettingsHash

_DATES: Final = 20_000  # cached in the format of the header
OPEN_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Cache-Status, X-Elements-Hash, ETag, Content-Length",
    "Server": "marquee",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every response: pages of any site may read it, and it does not reveal the software behind it."""
_REFUSED: Final = OPEN_HEADERS | {"Cache-Control": cache_lifetime.NO_STORE}
_CHANGED: Final = "The picture is not in the version that If-Match or If-Unmodified-Since asks for."


def error_answer(error: MarqueeError) -> web.Response:
    """Return the error as JSON; only permanent errors of titles are cacheable, for 300 s."""
    cache_control = cache_lifetime.FACT if error.cause in PERMANENT_CAUSES else cache_lifetime.NO_STORE
    return error_response(error, {**OPEN_HEADERS, "Cache-Control": cache_control, **retry_after(error)})


def fact_answer(content: object) -> web.Response:
    """Return a fact about a title as JSON, cacheable for 300 s."""
    return json_response(HTTPStatus.OK, content, {**OPEN_HEADERS, "Cache-Control": cache_lifetime.FACT})


def placeholder_answer(settings_hash: str, body: bytes, content_type: str, etag: str, now: datetime) -> web.Response:
    """Return the neutral picture that replaces an error, for callers who asked for no errors, and what is late."""
    headers = _headers(settings_hash, CacheStatus.FALLBACK, cache_lifetime.FALLBACK, etag, now)
    return web.Response(body=body, headers=headers | {"Content-Type": content_type})


def picture_answer(
    request: web.Request, settings_hash: SettingsHash, result: PictureResult, rule: LifetimeRule, now: datetime
) -> web.Response:
    """Return the picture, a range of its bytes, 304 when the caller has it already, or 412 when a condition fails."""
    metadata = result.picture.metadata
    modified = _modified(result, now)
    headers = picture_headers(settings_hash, result, rule, now)
    failed = failed_condition(request.headers, metadata.etag, modified)
    if failed is HTTPStatus.NOT_MODIFIED:
        return web.Response(status=failed, headers=headers)
    if failed is not None:
        return json_response(failed, {"error": _CHANGED}, _REFUSED)
    headers["Content-Type"] = metadata.content_type
    body = result.picture.body
    if request.method == "GET" and "Range" in request.headers:
        part = requested_bytes(request.headers, len(body), metadata.etag, modified)
        return web.Response(body=body, headers=headers) if part is None else _part(body, part, headers)
    return web.Response(body=body, headers=headers)


def picture_headers(
    settings_hash: SettingsHash, result: PictureResult, rule: LifetimeRule, now: datetime
) -> dict[str, str]:
    """Return the headers that a picture has with and without its bytes."""
    metadata = result.picture.metadata
    lifetime = lifetime_header(result.cache, metadata, rule, now)
    return _headers(settings_hash, result.cache, lifetime, metadata.etag, _modified(result, now))


def _modified(result: PictureResult, now: datetime) -> datetime:
    return now if result.cache is CacheStatus.FALLBACK else result.picture.metadata.drawn_at


def _headers(
    settings_hash: str, cache: CacheStatus, cache_control: str, etag: str, modified: datetime
) -> dict[str, str]:
    return {
        **OPEN_HEADERS,
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


def lifetime_header(cache: CacheStatus, metadata: ImageMetadata, rule: LifetimeRule, now: datetime) -> str:
    """Return how long callers may keep a picture, as the header says it."""
    if cache is CacheStatus.FALLBACK:
        return cache_lifetime.FALLBACK
    if cache is CacheStatus.STALE:
        return cache_lifetime.STALE
    return cache_lifetime.cache_control(
        film_date=metadata.film_date,
        degraded=metadata.degraded,
        now=now,
        rule=rule,
        is_running=metadata.may_continue,
        changes_at=metadata.changes_at(now),
        drawn_at=metadata.drawn_at,
    )


def _part(body: bytes, part: Bytes, headers: dict[str, str]) -> web.Response:
    """Return these bytes, or 416 when there are none."""
    start, stop = part
    if start >= stop:
        refused = _REFUSED | {"Content-Range": f"bytes */{len(body)}"}
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=refused)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=body[start:stop], headers=headers)
