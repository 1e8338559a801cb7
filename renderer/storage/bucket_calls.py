"""Calls about a bucket as a whole: whether it is there, what is in it, and deletes. Each is repeated once at most."""

import asyncio
import base64
import hashlib
import random
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote_plus
from xml.sax.saxutils import escape

import aiohttp
import msgspec
from botocore.exceptions import ClientError

from renderer.storage.s3_concurrency import S3Concurrency
from renderer.storage.s3_errors import OVERLOAD_CODES, OVERLOADED, described_error, error_of
from renderer.storage.s3_writer import RESPONSE_S
from renderer.storage.signed_bucket import TOTAL_S, SignedBucket
from services.client.exchange import ReceivedResponse
from shared.domain.errors import StoreDown, StoreRefused

PAGE: Final = 1000
"""Objects on a page of a list: the most that S3 has."""

_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_PAUSE_S: Final = (0.05, 0.5)  # before the repetition; not the same for all that failed together
_MAX_BYTES: Final = 16 << 20  # a page of a thousand of the longest keys, each byte escaped, and what is said of them
_CHUNK: Final = 1 << 16


class StoredObject(msgspec.Struct, frozen=True):
    """An object in a listing; ``size`` is in bytes."""

    key: str
    size: int


class ObjectPage(msgspec.Struct, frozen=True):
    """A part of a list; ``token`` leads to the next one, if there is one."""

    objects: Sequence[StoredObject]
    token: str


class BucketCalls:
    """The calls about one bucket. All raise ``StoreDown``, ``ClientError`` for an error of S3, and aiohttp's errors."""

    def __init__(self, bucket: SignedBucket, concurrency: S3Concurrency) -> None:
        self._bucket, self._concurrency = bucket, concurrency

    async def require_bucket(self) -> None:
        """Return if the bucket is there and may be used."""
        try:
            await self._call("HEAD")
        except ClientError:  # which has a status only: a response to HEAD has no body
            await self.page("")
            raise

    async def page(self, prefix: str, *, after: str = "", token: str = "") -> ObjectPage:
        """Return objects under a prefix in S3's order: those after a key, or those that ``token`` leads to."""
        query = {"list-type": "2", "encoding-type": "url", "prefix": prefix, "max-keys": str(PAGE)}
        query |= {"start-after": after} if after else {}
        query |= {"continuation-token": token} if token else {}
        return _read_page(_parsed(await self._call("GET", query=query)))

    async def delete(self, keys: Sequence[str]) -> list[Mapping[str, str]]:
        """Delete up to a thousand objects; returns the errors of single ones, with S3's ``Code`` and ``Message``."""
        objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
        body = f'<Delete xmlns="{_NAMESPACE}">{objects}<Quiet>true</Quiet></Delete>'.encode()
        # The one checksum that every store supports: this call requires one, and some refuse the headers of others.
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {"Content-Type": "application/xml", "Content-MD5": digest}
        root = _parsed(await self._call("POST", query={"delete": ""}, headers=headers, body=body))
        return [_fields(error) for error in root if _name(error) == "Error"]

    async def delete_one(self, key: str) -> None:
        """Delete an object."""
        await self._call("DELETE", key)

    async def _call(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> bytes:
        """Return the body of the response, of a second request where the first failed in a way that may pass."""
        written = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted((query or {}).items()))
        try:
            return await self._once(method, key, written, headers, body)
        except ClientError as error:
            if isinstance(_translated(error), StoreRefused):
                raise
        except (aiohttp.ClientError, OSError):  # and timeouts
            pass
        await asyncio.sleep(random.uniform(*_PAUSE_S))  # noqa: S311 - spreads load and guards nothing
        return await self._once(method, key, written, headers, body)

    async def _once(self, method: str, key: str, query: str, headers: Mapping[str, str] | None, body: bytes) -> bytes:
        async with self._concurrency.turn(), asyncio.timeout(TOTAL_S):
            request = await self._bucket.request(
                method, key, query=query, silent_s=RESPONSE_S, headers=headers, body=body
            )
            async with request as response:
                received = await _received(response)
                error = {} if response.status < HTTPStatus.MULTIPLE_CHOICES else described_error(response, received)
                self._count(response.status, error.get("Code", ""))
        if error:
            metadata = {"HTTPStatusCode": response.status}
            raise ClientError({"Error": error, "ResponseMetadata": metadata}, method)
        return received

    def _count(self, status: int, code: str) -> None:
        if status in OVERLOADED or code in OVERLOAD_CODES:
            self._concurrency.overloaded()
        elif status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self._concurrency.succeeded()


async def _received(response: ReceivedResponse) -> bytes:
    """Return the body. Raises ``StoreDown`` for one that is too large."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise StoreDown("s3: response too large")
    return bytes(body)


def _translated(error: ClientError) -> StoreDown:
    return error_of(error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"])


def _read_page(root: ET.Element) -> ObjectPage:
    fields = _fields(root)
    decoded = unquote_plus if fields.get("EncodingType") == "url" else str
    objects = [_fields(each) for each in root if _name(each) == "Contents"]
    try:
        listed = [StoredObject(decoded(each["Key"]), int(each["Size"])) for each in objects]
        token = fields["NextContinuationToken"] if fields.get("IsTruncated") == "true" else ""
    except (KeyError, ValueError) as exc:
        raise StoreDown("s3: a list without keys, sizes or the next page") from exc
    return ObjectPage(listed, token)


def _parsed(body: bytes) -> ET.Element:
    """Return the root of a document. Raises ``StoreDown`` for anything else, and for one that declares entities."""
    if b"<!DOCTYPE" in body:
        raise StoreDown("s3: not an answer of S3")
    try:
        return ET.fromstring(body)  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError as exc:
        raise StoreDown("s3: not an answer of S3") from exc


def _fields(element: ET.Element) -> dict[str, str]:
    return {_name(child): child.text or "" for child in element}


def _name(element: ET.Element) -> str:
    """Return the name without its namespace, which some stores leave out."""
    return element.tag.rpartition("}")[2]
