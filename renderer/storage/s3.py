"""Pictures in S3 or a compatible object store.

Writes go through aiobotocore. Reads are the hot path and use presigned URLs, which are cached, and a plain HTTP client:
a GET costs a third of what it costs through aiobotocore, a HEAD two thirds.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, Self

import aiohttp
import msgspec
import structlog
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError
from cachetools import TTLCache
from yarl import URL

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.object_metadata import InvalidMetadata, from_s3, to_s3
from renderer.storage.s3_errors import error_code, error_of, s3_errors
from shared.domain.errors import StoreDown
from shared.observability.tracing import Role, Span, start_span

CONNECT_S: Final = 2.0
RESPONSE_S: Final = 5.0
READ_S: Final = 2.5
"""Longest pause in a read: a caller is waiting for it and gives up after 3 s."""

_TOTAL_S: Final = 15.0
MAX_BYTES: Final = 64 << 20
MAX_CONNECTIONS: Final = 50
_SIGNED_FOR_S: Final = 900
_URL_TTL_S: Final = 300  # well within the validity, even for short-lived role credentials
_MAX_URLS: Final = 20_000
_META_PREFIX: Final = "x-amz-meta-"
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_MAX_ERROR_BYTES: Final = 4096
_PAGE: Final = 1000
MAX_BATCH: Final = 1000
"""Objects that S3 deletes in one call at most."""

_NEWER_CHECKSUMS: Final = ("x-amz-checksum-", "x-amz-sdk-checksum-", "x-amz-trailer")
_MAX_CONCURRENT_DELETES: Final = 16
_BATCH_UNSUPPORTED: Final = frozenset({"NotImplemented", "MethodNotAllowed", "MissingContentMD5"})
"""Error codes of stores that do not support batch deletes, or not in this form."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StoredObject(msgspec.Struct, frozen=True):
    """An object in a listing; ``size`` is in bytes."""

    key: str
    size: int


