"""Reads of pictures in S3, the hot path.

A caller is waiting, so a read is repeated once at most, at once, and only when the failure came quickly.
"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
import structlog
from cachetools import TTLCache

from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.object_metadata import InvalidMetadata, from_s3
from renderer.storage.s3_concurrency import S3Concurrency
from renderer.storage.s3_errors import NO_SUCH_KEY, OVERLOADED, error_of, read_error, s3_errors
from renderer.storage.signed_bucket import TOTAL_S, SignedBucket
from services.client.byte_budget import ByteBudget, OverBudget
from services.client.exchange import ReceivedResponse
from shared.domain.errors import StoreDown
from shared.observability.tracing import Role, Span, start_span

READ_S: Final = 2.5
"""Longest pause in a read. How long a caller waits for the whole is up to the content server."""

REPEAT_WITHIN_S: Final = 1.0
"""A read that failed after this time is not repeated: no time would be left for the answer."""

_PAUSE_S: Final = (0.03, 0.12)  # before the repetition; not the same for all that failed together
MAX_BYTES: Final = 64 << 20
READING_BYTES: Final = 128 << 20
"""Memory for all pictures that are being read, each twice its size: the parts, and the whole."""

LENGTH: Final = "bytes"
"""Name in the user metadata: the length of what was stored. Objects of earlier versions do not have it."""

META_PREFIX: Final = "x-amz-meta-"
"""How headers of user metadata begin."""

_MAX_DAMAGED: Final = 10_000
_DAMAGED_S: Final = 3600.0
_PASSES: Final = OVERLOADED | {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Statuses that are likely to be gone with the next call."""

