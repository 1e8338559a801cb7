"""A renderer per test, with its worker and its subscription to the queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from shared.stores.postgres import Pool
from tests.renderer.studio import Studio


@pytest.fixture
async def studio(pool: Pool, redis: Redis) -> AsyncIterator[Studio]:
    """A renderer whose worker does not run yet."""
    studio = Studio(pool, redis)
    following = asyncio.create_task(studio.content.follow())
    yield studio
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await studio.fallback.close()
    with studio.render_pool:
        pass


@pytest.fixture
async def working(studio: Studio) -> AsyncIterator[Studio]:
    """A renderer whose worker runs."""
    work = asyncio.create_task(studio.worker.run())
    yield studio
    studio.worker.stop()
    await work
