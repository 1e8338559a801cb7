"""What many tests share: the real stores, started when first asked for, and clean for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from renderer.storage.s3 import S3Storage
from shared.stores.migrate import migrate
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.redis import connect
from tests.stack.parts import BUCKET, Stack, running_stack

_CLEAN = """
TRUNCATE admin_users, token_families, refresh_tokens, settings_registry, titles, title_aliases, title_reports, images,
    usage_monthly, usage_daily, key_settings, profiles, key_changes, audit_log, purges;
DELETE FROM api_keys WHERE key_prefix <> 't0-free-';
UPDATE api_keys SET name = 'free', monthly_limit = 0, disabled_at = NULL;
UPDATE global_settings SET settings = '{}', free_key_enabled = false;
"""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="session")
def valkey_url(stack: Stack) -> str:
    return stack.valkey()


@pytest.fixture(scope="session")
def s3_url(stack: Stack) -> str:
    return stack.s3()


@pytest.fixture(scope="session")
def postgres_url(stack: Stack) -> str:
    """A database that is brought up to this version."""
    dsn = stack.postgres()
    with asyncio.Runner() as runner:
        runner.run(migrate(dsn))
    return dsn


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[Pool]:
    async with open_pool(postgres_url) as pool:
        async with connection(pool) as db:
            await db.execute(_CLEAN)
        yield pool


@pytest.fixture
async def s3(s3_url: str) -> AsyncIterator[S3Storage]:
    async with S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket=BUCKET, access_key="test", secret_key="test"
    ) as storage:
        yield storage
