"""Messages of a channel arrive for as long as a subscriber listens, whatever happens to Redis."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from structlog.testing import capture_logs

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import StoreDown
from shared.observability.unreadable import UnreadableMessages
from shared.stores import pubsub
from shared.stores.pubsub import Channel, subscribe
from shared.stores.redis import connect, redis_connections, redis_errors
from tests.contracts.test_redis_streams import own_valkey
from tests.stack.parts import Stack
from tests.waiting import until

NUMBERS = Channel(name="numbers", read=msgspec.json.Decoder(int).decode, lost="numbers_lost", unreadable="no_number")


class Ear:
    """Receives numbers; can fail when it is told that messages may have been missed."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.silences: list[float] = []
        self.fails = 0
        self.unreadable = UnreadableMessages()

    async def on_reconnect(self, silent_s: float) -> None:
        self.silences.append(silent_s)
        if len(self.silences) <= self.fails:
            raise StoreDown("as the test wants it")

    @asynccontextmanager
    async def listening(self, redis: Redis) -> AsyncIterator[None]:
        async def listen() -> None:
            async for word in subscribe(redis, NUMBERS, unreadable=self.unreadable, on_reconnect=self.on_reconnect):
                self.heard.append(word)

        task = asyncio.create_task(listen())
        try:
            await until(lambda: len(self.silences) > self.fails)
            yield
        finally:
            await cancel_and_wait(task)


async def first(words: AsyncIterator[int]) -> int:
    return await anext(words)


async def listeners(redis: Redis) -> int:
    ((_, number),) = await redis.pubsub_numsub(NUMBERS.name)
    return number


async def test_messages_arrive_in_order_and_unreadable_ones_are_skipped(redis: Redis) -> None:
    ear = Ear()

    with capture_logs() as logs:
        async with ear.listening(redis):
            for word in (b"1", b"not a number", b"2", b'"3"', b"\xff", b'"\xff"', b"[" * 100_000, b"4"):
                await redis.publish(NUMBERS.name, word)
            await until(lambda: len(ear.heard) == 3)

    registry = CollectorRegistry()
    ear.unreadable.register(registry)
    assert [1, 2, 4] == ear.heard
    assert ["no_number"] == [line["event"] for line in logs]
    assert 5.0 == registry.get_sample_value("marquee_unreadable_messages_total", {"channel": "numbers"})


async def test_messages_arrive_again_after_a_loss_and_the_gap_is_reported(stack: Stack) -> None:
    ear = Ear()

    async with own_valkey(stack) as (client, port):
        with capture_logs() as logs:
            async with ear.listening(client):
                await asyncio.to_thread(stack.stop, "valkey")
                await until(lambda: any(line["event"] == "numbers_lost" for line in logs))
                await asyncio.to_thread(stack.valkey, port)
                await until(lambda: len(ear.silences) == 2, within_s=20)
                await client.publish(NUMBERS.name, b"1")
                await until(lambda: ear.heard == [1])

    assert ear.silences[1] > ear.silences[0] >= 0


async def test_a_cut_connection_is_reported_like_any_loss(stack: Stack) -> None:
    ear = Ear()

    async with own_valkey(stack) as (client, _), ear.listening(client):
        await client.client_kill_filter(_type="pubsub", skipme=True)
        await until(lambda: len(ear.silences) == 2)
        await client.publish(NUMBERS.name, b"1")
        await until(lambda: ear.heard == [1])

    assert all(silent_s >= 0 for silent_s in ear.silences)


async def test_a_quiet_channel_is_no_loss(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubsub, "_HEAR_S", 0.02)
    ear = Ear()

    async with own_valkey(stack) as (client, _), ear.listening(client):
        with stack.paused("valkey"), pytest.raises(StoreDown), redis_errors():
            await client.publish(NUMBERS.name, b"1")  # many times as long as one wait for a message
        await client.publish(NUMBERS.name, b"2")
        await until(lambda: 2 in ear.heard)

    assert 1 == len(ear.silences)


async def test_reconnects_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubsub, "_PAUSE_S", (0.01, 0.03))

    async with connect("redis://127.0.0.1:9/0") as nowhere:
        with capture_logs() as logs:
            trying = asyncio.create_task(first(subscribe(nowhere, NUMBERS, unreadable=UnreadableMessages())))
            await until(lambda: len(logs) >= 4)
            await cancel_and_wait(trying)

    assert [("numbers_lost", pause_s) for pause_s in (0.01, 0.02, 0.03, 0.03)] == [
        (line["event"], line["pause_s"]) for line in logs[:4]
    ]


async def test_a_failed_reconnect_handler_is_called_again(redis: Redis) -> None:
    ear = Ear()
    ear.fails = 2

    with capture_logs() as logs:
        async with ear.listening(redis):
            await redis.publish(NUMBERS.name, b"1")
            await until(lambda: ear.heard == [1])

    assert (3, ["numbers_lost"] * 2) == (len(ear.silences), [line["event"] for line in logs])


async def test_a_closed_subscription_returns_its_connection(redis: Redis) -> None:
    words = cast("AsyncGenerator[int]", subscribe(redis, NUMBERS, unreadable=UnreadableMessages()))
    listening = asyncio.create_task(first(words))
    while await listeners(redis) == 0:  # noqa: ASYNC110 - the server's doing
        await asyncio.sleep(0.01)
    await redis.publish(NUMBERS.name, b"1")
    word = await listening

    await words.aclose()

    assert (1, 0) == (word, redis_connections(redis).used)


async def test_a_cancelled_subscriber_returns_its_connection(redis: Redis) -> None:
    ear = Ear()

    async with ear.listening(redis):
        assert 1 == redis_connections(redis).used

    assert 0 == redis_connections(redis).used
