"""Where a running pair keeps things: a database and a bucket of its own in running servers, and an emptied Redis."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

import asyncpg
from yarl import URL

from deploy.dev.local.probes import has_bucket
from renderer.storage.s3 import S3Storage
from shared.stores.migrate import migrate
from shared.stores.redis import connect
from tests.waiting import run_apart

REGION: Final = "us-east-1"
S3_KEY: Final = "test"
"""Either half of the key pair: the S3 stand-in checks no signature."""


@asynccontextmanager
async def direct_connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection to Postgres that no pool of the product manages."""
    db = await asyncpg.connect(dsn)
    try:
        yield db
    finally:
        await db.close()


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The addresses of the three stores."""

    database_url: str
    redis_url: str
    s3_url: str
    bucket: str

    @classmethod
    def fresh(cls, postgres_url: str, valkey_url: str, s3_url: str) -> Self:
        """Make empty ones in running servers."""
        name = f"e2e_{uuid.uuid4().hex[:12]}"
        bucket = name.replace("_", "-")
        database_url = run_apart(_new_database(postgres_url, name))
        assert run_apart(has_bucket(URL(s3_url).port or 0, bucket))
        run_apart(_empty(valkey_url))
        return cls(database_url=database_url, redis_url=valkey_url, s3_url=s3_url, bucket=bucket)

    def storage(self) -> AbstractAsyncContextManager[S3Storage]:
        """Open the bucket as the services do."""
        return S3Storage.open(
            endpoint_url=self.s3_url, region=REGION, bucket=self.bucket, access_key=S3_KEY, secret_key=S3_KEY
        )


async def _new_database(postgres_url: str, name: str) -> str:
    async with direct_connection(postgres_url) as db:
        await db.execute(f'CREATE DATABASE "{name}"')
    dsn = str(URL(postgres_url).with_path(f"/{name}"))
    await migrate(dsn)
    return dsn


async def _empty(redis_url: str) -> None:
    async with connect(redis_url) as redis:
        await redis.flushdb()
