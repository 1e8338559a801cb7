"""One shelf a test, and everything that is said on the channel of removals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from redis.asyncio import Redis

from renderer.maintenance.invalidation_message import InvalidationMessage, invalidation_messages
from shared.stores.postgres import Pool
from tests.renderer.maintenance.shelf import Namespace, new_bucket


@pytest.fixture
async def shelf(pool: Pool, redis: Redis, s3_url: str) -> AsyncIterator[Namespace]:
    async with new_bucket(s3_url) as s3:
        yield Namespace(pool, redis, s3)


@pytest.fixture
async def messages(redis: Redis) -> AsyncIterator[list[InvalidationMessage]]:
    """Return the list to which every message is added as it is heard."""
    heard: list[InvalidationMessage] = []
    is_listening = asyncio.Event()

    async def on_reconnect(_: float) -> None:
        is_listening.set()

    async def subscribe() -> None:
        async for message in invalidation_messages(redis, on_reconnect=on_reconnect):
            heard.append(message)  # noqa: PERF401 - each as it comes

    hearing = asyncio.create_task(subscribe())
    await is_listening.wait()
    yield heard
    hearing.cancel()
    with suppress(asyncio.CancelledError):
        await hearing