_T = TypeVar("_T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class _Passing(StoreDown):
    """A failure that the next call is likely not to meet."""


class S3Reader:
    """Reads the pictures of one bucket."""

    def __init__(
        self,
        bucket: SignedBucket,
        concurrency: S3Concurrency,
        metrics: RendererMetrics | None = None,
    ) -> None:
        self._bucket = bucket
        self._concurrency = concurrency
        self._memory = ByteBudget(READING_BYTES)
        self._damaged: TTLCache[str, bool] = TTLCache(_MAX_DAMAGED, _DAMAGED_S)
        self._count_repetition: Callable[[], None] = lambda: None
        if metrics is not None:
            self._count_repetition = metrics.s3_repetitions.inc

    async def get(self, key: str) -> Picture | None:
        """Return the picture, or ``None`` when none is stored or it is damaged. Raises ``StoreDown``."""
        with s3_span("GetObject", key), s3_errors():
            return await self._repeated(lambda: self._get(key))

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's metadata, or ``None``, also when its length is wrong. Raises ``StoreDown``."""
        with s3_span("HeadObject", key), s3_errors():
            return await self._repeated(lambda: self._head(key))

    async def headers(self, key: str) -> Mapping[str, str] | None:
        """Return all headers of an object, or ``None``. Raises ``StoreDown``."""
        with s3_span("HeadObject", key), s3_errors():
            return await self._repeated(lambda: self._headers(key))

    async def is_sound(self, key: str) -> bool:
        """Return whether the picture is stored and its bytes are those that were put. Raises ``StoreDown``."""
        return await self.get(key) is not None

    def is_damaged(self, key: str) -> bool:
        """Return whether the last read of the picture found it damaged."""
        return key in self._damaged

    def forget_damage(self, key: str) -> None:
        """Note that the picture was replaced."""
        self._damaged.pop(key, None)

    async def _repeated(self, read: Callable[[], Awaitable[_T]]) -> _T:
        """Read, and once more after a failure that came quickly and is likely to pass."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout(TOTAL_S):
            try:
                return await read()
            except (_Passing, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
                if loop.time() - started > REPEAT_WITHIN_S:
                    raise
                log.info("s3_read_repeated", reason=str(error) or type(error).__name__)
            self._count_repetition()
            await asyncio.sleep(random.uniform(*_PAUSE_S))  # noqa: S311 - spreads load and guards nothing
            return await read()

    async def _get(self, key: str) -> Picture | None:
        async with self._concurrency.turn(), await self._bucket.request("GET", key, silent_s=READ_S) as response:
            if not await self._is_found(response):
                return None
            body = await self._body(response)
            self._concurrency.succeeded()
        return self._picture(key, body, response.headers)

    async def _head(self, key: str) -> ImageMetadata | None:
        headers = await self._headers(key)
        return None if headers is None else self._metadata(key, headers, headers.get("Content-Length"))

    async def _headers(self, key: str) -> Mapping[str, str] | None:
        async with self._concurrency.turn():
            async with await self._bucket.request("HEAD", key, silent_s=READ_S) as response:
                status, headers = response.status, response.headers
            if status in _PASSES:
                self._count_overload(status)
                raise _Passing(f"s3: status {status}")
            if status != HTTPStatus.OK:
                await self._explain(key, status)
                return None
            self._concurrency.succeeded()
        return headers

    async def _explain(self, key: str, status: int) -> None:
        """Return when S3 says that there is no such object. Raises ``StoreDown`` with the reason for any other answer.

        A response to HEAD has no body, and with it no code: its 404 may be of the bucket, or of a proxy.
        """
        start = {"Range": "bytes=0-0"}
        async with await self._bucket.request("GET", key, silent_s=READ_S, headers=start) as response:
            if response.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                raise _Passing(f"s3: status {status} to HEAD, and none to GET")
            await self._is_found(response)

    async def _is_found(self, response: ReceivedResponse) -> bool:
        """Return whether the object is stored. Raises ``StoreDown`` unless S3 itself says that there is none."""
        if response.status == HTTPStatus.OK:
            return True
        self._count_overload(response.status)
        error = await read_error(response)
        if response.status in _PASSES:
            raise _Passing(str(error_of(error, response.status)))
        if response.status == HTTPStatus.NOT_FOUND and error["Code"] == NO_SUCH_KEY:
            self._concurrency.succeeded()
            return False
        raise error_of(error, response.status)

    def _count_overload(self, status: int) -> None:
        if status in OVERLOADED:
            self._concurrency.overloaded()

    async def _body(self, response: ReceivedResponse) -> bytes:
        """Return a complete body; raises ``StoreDown`` above ``MAX_BYTES``."""
        length = MAX_BYTES if response.content_length is None else response.content_length
        if length > MAX_BYTES:
            raise StoreDown(f"s3: an object of more than {MAX_BYTES} bytes")
        try:
            async with self._memory.share(2 * length):
                return await _read_body(response)
        except OverBudget as exc:
            raise StoreDown(f"s3: no memory to read {length} bytes") from exc

    def _picture(self, key: str, body: bytes, headers: Mapping[str, str]) -> Picture | None:
        """Combine bytes and metadata; if they do not match, the picture counts as missing and is drawn again."""
        metadata = self._metadata(key, headers, None)
        if metadata is None:
            return None
        if hashlib.sha256(body).hexdigest()[:32] != metadata.etag:
            log.warning("picture_damaged", object=key, bytes=len(body))
            self._damaged[key] = True
            return None
        self._damaged.pop(key, None)
        return Picture(body, metadata)

    def _metadata(self, key: str, headers: Mapping[str, str], length: str | None) -> ImageMetadata | None:
        """Return the metadata, ``None`` if it is not ours or tells another length than ``length``."""
        named = ((name.lower(), value) for name, value in headers.items())
        fields = {name.removeprefix(META_PREFIX): value for name, value in named if name.startswith(META_PREFIX)}
        try:
            metadata = from_s3(headers.get("Content-Type", ""), fields, headers.get("Cache-Control", ""))
        except InvalidMetadata as exc:
            log.warning("picture_unreadable", object=key, reason=str(exc))
            self._damaged[key] = True
            return None
        if length is not None and fields.get(LENGTH, length) != length:
            log.warning("picture_damaged", object=key, bytes=length)
            self._damaged[key] = True
            return None
        return metadata


def s3_span(operation: str, key: str) -> Span:
    """Return a span for one call, with the OpenTelemetry semantic conventions for S3."""
    attributes = {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": operation, "aws.s3.key": key}
    return start_span(f"S3.{operation}", Role.CLIENT, attributes)


async def _read_body(response: ReceivedResponse) -> bytes:
    """Return a complete body. Raises ``aiohttp.ClientError`` if it is cut short."""
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():  # as they came, without a copy of each
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise StoreDown(f"s3: an object of more than {MAX_BYTES} bytes")
    return b"".join(parts)
