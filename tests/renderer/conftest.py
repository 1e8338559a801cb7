"""A renderer per test, with its worker and its subscription to the queue."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from shared.stores.postgres import Pool
from tests.renderer.studio import Studio


@pytest.fixture
async def studio(pool: Pool, redis: Redis) -> AsyncIterator[Studio]:
    """A renderer whose worker does not run yet."""
    async with Studio(pool, redis).listening() as studio:
        yield studio


@pytest.fixture
async def working(studio: Studio) -> AsyncIterator[Studio]:
    """A renderer whose worker runs."""
    async with studio.drawing():
        yield studio
