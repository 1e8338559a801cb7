"""Whether a bucket does what Marquee needs it for: it stores, returns, lists and deletes one small object."""

import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.s3 import S3Storage
from shared.domain.errors import StoreDown, StoreRefused
from shared.stores.start_check import Finding

CHECK_FOLDER: Final = "c/check/"
"""Where the object is for a moment: below the prefix of pictures, because the rights may be limited to that."""

_BODY: Final = b"Marquee checks this bucket and removes this object again."
_NO_CREDENTIALS: Final = frozenset(["NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"])


async def check_s3(storage: S3Storage) -> Finding:
    """Return when the bucket can be used.

    Raises ``StoreRefused`` with S3's code and sentence when it refuses, and ``StoreDown`` while it is away.
    """
    key, sent = f"{CHECK_FOLDER}{uuid.uuid4().hex}.jpg", _object()
    async with _step("DeleteObjects"):  # first: without this right, every start would leave an object behind
        await storage.remove([key])
    async with _step("PutObject"):
        await storage.put(key, sent)
    try:
        async with _step("GetObject"):
            await _require_returned(storage, key, sent)
        async with _step("ListObjectsV2"):
            await _require_listed(storage, key)
    finally:
        with suppress(StoreDown):
            await storage.remove([key])
    return Finding("stores, returns, lists and deletes an object")


def _object() -> Picture:
    metadata = ImageMetadata(
        content_type="image/jpeg",
        etag=hashlib.sha256(_BODY).hexdigest()[:32],
        drawn_at=datetime.now(UTC).replace(microsecond=0),
        media="check",
        fingerprint="check",
        settings_text="check",
    )
    return Picture(_BODY, metadata)


async def _require_returned(storage: S3Storage, key: str, sent: Picture) -> None:
    found = await storage.get(key)
    if found == sent:
        return
    if found is None and not storage.is_damaged(key):
        raise StoreDown("s3: an object is not there right after it was stored")
    raise StoreRefused("s3: an object comes back with other bytes or metadata; is S3_ENDPOINT_URL right?")


async def _require_listed(storage: S3Storage, key: str) -> None:
    async for _ in storage.names(key):
        return
    raise StoreDown("s3: an object is not listed right after it was stored")


@asynccontextmanager
async def _step(operation: str) -> AsyncIterator[None]:
    """Name the operation that failed: rights are given for each."""
    try:
        yield
    except StoreDown as error:
        is_refusal = isinstance(error, StoreRefused) or type(error.__cause__).__name__ in _NO_CREDENTIALS
        kind = StoreRefused if is_refusal else StoreDown
        raise kind(f"{error} ({operation})") from error
