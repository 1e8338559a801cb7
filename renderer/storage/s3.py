"""Pictures in S3 or a compatible object store.

All requests are signed here. Only where no keys are set is botocore asked for credentials.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final, Self

import aiohttp
from botocore.exceptions import ClientError, InvalidRegionError

from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.bucket_calls import BucketCalls, StoredObject
from renderer.storage.object_metadata import to_s3
from renderer.storage.s3_concurrency import S3Concurrency
from renderer.storage.s3_errors import error_code, error_of, s3_errors, s3_settings_errors
from renderer.storage.s3_reader import LENGTH, META_PREFIX, S3Reader
from renderer.storage.s3_signer import S3Credentials, S3Signer
from renderer.storage.s3_writer import S3Writer
from renderer.storage.signed_bucket import CONNECT_S, Credentials, SignedBucket
from services.client.exchange import HttpConnections

MAX_CONNECTIONS: Final = 50
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
MAX_BATCH: Final = 1000
"""Objects that S3 deletes in one call at most."""

_REGION: Final = re.compile(r"(?![0-9]+$)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)")
_MAX_CONCURRENT_DELETES: Final = 16
_BATCH_UNSUPPORTED: Final = frozenset({"NotImplemented", "MethodNotAllowed", "MissingContentMD5"})
"""Error codes of stores that do not support batch deletes, or not in this form."""


class S3Storage:
    """A ``Storage`` in one bucket. Open it with :meth:`open`.

    The credentials need permission to list the bucket: without it S3 answers 403 instead of 404 for a missing key.
    """

    def __init__(self, objects: SignedBucket, *, metrics: RendererMetrics | None, max_connections: int) -> None:
        concurrency = S3Concurrency(max_connections, metrics=metrics)
        self._reader = S3Reader(objects, concurrency, metrics)
        self._writer = S3Writer(objects, concurrency)
        self._calls = BucketCalls(objects, concurrency)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        endpoint_url: str | None,
        region: str,
        bucket: str,
        access_key: str | None = None,
        secret_key: str | None = None,
        session_token: str | None = None,
        max_connections: int = MAX_CONNECTIONS,
        metrics: RendererMetrics | None = None,
    ) -> AsyncIterator[Self]:
        """Yield the storage; it connects when first used. Raises ``StoreRefused`` for settings that cannot be right.

        Without keys, the default AWS credential chain applies: files, a web identity, a container's or machine's role.
        """
        given = S3Credentials(access_key, secret_key, session_token) if access_key and secret_key else None
        with s3_settings_errors():
            credentials = await _credentials(given)
            bucket_url = f"{_endpoint(endpoint_url, region)}/{bucket}"
        connector = aiohttp.TCPConnector(limit=max_connections)
        async with aclosing(HttpConnections(connector, CONNECT_S, limits_queue=True)) as connections:
            objects = SignedBucket(connections, bucket_url, S3Signer(region), credentials)
            yield cls(objects, metrics=metrics, max_connections=max_connections)

    async def get(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when none is stored or it is damaged. Raises ``StoreDown``."""
        return await self._reader.get(key)

    def peek(self, key: str) -> Picture | None:  # noqa: ARG002 - the protocol's
        """Return ``None``: nothing is in memory."""
        return None

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's metadata, or ``None``, also when its length is wrong. Raises ``StoreDown``."""
        return await self._reader.head(key)

    async def is_sound(self, key: str) -> bool:
        """Return whether the picture is stored and its bytes are those that were put. Raises ``StoreDown``."""
        return await self._reader.is_sound(key)

    def is_damaged(self, key: str) -> bool:
        """Return whether the last read of the picture found it damaged."""
        return self._reader.is_damaged(key)

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture atomically, replacing any earlier one. Raises ``StoreDown``."""
        fields = to_s3(picture.metadata) | {LENGTH: str(len(picture.body))}
        headers = {f"{META_PREFIX}{name}": value for name, value in fields.items()}
        headers["Content-Type"] = picture.metadata.content_type
        if picture.metadata.cache_control:
            headers["Cache-Control"] = picture.metadata.cache_control
        await self._writer.put(key, picture.body, headers, digest=picture.digest)
        self._reader.forget_damage(key)

    async def set_cache_control(self, key: str, cache_control: str) -> None:
        """Change the header of an object by copying it onto itself; a missing one is ignored. Raises ``StoreDown``."""
        headers = await self._reader.headers(key)
        if headers is not None:
            kept = {name: value for name, value in headers.items() if name.lower().startswith(META_PREFIX)}
            kept["Content-Type"] = headers.get("Content-Type", "")
            await self._writer.replace_headers(key, kept | {"Cache-Control": cache_control}, etag=headers["ETag"])

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[StoredObject]:
        """Yield the objects under a prefix in S3's order, starting after the key ``after``.

        Only one page is in memory at a time. Raises ``StoreDown``.
        """
        token = ""
        while True:
            with s3_errors():
                page = await self._calls.page(prefix, after="" if token else after, token=token)
            for each in page.objects:
                yield each
            if not page.token:
                return
            token = page.token

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete these objects; missing ones are ignored. After ``StoreDown`` any of them may remain."""
        for start in range(0, len(keys), MAX_BATCH):
            batch = keys[start : start + MAX_BATCH]
            with s3_errors():
                try:
                    await self._remove_batch(batch)
                except ClientError as exc:
                    if error_code(exc) not in _BATCH_UNSUPPORTED:
                        raise
                    await self._remove_each(batch)

    async def _remove_batch(self, keys: Sequence[str]) -> None:
        errors = await self._calls.delete(keys)
        refused = [error for error in errors if error.get("Code") not in _MISSING]
        if refused:
            raise error_of(refused[0])

    async def _remove_each(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _MAX_CONCURRENT_DELETES):
            some = keys[start : start + _MAX_CONCURRENT_DELETES]
            await asyncio.gather(*(self._calls.delete_one(key) for key in some))

    def invalidate(self, prefix: str) -> None:
        """Do nothing: nothing is cached here."""

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Do nothing: nothing is cached here."""

    async def ping(self) -> None:
        """Return if the bucket is reachable. Raises ``StoreDown`` with S3's code and sentence."""
        with s3_errors():
            await self._calls.require_bucket()


async def _credentials(given: S3Credentials | None) -> Credentials:
    """Return where to get credentials: those given, else those that the AWS tools would find."""
    if given is None:
        # Only here: botocore takes 8 MB and a tenth of a second of processor time.
        from renderer.storage.aws_credentials import default_credentials  # noqa: PLC0415

        return await default_credentials()

    async def credentials() -> S3Credentials:
        return given

    return credentials


def _endpoint(url: str | None, region: str) -> str:
    """Return the URL of a store, by default of Amazon's in the region. Raises ``InvalidRegionError``."""
    if not _REGION.fullmatch(region):
        raise InvalidRegionError(region_name=region)
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return (url or f"https://s3.{region}.{domain}").rstrip("/")
