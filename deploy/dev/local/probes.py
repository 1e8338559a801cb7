"""Checks whether a part is up; every check has a deadline, and no answer means no."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import aiohttp
import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError
from yarl import URL

from deploy.dev.local.ports import HOST
from deploy.dev.local.s3 import ACCESS_KEY, REGION, SECRET_KEY
from renderer.storage.s3_signer import S3Credentials, S3Signer

ANSWER_S = 2.0
PICTURE_S = 10.0


class Head(NamedTuple):
    """An answer: its status, its headers in any case, and its body; 0 without one."""

    status: int = 0
    headers: Mapping[str, str] = {}
    body: bytes = b""


async def is_listening(port: int) -> bool:
    """Return whether something accepts connections on ``port``."""
    try:
        async with asyncio.timeout(ANSWER_S):
            _, writer = await asyncio.open_connection(HOST, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def is_up(port: int, path: str) -> bool:
    """Return whether GET ``path`` answers 200."""
    return (await _answer("GET", port, path, ANSWER_S)).status == 200  # noqa: PLR2004 - OK


async def head_of(port: int, path: str) -> Head:
    """Return the answer to GET ``path``, which may take as long as a picture is waited for."""
    return await _answer("GET", port, path, PICTURE_S)


async def has_bucket(port: int, bucket: str) -> bool:
    """Create the bucket in the embedded S3, with a signed request; returns whether it exists now."""
    url = URL(f"http://{HOST}:{port}/{bucket}")
    signed = S3Signer(REGION).signed("PUT", url, {}, b"", S3Credentials(ACCESS_KEY, SECRET_KEY), datetime.now(UTC))
    return (await _answer("PUT", port, url.path, ANSWER_S, signed)).status in {200, 409}


async def is_redis_up(port: int) -> bool:
    """Return whether Valkey has loaded its data and answers commands."""
    try:
        async with asyncio.timeout(ANSWER_S), Redis(host=HOST, port=port) as redis:
            return bool(await redis.ping())
    except (OSError, TimeoutError, RedisError):
        return False


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


async def _answer(method: str, port: int, path: str, seconds: float, headers: Mapping[str, str] | None = None) -> Head:
    url, limit = f"http://{HOST}:{port}{path}", aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as http,
            http.request(method, url, headers=headers, allow_redirects=False) as answer,
        ):
            return Head(answer.status, answer.headers, await answer.read())
    except (OSError, TimeoutError, aiohttp.ClientError):
        return Head()
