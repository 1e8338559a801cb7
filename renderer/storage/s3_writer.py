"""Writes of pictures to S3, each repeated once at most."""

import asyncio
import random
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from renderer.storage.s3_concurrency import S3Concurrency
from renderer.storage.s3_errors import OVERLOAD_CODES, OVERLOADED, error_of, read_beginning, read_error, s3_errors
from renderer.storage.s3_reader import s3_span
from renderer.storage.signed_bucket import TOTAL_S, SignedBucket
from services.client.exchange import ReceivedResponse
from shared.domain.errors import StoreDown, StoreRefused

RESPONSE_S: Final = 5.0
_MOST_COPIED: Final = 64 << 10  # bytes of the answer to a copy; it has an ETag and a date
_PAUSE_S: Final = (0.05, 0.5)  # before the repetition; not the same for all that failed together


class S3Writer:
    """Writes the objects of one bucket, each twice at most."""

    def __init__(self, bucket: SignedBucket, concurrency: S3Concurrency) -> None:
        self._bucket, self._concurrency = bucket, concurrency

    async def put(self, key: str, body: bytes, headers: Mapping[str, str], *, digest: str = "") -> None:
        """Store an object atomically, replacing any earlier one; ``digest`` is the body's, if known.

        Raises ``StoreDown``, ``StoreRefused``.
        """
        with s3_span("PutObject", key):
            try:
                await self._put(key, body, headers, digest)
            except StoreRefused:
                raise
            except StoreDown:
                await asyncio.sleep(random.uniform(*_PAUSE_S))  # noqa: S311 - spreads load and guards nothing
                await self._put(key, body, headers, digest)

    async def replace_headers(self, key: str, headers: Mapping[str, str], *, etag: str) -> None:
        """Copy an object onto itself with these headers, unless it has changed since it had S3's own ``etag``.

        Raises ``StoreDown``, ``StoreRefused``.
        """
        copied = {
            "x-amz-copy-source": self._bucket.copy_source(key),
            "x-amz-copy-source-if-match": etag,
            "x-amz-metadata-directive": "REPLACE",
        }
        with s3_span("CopyObject", key), s3_errors():
            async with (
                self._concurrency.turn(),
                asyncio.timeout(TOTAL_S),
                await self._bucket.request("PUT", key, silent_s=RESPONSE_S, headers={**headers, **copied}) as response,
            ):
                if response.status == HTTPStatus.PRECONDITION_FAILED:
                    return  # it was drawn again, with a header of its own
                await self._require_success(response)
                # S3 answers 200 before it copies, and sends spaces until it has.
                if b"<Error>" in await read_beginning(response, _MOST_COPIED):
                    raise StoreDown("s3: the copy failed")

    async def _put(self, key: str, body: bytes, headers: Mapping[str, str], digest: str) -> None:
        with s3_errors():
            async with (
                self._concurrency.turn(),
                asyncio.timeout(TOTAL_S),
                await self._bucket.request(
                    "PUT", key, silent_s=RESPONSE_S, headers=headers, body=body, digest=digest
                ) as response,
            ):
                await self._require_success(response)

    async def _require_success(self, response: ReceivedResponse) -> None:
        if response.status == HTTPStatus.OK:
            self._concurrency.succeeded()
            return
        error = await read_error(response)
        if response.status in OVERLOADED or error.get("Code") in OVERLOAD_CODES:
            self._concurrency.overloaded()
        elif response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._concurrency.succeeded()
        raise error_of(error, response.status)
