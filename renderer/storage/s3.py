"""Pictures in S3, or any store that speaks it.

Writes are signed by aiobotocore. Reads are the hot path: a presigned address, which is remembered for a while, and a
plain GET cost a third of a signed client's, and a HEAD that way two thirds.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, Final, Self

import aiohttp
import msgspec
import structlog
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from cachetools import TTLCache
from yarl import URL

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.object_metadata import UnreadableFacts, from_metadata, to_metadata
from shared.domain.errors import StoreDown
from shared.observability.tracing import Role, Span, start_span

CONNECT_S: Final = 2.0
ANSWER_S: Final = 5.0
READ_S: Final = 2.5
"""How long a read may bring nothing: a caller waits for it, who gives up after three seconds."""

_WHOLE_S: Final = 15.0
MOST_BYTES: Final = 64 << 20
MOST_CONNECTIONS: Final = 50
_SIGNED_FOR_S: Final = 900
_REMEMBERED_S: Final = 300  # well before it ends, also when the credentials are of a short-lived role
_MOST_REMEMBERED: Final = 20_000
_META: Final = "x-amz-meta-"
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_MOST_SAID: Final = 4096
_PAGE: Final = 1000
MOST_REMOVED: Final = 1000
"""Objects that one call to S3 may name to be deleted."""

_REMOVED_AT_ONCE: Final = 16
_NO_BATCHES: Final = frozenset({"NotImplemented", "MethodNotAllowed", "MissingContentMD5"})
"""What stores answer that cannot delete many objects with one call, or not as we ask it."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Stored(msgspec.Struct, frozen=True):
    """An object as a listing names it; ``size`` is in bytes."""

    key: str
    size: int


@contextmanager
def s3_errors() -> Iterator[None]:
    """Turn whatever goes wrong with S3 into ``StoreDown``; the text names the error and never a signed address."""
    try:
        yield
    except ClientError as exc:
        raise StoreDown(f"s3: {_code(exc)}") from exc
    except (BotoCoreError, HTTPClientError, aiohttp.ClientError, aiohttp.InvalidURL, OSError, TimeoutError) as exc:
        raise StoreDown(f"s3: {type(exc).__name__}") from exc


