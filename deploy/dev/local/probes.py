"""Checks whether a part is up; every check has a deadline, and no answer means no."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import asyncpg
from yarl import URL

from deploy.dev.local.ports import HOST
from deploy.dev.local.s3 import ACCESS_KEY, REGION, SECRET_KEY
from renderer.storage.s3_signer import S3Credentials, S3Signer

ANSWER_S = 2.0
PICTURE_S = 10.0
_HEAD_BYTES = 4096


async def is_listening(port: int) -> bool:
    """Return whether something accepts connections on ``port``."""
    return await _exchange(port, b"", read=False) is not None


async def is_up(port: int, path: str) -> bool:
    """Return whether GET ``path`` answers 200."""
    return await _status(port, "GET", path) == "200"


async def answers(port: int, path: str) -> bool:
    """Return whether GET ``path`` answers with any status."""
    return await _status(port, "GET", path) != ""


async def has_bucket(port: int, bucket: str) -> bool:
    """Create the bucket in the embedded S3, with a signed request; returns whether it exists now."""
    url = URL(f"http://{HOST}:{port}/{bucket}")
    signed = S3Signer(REGION).signed("PUT", url, {}, b"", S3Credentials(ACCESS_KEY, SECRET_KEY), datetime.now(UTC))
    return await _status(port, "PUT", url.path, signed) in {"200", "409"}


async def is_redis_up(port: int) -> bool:
    """Return whether Valkey has loaded its data and answers commands."""
    return await _exchange(port, b"PING\r\n") == b"+PONG\r\n"


async def has_database(port: int, name: str) -> bool:
    """Create the database in the embedded Postgres if it is missing; returns whether it exists now."""
    try:
        connection = await asyncpg.connect(
            host=HOST, port=port, user="postgres", database="postgres", ssl=False, timeout=ANSWER_S
        )
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    except (OSError, asyncpg.PostgresError):
        return False
    finally:
        await connection.close(timeout=ANSWER_S)
    return True


class Head(NamedTuple):
    """The beginning of an answer: three digits, headers in lower case, up to 4 KB of the body; empty without one."""

    status: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: bytes = b""


async def head_of(port: int, path: str) -> Head:
    """Return the beginning of the answer to GET ``path``, which may take as long as a picture is waited for."""
    try:
        async with asyncio.timeout(PICTURE_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(_request(port, "GET", path))
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                length = min(int(headers.get("content-length", "0")), _HEAD_BYTES)
                return Head(head[0][9:12], headers, await reader.readexactly(length))
            finally:
                writer.close()
    except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError, ValueError):
        return Head()


async def _status(port: int, method: str, path: str, headers: Mapping[str, str] | None = None) -> str:
    """Return the three digits of the status, or an empty result."""
    head = await _exchange(port, _request(port, method, path, headers or {}))
    return head[9:12].decode("latin-1") if head is not None and head.startswith(b"HTTP/1.") else ""


def _request(port: int, method: str, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> bytes:
    every = {"Host": f"{HOST}:{port}", "Content-Length": "0", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
    return f"{method} {path} HTTP/1.0\r\n{lines}\r\n".encode()


async def _exchange(port: int, request: bytes, *, read: bool = True) -> bytes | None:
    """Send ``request`` and return the beginning of the answer, ``None`` if nothing listens."""
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(request)
                return await reader.read(_HEAD_BYTES) if read else b""
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
