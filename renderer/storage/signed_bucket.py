"""Requests for the objects of one bucket, signed here and sent by a plain HTTP client.

Through aiobotocore a request costs two to four times the processor time.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from yarl import URL

from renderer.storage.s3_signer import S3Credentials, S3Signer
from services.client.exchange import HttpConnections, ReceivedResponse

CONNECT_S: Final = 2.0
TOTAL_S: Final = 15.0
_UNSIGNED: Final = {"Accept": "*/*", "User-Agent": "Marquee"}  # which proxies on the way may change
_SAFE: Final = "/~"  # as S3 encodes the path that is signed

Credentials = Callable[[], Awaitable[S3Credentials]]
"""Returns credentials that are valid now. Raises botocore's errors."""


class SignedBucket:
    """A bucket's URL and the objects under it."""

    def __init__(
        self, connections: HttpConnections, bucket_url: str, signer: S3Signer, credentials: Credentials
    ) -> None:
        self._connections, self._bucket_url = connections, bucket_url
        self._signer, self._credentials = signer, credentials

    def copy_source(self, key: str) -> str:
        """Return an object as a copy of it names it: the bucket and the key, encoded."""
        return f"/{self._bucket_url.rpartition('/')[2]}/{quote(key, safe=_SAFE)}"

    async def request(
        self,
        method: str,
        key: str,
        *,
        silent_s: float,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        digest: str = "",
        query: str = "",
    ) -> AbstractAsyncContextManager[ReceivedResponse]:
        """Return a context with the response to a request for an object, or without a key for the bucket itself.

        No pause in it is longer than ``silent_s``. ``digest`` is the SHA-256 of the body in hex, if known. ``query`` is
        encoded, and in the order of its names.

        Raises the errors of botocore; entering the context raises those of ``HttpConnections.exchange``.
        """
        path = f"/{quote(key, safe=_SAFE)}" if key else ""
        url = URL(f"{self._bucket_url}{path}{'?' if query else ''}{query}", encoded=True)
        credentials = await self._credentials()
        signed = self._signer.signed(method, url, headers or {}, body, credentials, datetime.now(UTC), digest)
        return self._connections.exchange(method, url, signed | _UNSIGNED, body, silent_s=silent_s)
