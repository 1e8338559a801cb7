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
_MIGRATED, _DRAFT = "migrated", "migrated_draft"
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
    """Copy the server's migrated database, which is made once: each migration takes more than a second."""
    async with direct_connection(postgres_url) as db:
        if not await db.fetchval("SELECT true FROM pg_database WHERE datname = $1", _MIGRATED):
            await db.execute(f'CREATE DATABASE "{_DRAFT}"')
            await migrate(_at(postgres_url, _DRAFT))
            await db.execute(f'ALTER DATABASE "{_DRAFT}" RENAME TO "{_MIGRATED}"')
        await db.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_MIGRATED}"')
    return _at(postgres_url, name)


def _at(postgres_url: str, name: str) -> str:
    """Return the DSN of another database of a server."""
    return str(URL(postgres_url).with_path(f"/{name}"))


async def _empty(redis_url: str) -> None:
    async with connect(redis_url) as redis:
        await redis.flushdb()
