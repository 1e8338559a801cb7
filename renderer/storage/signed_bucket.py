"""Requests for the objects of one bucket, signed here and sent by a plain HTTP client.

Through aiobotocore a request costs two to four times the processor time.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from renderer.storage.s3_signer import S3Credentials, S3Signer

CONNECT_S: Final = 2.0
TOTAL_S: Final = 15.0
_SAFE: Final = "/~"  # as S3 encodes the path that is signed

Credentials = Callable[[], Awaitable[S3Credentials]]
"""Returns credentials that are valid now. Raises botocore's errors."""


class SignedBucket:
    """A bucket's URL and the objects under it."""

    def __init__(
        self, session: aiohttp.ClientSession, bucket_url: str, signer: S3Signer, credentials: Credentials
    ) -> None:
        self._session, self._bucket_url = session, bucket_url
        self._signer, self._credentials = signer, credentials

    def copy_source(self, key: str) -> str:
        """Return an object as a copy of it names it: the bucket and the key, encoded."""
        return f"/{self._bucket_url.rpartition('/')[2]}/{quote(key, safe=_SAFE)}"

    @asynccontextmanager
    async def request(
        self,
        method: str,
        key: str,
        *,
        silent_s: float,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        query: str = "",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the response to a request for an object, or without a key for the bucket itself.

        No pause in it is longer than ``silent_s``. ``query`` is encoded, and in the order of its names.

        Raises the errors of aiohttp and botocore.
        """
        path = f"/{quote(key, safe=_SAFE)}" if key else ""
        url = URL(f"{self._bucket_url}{path}{'?' if query else ''}{query}", encoded=True)
        credentials = await self._credentials()
        signed = self._signer.signed(method, url, headers or {}, body, credentials, datetime.now(UTC))
        timeout = aiohttp.ClientTimeout(total=TOTAL_S, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=silent_s)
        async with self._session.request(
            method,
            url,
            data=body or None,
            headers=signed,
            timeout=timeout,
            allow_redirects=False,
            skip_auto_headers=("Accept-Encoding",),  # a proxy may compress lists for those who send it
        ) as response:
            yield response
