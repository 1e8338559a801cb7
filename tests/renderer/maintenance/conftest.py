"""Stores with pictures per test, and all messages on the invalidation channel."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from shared.concurrency.cancel import cancel_and_wait
from shared.observability.unreadable import UnreadableMessages
from shared.stores.invalidation_message import InvalidationMessage, invalidation_messages
from shared.stores.postgres import Pool
from tests.renderer.maintenance.picture_stores import PictureStores, new_bucket


@pytest.fixture
async def stores(pool: Pool, redis: Redis, s3_url: str) -> AsyncIterator[PictureStores]:
    async with new_bucket(s3_url) as s3:
        yield PictureStores(pool, redis, s3)


@pytest.fixture
async def messages(redis: Redis) -> AsyncIterator[list[InvalidationMessage]]:
    """Return the list to which every message is added as it arrives."""
    received: list[InvalidationMessage] = []
    is_listening = asyncio.Event()

    async def on_reconnect(_: float) -> None:
        is_listening.set()

    async def subscribe() -> None:
        async for message in invalidation_messages(redis, unreadable=UnreadableMessages(), on_reconnect=on_reconnect):
            received.append(message)  # noqa: PERF401 - one at a time, as they arrive

    listening = asyncio.create_task(subscribe())
    await is_listening.wait()
    yield received
    await cancel_and_wait(listening)
