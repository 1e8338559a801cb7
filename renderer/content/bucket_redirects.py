"""Sends callers to the bucket's own public address for pictures that are stored and fresh.

A CDN fetches them there, and their bytes pass through no renderer. The address of a picture stays under ``/c/``: there
it is decided, every few minutes for each cache, whether the object is still fresh, and one that is due is served from
here until it was checked. The target names the picture's version, so that a CDN does not serve the bytes of an earlier
one.
"""

from typing import Final

from renderer.content.picture_result import CacheStatus
from renderer.content.responses import OPEN_HEADERS
from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import object_url
from shared.domain.cache_lifetime import BUCKET_REDIRECT

_VERSION_DIGITS: Final = 16
_HEADERS: Final = {**OPEN_HEADERS, "Cache-Control": BUCKET_REDIRECT, "X-Cache-Status": CacheStatus.HIT.value}


class BucketRedirects:
    """Redirects to objects below the bucket's public base URL."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def headers(self, key: str, metadata: ImageMetadata) -> dict[str, str]:
        """Return the headers of the redirect to an object."""
        return {**_HEADERS, "Location": f"{object_url(self._base_url, key)}?v={metadata.etag[:_VERSION_DIGITS]}"}
