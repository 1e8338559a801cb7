"""Pictures in S3 or a compatible object store.

Reads and writes of pictures are the hot path and have clients of their own; lists and deletes go through aiobotocore.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Self

import aiohttp
import msgspec
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import ClientError, NoCredentialsError

from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.object_metadata import to_s3
from renderer.storage.s3_concurrency import S3Concurrency
from renderer.storage.s3_errors import OVERLOAD_CODES, OVERLOADED, error_code, error_of, s3_errors, s3_settings_errors
from renderer.storage.s3_reader import LENGTH, MAX_BYTES, META_PREFIX, S3Reader
from renderer.storage.s3_signer import S3Credentials, S3Signer
from renderer.storage.s3_writer import RESPONSE_S, S3Writer
from renderer.storage.signed_bucket import CONNECT_S, Credentials, SignedBucket

__all__ = ["MAX_BATCH", "MAX_BYTES", "MAX_CONNECTIONS", "S3Storage", "StoredObject"]

MAX_CONNECTIONS: Final = 50
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_PAGE: Final = 1000
MAX_BATCH: Final = 1000
"""Objects that S3 deletes in one call at most."""

_NEWER_CHECKSUMS: Final = ("x-amz-checksum-", "x-amz-sdk-checksum-", "x-amz-trailer")
_MAX_CONCURRENT_DELETES: Final = 16
_BATCH_UNSUPPORTED: Final = frozenset({"NotImplemented", "MethodNotAllowed", "MissingContentMD5"})
"""Error codes of stores that do not support batch deletes, or not in this form."""


class StoredObject(msgspec.Struct, frozen=True):
    """An object in a listing; ``size`` is in bytes."""

    key: str
    size: int


class S3Storage:
    """A ``Storage`` in one bucket. Open it with :meth:`open`.

    The credentials need permission to list the bucket: without it S3 answers 403 instead of 404 for a missing key.
    """

    def __init__(
        self,
        client: Any,
        session: aiohttp.ClientSession,
        bucket: str,
        *,
        credentials: Credentials,
        metrics: RendererMetrics | None,
        max_connections: int,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._concurrency = S3Concurrency(max_connections, metrics=metrics)
        signer, bucket_url = S3Signer(client.meta.region_name), f"{client.meta.endpoint_url.rstrip('/')}/{bucket}"
        objects = SignedBucket(session, bucket_url, signer, credentials)
        self._reader = S3Reader(objects, self._concurrency, metrics)
        self._writer = S3Writer(objects, self._concurrency)
        client.meta.events.register("response-received.s3", self._watch)

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
        aws = get_session()
        opening = aws.create_client(
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
            auto_decompress=False,
        )
        async with session, AsyncExitStack() as stack:
            with s3_settings_errors():
                opened = await stack.enter_async_context(opening)
            opened.meta.events.register("before-sign.s3.DeleteObjects", _use_md5)
            given = S3Credentials(access_key, secret_key, session_token) if access_key and secret_key else None
            credentials = partial(_credentials, aws, given)
            yield cls(
                opened, session, bucket, credentials=credentials, metrics=metrics, max_connections=max_connections
            )

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
        await self._writer.put(key, picture.body, headers | {"Content-Type": picture.metadata.content_type})
        self._reader.forget_damage(key)

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[StoredObject]:
        """Yield the objects under a prefix in S3's order, starting after the key ``after``.

        Only one page is in memory at a time. Raises ``StoreDown``.
        """
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": _PAGE}
        if after:
            request["StartAfter"] = after
        while True:
            with s3_errors():
                async with self._concurrency.turn():
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
        async with self._concurrency.turn():
            answer = await self._client.delete_objects(Bucket=self._bucket, Delete=request)
        refused = [error for error in answer.get("Errors", ()) if error.get("Code") not in _MISSING]
        if refused:
            raise error_of(refused[0])

    async def _remove_each(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _MAX_CONCURRENT_DELETES):
            some = keys[start : start + _MAX_CONCURRENT_DELETES]
            await asyncio.gather(*(self._remove_one(key) for key in some))

    async def _remove_one(self, key: str) -> None:
        async with self._concurrency.turn():
            await self._client.delete_object(Bucket=self._bucket, Key=key)

    def invalidate(self, prefix: str) -> None:
        """Do nothing: nothing is cached here."""

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Do nothing: nothing is cached here."""

    async def ping(self) -> None:
        """Return if the bucket is reachable. Raises ``StoreDown`` with S3's code and sentence."""
        with s3_errors():
            try:
                await self._client.head_bucket(Bucket=self._bucket)
            except ClientError:  # which has a status only: a response to HEAD has no body
                await self._client.list_objects_v2(Bucket=self._bucket, MaxKeys=1)
                raise

    async def _watch(self, response_dict: Mapping[str, Any] | None, parsed_response: Any, **_: object) -> None:
        """Count each answer of an attempt, also of those that are retried."""
        if response_dict is None:
            return
        code = str(((parsed_response or {}).get("Error") or {}).get("Code", ""))
        if response_dict["status_code"] in OVERLOADED or code in OVERLOAD_CODES:
            self._concurrency.overloaded()
        elif response_dict["status_code"] < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._concurrency.succeeded()


async def _credentials(aws: AioSession, given: S3Credentials | None) -> S3Credentials:
    """Return the given credentials, else those that the AWS tools would find, refreshed when they are about to expire.

    Raises ``NoCredentialsError``.
    """
    if given is not None:
        return given
    found: Any = await aws.get_credentials()
    if found is None:
        raise NoCredentialsError
    valid = await found.get_frozen_credentials()
    return S3Credentials(valid.access_key, valid.secret_key, valid.token)


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
