"""What many tests share: the rings, the order of the files, and real stores that are clean for each test."""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
from hypothesis import settings
from redis.asyncio import Redis
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from renderer.storage.s3 import S3Storage
from shared.stores.migrate import migrate
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.redis import connect
from tests.stack.parts import BUCKET, Stack, running_stack

_STACK_FOLDERS: Final = frozenset({"clients", "contracts", "e2e", "web"})
_STACK_FIXTURES: Final = frozenset({"helm", "image", "stack"})
# TRUNCATE makes new files for every table and index: fifteen times the price of DELETE where little is to be deleted.
_CLEAN: Final = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'refresh_tokens', 'token_families', 'admin_users', 'settings_registry', 'title_aliases', 'title_reports',
        'titles', 'images', 'usage_monthly', 'usage_daily', 'key_settings', 'profiles', 'key_changes', 'audit_log',
        'purges', 'title_lists'
    ] LOOP
        IF pg_relation_size(name::regclass) > 262144 THEN
            EXECUTE 'TRUNCATE ' || name || ' CASCADE';
        ELSE
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
END $$;
DELETE FROM api_keys WHERE key_prefix <> 't0-free-';
UPDATE api_keys SET name = 'free', monthly_limit = 0, disabled_at = NULL;
UPDATE global_settings SET settings = '{}', free_key_enabled = false;
"""


# How long an example takes depends on what else the machine does.
settings.register_profile("marquee", deadline=None)
settings.load_profile("marquee")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need real stores or processes and run them first.

    The short files of the unit ring then fill what is left of the time at the end, whichever worker is free.
    """
    for item in items:
        if _needs_stack(item):
            item.add_marker("stack")
    items.sort(key=_ring)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Keep each file on one worker, because its fixtures may be the module's, and the files in the order above."""
    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return what ``-n auto`` means: more workers than processors, because tests of processes wait half of the time."""
    return math.ceil(1.5 * len(os.sched_getaffinity(0)))


def _needs_stack(item: pytest.Item) -> bool:
    folders = item.path.relative_to(item.config.rootpath / "tests").parts
    return folders[0] in _STACK_FOLDERS or not _STACK_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _ring(item: pytest.Item) -> int:
    """Return a number by which files of processes come first, files of stores next and all other files last."""
    if item.get_closest_marker("stack") is None:
        return 2
    return 0 if item.path.parent.name in {"e2e", "web"} or item.path.name == "test_image.py" else 1


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