class S3Storage:
    """A ``Storage`` in one bucket. Open it with :meth:`open`.

    The credentials need permission to list the bucket: without it S3 answers 403 instead of 404 for a missing key.
    """

    def __init__(self, client: Any, session: aiohttp.ClientSession, bucket: str) -> None:
        self._client = client
        self._session = session
        self._bucket = bucket
        self._urls: TTLCache[str, URL] = TTLCache(_MAX_URLS, _URL_TTL_S)

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
    ) -> AsyncIterator[Self]:
        """Yield the storage; it connects when first used.

        Without keys, the default AWS credential chain applies: files, a web identity, a container's or machine's role.
        """
        client = get_session().create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            config=_config(max_connections),
        )
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections),
            timeout=aiohttp.ClientTimeout(total=_TOTAL_S, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=READ_S),
            auto_decompress=False,
        )
        async with session, client as opened:
            opened.meta.events.register("before-sign.s3.DeleteObjects", _use_md5)
            yield cls(opened, session, bucket)

    async def get(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when none is stored or it is invalid. Raises ``StoreDown``."""
        with _span("GetObject", key), s3_errors():
            url = await self._read_url(key)
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    await self._require_bucket(response)
                    return None
                if response.status != HTTPStatus.OK:
                    self._urls.pop(key, None)
                    raise StoreDown(f"s3: status {response.status}")
                body = await _read_body(response)
        return _picture(key, body, response.headers)

    def peek(self, key: str) -> Picture | None:  # noqa: ARG002 - the protocol's
        """Return ``None``: nothing is kept in memory."""
        return None

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's metadata without its bytes, or ``None``. Raises ``StoreDown``."""
        with _span("HeadObject", key), s3_errors():
            url = await self._presign("head_object", key)
            async with self._session.head(url, allow_redirects=False) as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    return None
                if response.status != HTTPStatus.OK:
                    raise StoreDown(f"s3: status {response.status}")
        return _metadata(key, response.headers)

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture atomically, replacing any earlier one. Raises ``StoreDown``."""
        with _span("PutObject", key), s3_errors():
            await self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=picture.body,
                ContentType=picture.metadata.content_type,
                Metadata=to_s3(picture.metadata),
            )

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[StoredObject]:
        """Yield the objects under a prefix in S3's order, starting after the key ``after``.

        Only one page is in memory at a time. Raises ``StoreDown``.
        """
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": _PAGE}
        if after:
            request["StartAfter"] = after
        while True:
            with s3_errors():
                page = await self._client.list_objects_v2(**request)
            for each in page.get("Contents", ()):
                yield StoredObject(each["Key"], each["Size"])
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

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
        request = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = await self._client.delete_objects(Bucket=self._bucket, Delete=request)
        refused = [error for error in answer.get("Errors", ()) if error.get("Code") not in _MISSING]
        if refused:
            raise error_of(refused[0])

    async def _remove_each(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _MAX_CONCURRENT_DELETES):
            some = keys[start : start + _MAX_CONCURRENT_DELETES]
            await asyncio.gather(*(self._client.delete_object(Bucket=self._bucket, Key=key) for key in some))

    def invalidate(self, prefix: str) -> None:
        """Do nothing: nothing is cached here."""

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Do nothing: nothing is cached here."""

    async def ping(self) -> None:
        """Return if the bucket is reachable. Raises ``StoreDown``."""
        with s3_errors():
            await self._client.head_bucket(Bucket=self._bucket)

    async def _read_url(self, key: str) -> URL:
        """Return the presigned URL of a picture, cached while it is certainly valid."""
        url = self._urls.get(key)
        if url is None:
            url = self._urls[key] = await self._presign("get_object", key)
        return url

    async def _presign(self, operation: str, key: str) -> URL:
        text = await self._client.generate_presigned_url(
            operation, Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_SIGNED_FOR_S
        )
        return URL(text, encoded=True)

    async def _require_bucket(self, response: aiohttp.ClientResponse) -> None:
        """Raise ``StoreDown`` if the bucket is missing, and not just the object."""
        if b"NoSuchBucket" in await response.content.read(_MAX_ERROR_BYTES):
            raise StoreDown("s3: NoSuchBucket")


def _span(operation: str, key: str) -> Span:
    """Return a span for one call, with the OpenTelemetry semantic conventions for S3."""
    attributes = {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": operation, "aws.s3.key": key}
    return start_span(f"S3.{operation}", Role.CLIENT, attributes)


def _config(max_connections: int) -> AioConfig:
    return AioConfig(
        connect_timeout=CONNECT_S,
        read_timeout=RESPONSE_S,
        max_pool_connections=max_connections,
        retries={"mode": "standard", "total_max_attempts": 2},
        # Other stores than Amazon's support neither the newer checksums nor a host name per bucket.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
        signature_version="s3v4",
    )


def _use_md5(request: Any, **_: object) -> None:
    """Use the one checksum that every store supports: this call requires one, and some refuse the headers of others."""
    for name in list(request.headers):
        if name.lower().startswith(_NEWER_CHECKSUMS):
            del request.headers[name]
    body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = base64.b64encode(digest).decode()


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    """Return a complete body. Raises ``StoreDown`` above ``MAX_BYTES``, ``aiohttp.ClientError`` if it is cut short."""
    if (response.content_length or 0) > MAX_BYTES:
        raise StoreDown(f"s3: an object of more than {MAX_BYTES} bytes")
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 18):
        body += chunk
        if len(body) > MAX_BYTES:
            raise StoreDown(f"s3: an object of more than {MAX_BYTES} bytes")
    return bytes(body)


def _picture(key: str, body: bytes, headers: Mapping[str, str]) -> Picture | None:
    """Combine bytes and metadata; if they do not match, the picture counts as missing and is drawn again."""
    metadata = _metadata(key, headers)
    if metadata is None:
        return None
    if hashlib.sha256(body).hexdigest()[:32] != metadata.etag:
        log.warning("picture_damaged", object=key, bytes=len(body))
        return None
    return Picture(body, metadata)


def _metadata(key: str, headers: Mapping[str, str]) -> ImageMetadata | None:
    named = ((name.lower(), value) for name, value in headers.items())
    metadata = {name.removeprefix(_META_PREFIX): value for name, value in named if name.startswith(_META_PREFIX)}
    try:
        return from_s3(headers.get("Content-Type", ""), metadata)
    except InvalidMetadata as exc:
        log.warning("picture_unreadable", object=key, reason=str(exc))
        return None