class S3Storage:
    """A ``Storage`` in one bucket. Open it with :meth:`open`.

    The credentials must be allowed to list the bucket: without that right S3 says "forbidden" for what is missing.
    """

    def __init__(self, client: Any, session: aiohttp.ClientSession, bucket: str) -> None:
        self._client = client
        self._session = session
        self._bucket = bucket
        self._addresses: TTLCache[str, URL] = TTLCache(_MOST_REMEMBERED, _REMEMBERED_S)

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
        most_connections: int = MOST_CONNECTIONS,
    ) -> AsyncIterator[Self]:
        """Hold the storage open; connects when first used. Without keys, the usual AWS chain finds credentials."""
        client = get_session().create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=_config(most_connections),
        )
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=most_connections),
            timeout=aiohttp.ClientTimeout(total=_WHOLE_S, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=READ_S),
            auto_decompress=False,
        )
        async with session, client as opened:
            opened.meta.events.register("before-sign.s3.DeleteObjects", _add_md5)
            yield cls(opened, session, bucket)

    async def get(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when none is stored that we can read. Raises ``StoreDown``."""
        with _traced("GetObject", key), s3_errors():
            address = await self._remembered_address(key)
            async with self._session.get(address, allow_redirects=False) as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    await self._require_bucket(response)
                    return None
                if response.status != HTTPStatus.OK:
                    self._addresses.pop(key, None)
                    raise StoreDown(f"s3: status {response.status}")
                body = await _whole(response)
        return _picture(key, body, response.headers)

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's facts without its bytes, or ``None``. Raises ``StoreDown``."""
        with _traced("HeadObject", key), s3_errors():
            address = await self._address("head_object", key)
            async with self._session.head(address, allow_redirects=False) as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    return None
                if response.status != HTTPStatus.OK:
                    raise StoreDown(f"s3: status {response.status}")
        return _facts(key, response.headers)

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture, whole or not at all, over any earlier one. Raises ``StoreDown``."""
        with _traced("PutObject", key), s3_errors():
            await self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=picture.body,
                ContentType=picture.facts.content_type,
                Metadata=to_metadata(picture.facts),
            )

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[Stored]:
        """Name what is stored under a prefix, in the order of S3, from the key after ``after`` on.

        A page is held at a time, however many objects there are. Raises ``StoreDown``.
        """
        where: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": _PAGE}
        if after:
            where["StartAfter"] = after
        while True:
            with s3_errors():
                page = await self._client.list_objects_v2(**where)
            for each in page.get("Contents", ()):
                yield Stored(each["Key"], each["Size"])
            if not page.get("IsTruncated"):
                return
            where["ContinuationToken"] = page["NextContinuationToken"]

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete these objects; those that are missing are fine. Raises ``StoreDown``, and then any may be left."""
        for start in range(0, len(keys), MOST_REMOVED):
            batch = keys[start : start + MOST_REMOVED]
            with s3_errors():
                try:
                    await self._remove_together(batch)
                except ClientError as exc:
                    if _code(exc) not in _NO_BATCHES:
                        raise
                    await self._remove_singly(batch)

    async def _remove_together(self, keys: Sequence[str]) -> None:
        named = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = await self._client.delete_objects(Bucket=self._bucket, Delete=named)
        refused = [error for error in answer.get("Errors", ()) if error.get("Code") not in _MISSING]
        if refused:
            raise StoreDown(f"s3: {len(refused)} objects not deleted: {refused[0].get('Code', 'unknown')}")

    async def _remove_singly(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _REMOVED_AT_ONCE):
            some = keys[start : start + _REMOVED_AT_ONCE]
            await asyncio.gather(*(self._client.delete_object(Bucket=self._bucket, Key=key) for key in some))

    def forget(self, prefix: str) -> None:
        """Do nothing: no copy is kept here."""

    def forget_unless(self, key: str, etag: str) -> None:
        """Do nothing: no copy is kept here."""

    async def ping(self) -> None:
        """Return when the bucket answers. Raises ``StoreDown``."""
        with s3_errors():
            await self._client.head_bucket(Bucket=self._bucket)

    async def _remembered_address(self, key: str) -> URL:
        """Return the signed address of a picture, remembered while it is surely valid."""
        address = self._addresses.get(key)
        if address is None:
            address = self._addresses[key] = await self._address("get_object", key)
        return address

    async def _address(self, operation: str, key: str) -> URL:
        text = await self._client.generate_presigned_url(
            operation, Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_SIGNED_FOR_S
        )
        return URL(text, encoded=True)

    async def _require_bucket(self, response: aiohttp.ClientResponse) -> None:
        """Raise ``StoreDown`` when it is the bucket that is missing, and not one picture in it."""
        if b"NoSuchBucket" in await response.content.read(_MOST_SAID):
            raise StoreDown("s3: NoSuchBucket")


def _traced(operation: str, key: str) -> Span:
    """Return a span for one call; its name and attributes are those that OpenTelemetry agreed on for S3."""
    attributes = {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": operation, "aws.s3.key": key}
    return start_span(f"S3.{operation}", Role.CLIENT, attributes)


def _config(most_connections: int) -> AioConfig:
    return AioConfig(
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        max_pool_connections=most_connections,
        retries={"mode": "standard", "total_max_attempts": 2},
        # Stores other than Amazon's know neither the newer checksums nor a host name for each bucket.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
        signature_version="s3v4",
    )


def _add_md5(request: Any, **_: object) -> None:
    """Add the checksum that every store knows: this one call needs one, and not all know the newer."""
    body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = base64.b64encode(digest).decode()


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """Read all of a body; raises ``StoreDown`` for more than ``MOST_BYTES``, ``ClientError`` for one cut short."""
    if (response.content_length or 0) > MOST_BYTES:
        raise StoreDown(f"s3: an object of more than {MOST_BYTES} bytes")
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 18):
        body += chunk
        if len(body) > MOST_BYTES:
            raise StoreDown(f"s3: an object of more than {MOST_BYTES} bytes")
    return bytes(body)


def _picture(key: str, body: bytes, headers: Mapping[str, str]) -> Picture | None:
    """Put bytes and facts together; what does not agree counts as not stored, so that it is drawn again."""
    facts = _facts(key, headers)
    if facts is None:
        return None
    if hashlib.sha256(body).hexdigest()[:32] != facts.etag:
        log.warning("picture_damaged", object=key, bytes=len(body))
        return None
    return Picture(body, facts)


def _facts(key: str, headers: Mapping[str, str]) -> ImageMetadata | None:
    named = ((name.lower(), value) for name, value in headers.items())
    metadata = {name.removeprefix(_META): value for name, value in named if name.startswith(_META)}
    try:
        return from_metadata(headers.get("Content-Type", ""), metadata)
    except UnreadableFacts as exc:
        log.warning("picture_unreadable", object=key, reason=str(exc))
        return None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
