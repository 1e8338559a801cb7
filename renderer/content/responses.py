"""What the content server says: a picture with its headers, or an error with the status that fits it."""

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

_DATES: Final = 20_000  # dates of pictures, kept as they are written in a header
_OPEN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Cache-Status, X-Elements-Hash, ETag, Content-Length",
    "Server": "marquee",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries: pages of any site may read it with its headers, and it does not name our parts."""


def error_answer(error: MarqueeError) -> web.Response:
    """Return the error's sentence; only facts about titles may be kept by caches, and those for 300 s."""
    cache_control = cache_lifetime.FACT if error.cause in PERMANENT_CAUSES else cache_lifetime.NO_STORE
    return error_response(error, {**_OPEN, "Cache-Control": cache_control, **retry_after(error)})


def placeholder_answer(settings_hash: str, body: bytes, content_type: str, etag: str, now: datetime) -> web.Response:
    """Return the neutral picture that stands where an error would, for callers who asked for no errors."""
    headers = _headers(settings_hash, CacheStatus.FALLBACK, cache_lifetime.FALLBACK, etag, now)
    return web.Response(body=body, headers=headers | {"Content-Type": content_type})


def picture_answer(
    request: web.Request, settings_hash: SettingsHash, found: PictureResult, rule: LifetimeRule, now: datetime
) -> web.Response:
    """Return the picture, or a part of it, or the word that the caller has it already."""
    facts = found.picture.facts
    modified = now if found.cache is CacheStatus.FALLBACK else facts.drawn_at
    headers = _headers(settings_hash, found.cache, _cache_control(found.cache, facts, rule, now), facts.etag, modified)
    if _has_it(request.headers, facts):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = facts.content_type
    body = found.picture.body
    if "Range" in request.headers and _range_applies(request.headers, facts):
        return _part(request, body, headers)
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


def _cache_control(cache: CacheStatus, facts: ImageMetadata, rule: LifetimeRule, now: datetime) -> str:
    if cache is CacheStatus.FALLBACK:
        return cache_lifetime.FALLBACK
    if cache is CacheStatus.STALE:
        return cache_lifetime.STALE
    return cache_lifetime.cache_control(film_date=facts.film_date, degraded=facts.degraded, now=now, rule=rule)


def _has_it(headers: Mapping[str, str], facts: ImageMetadata) -> bool:
    """Compare the caller's copy: by ETag, weakly, as RFC 9110 13.1.2 says for GET; by date only without an ETag."""
    tags = headers.get("If-None-Match")
    if tags is not None:
        given = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
        return bool(given & {"*", facts.etag})
    since = headers.get("If-Modified-Since")
    return since is not None and since == _http_date(facts.drawn_at)


def _range_applies(headers: Mapping[str, str], facts: ImageMetadata) -> bool:
    """Tell whether the part is wanted of these very bytes (RFC 9110 13.1.5)."""
    condition = headers.get("If-Range")
    return condition is None or condition.strip('"') == facts.etag


def _part(request: web.Request, body: bytes, headers: dict[str, str]) -> web.Response:
    """Return one range of bytes. Several at once, and what is no range of bytes, are answered whole (RFC 9110 14.2)."""
    whole = len(body)
    try:
        asked = request.http_range
    except ValueError:
        return web.Response(body=body, headers=headers)
    start, stop, _ = slice(asked.start, asked.stop).indices(whole)
    if start >= stop:
        refused = {**_OPEN, "Cache-Control": cache_lifetime.NO_STORE, "Content-Range": f"bytes */{whole}"}
        return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=refused)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{whole}"
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=body[start:stop], headers=headers)
