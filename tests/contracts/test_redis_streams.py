"""What the Redis queue promises beyond the contract: it survives what happens to Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from structlog.testing import capture_logs

from deploy.dev.local.ports import free_ports
from shared.domain.errors import Cause, StoreDown
from shared.observability.unreadable import UnreadableMessages
from shared.queue.messages import Priority, RenderJob, encode_message
from shared.queue.protocol import LEASE_S, MAX_ATTEMPTS, Depth, EnqueueResult
from shared.queue.redis_keys import DEAD_STREAM, GROUP, PRIORITIES, STREAMS
from shared.queue.redis_streams import _LONGEST_BLOCK_S, SWEEP_S, RedisStreamQueue
from shared.stores.redis import ANSWER_S, connect, redis_connections, redis_errors
from tests.contracts.test_queue import done, job, listening, next_word, take_one
from tests.stack.parts import Stack

INTERACTIVE = STREAMS[Priority.INTERACTIVE]


@pytest.fixture
def queue(redis: Redis) -> RedisStreamQueue:
    return RedisStreamQueue(redis, consumer="a", lease_s=0.1, sweep_s=0.05)


async def entries_of(redis: Redis, stream: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    return cast("list[tuple[bytes, dict[bytes, bytes]]]", await redis.xrange(stream))


def every_error(of: type[BaseException]) -> Iterator[type[BaseException]]:
    for error in of.__subclasses__():
        yield error
        yield from every_error(error)


def test_every_error_of_the_library_becomes_ours() -> None:
    theirs = {error for error in every_error(Exception) if error.__module__ == "redis.exceptions"}

    for error in theirs:
        with pytest.raises(StoreDown), redis_errors():
            raise error.__new__(error)

    assert len(theirs) > 20


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), asyncio.IncompleteReadError(b"", 1)])
def test_errors_of_the_socket_become_ours(error: Exception) -> None:
    with pytest.raises(StoreDown), redis_errors():
        raise error


def test_a_dead_workers_job_is_taken_over_within_half_a_minute() -> None:
    assert LEASE_S + SWEEP_S < 20


async def test_what_cannot_be_read_becomes_a_dead_letter(queue: RedisStreamQueue, redis: Redis) -> None:
    await redis.xadd(INTERACTIVE, {"job": b"{}"})
    await redis.xadd(INTERACTIVE, {"other": b"x"})

    taken = await queue.claim(5, 0)

    letters = await entries_of(redis, DEAD_STREAM)
    assert [] == taken
    assert [b"{}", b""] == [fields[b"job"] for _, fields in letters]
    assert all(fields[b"reason"].startswith(b"unreadable") for _, fields in letters)
    assert Depth(0, 0) == (await queue.depth())[Priority.INTERACTIVE]


async def test_many_jobs_of_another_version_are_dead_letters_and_logged_once(redis: Redis) -> None:
    unreadable, registry = UnreadableMessages(), CollectorRegistry()
    unreadable.register(registry)
    queue = RedisStreamQueue(redis, consumer="a", unreadable=unreadable)
    for nth in range(20):
        await redis.xadd(INTERACTIVE, {"job": b'{"type":"render.v9","nth":%d}' % nth})
    await queue.enqueue([job()])

    with capture_logs() as logs:
        claimed = await queue.claim(50, 0)

    assert [job()] == [delivery.job for delivery in claimed]
    assert [("job_unreadable", "render.v9")] == [(line["event"], line.get("version")) for line in logs]
    assert 20.0 == registry.get_sample_value("marquee_unreadable_messages_total", {"channel": INTERACTIVE})
    assert 20 == len(await entries_of(redis, DEAD_STREAM))


async def test_a_dead_letter_says_what_why_and_how_often(queue: RedisStreamQueue, redis: Redis) -> None:
    await queue.enqueue([job()])
    for _ in range(MAX_ATTEMPTS):
        await queue.retry(await take_one(queue), Cause.SOURCE_DOWN, "tmdb is down")

    letters = await entries_of(redis, DEAD_STREAM)
    letter = letters[0][1]
    assert {b"job", b"reason", b"tries", b"at"} == set(letter)
    assert (encode_message(job()), b"source_down: tmdb is down", b"3") == (
        letter[b"job"],
        letter[b"reason"],
        letter[b"tries"],
    )


async def test_trimming_keeps_the_streams_short_and_the_lag_known(queue: RedisStreamQueue, redis: Redis) -> None:
    await queue.enqueue([job(number) for number in range(1, 11)])
    taken = await queue.claim(6, 0)
    for delivery in [*taken[:3], *taken[4:]]:
        await queue.ack(delivery, done(delivery.job))

    await queue.trim()

    assert 7 == await redis.xlen(INTERACTIVE)  # the fourth in hand, two settled behind it, four waiting
    assert Depth(4, 1) == (await queue.depth())[Priority.INTERACTIVE]
    assert 4 == (await redis.xinfo_groups(INTERACTIVE))[0]["lag"]


async def test_trimming_everything_loses_nothing(queue: RedisStreamQueue, redis: Redis) -> None:
    await queue.trim()
    await queue.enqueue([job(number) for number in range(1, 4)])
    for delivery in await queue.claim(3, 0):
        await queue.ack(delivery, done(delivery.job))

    await queue.trim()
    offered = await queue.enqueue([job(4)])

    assert [EnqueueResult.QUEUED] == offered
    assert 2 == await redis.xlen(INTERACTIVE)
    assert Depth(1, 0) == (await queue.depth())[Priority.INTERACTIVE]
    assert [job(4)] == [delivery.job for delivery in await queue.claim(3, 0)]


async def test_an_unknown_lag_counts_everything(queue: RedisStreamQueue, redis: Redis) -> None:
    await queue.enqueue([job(number) for number in range(1, 6)])
    entries = await entries_of(redis, INTERACTIVE)
    await queue.claim(2, 0)
    await redis.xdel(INTERACTIVE, entries[3][0])
    small = RedisStreamQueue(redis, consumer="b", queue_max=4)

    assert [None] == [group["lag"] for group in await redis.xinfo_groups(INTERACTIVE)]
    assert [EnqueueResult.FULL] == await small.enqueue([job(9)])
    assert 2 == (await queue.depth())[Priority.INTERACTIVE].waiting


async def test_a_consumer_long_gone_is_forgotten_and_its_jobs_are_not(redis: Redis) -> None:
    gone = RedisStreamQueue(redis, consumer="gone")
    await gone.enqueue([job()])
    await gone.claim(1, 0)
    await redis.xgroup_createconsumer(INTERACTIVE, GROUP, "idle")

    await gone.trim()

    names = {consumer["name"] for consumer in await redis.xinfo_consumers(INTERACTIVE, GROUP)}
    assert {b"gone", b"idle"} == names  # neither has been away for an hour


async def test_a_job_beyond_the_limit_is_let_go_at_once(redis: Redis) -> None:
    queue = RedisStreamQueue(redis, consumer="a", sweep_s=30)
    other = RedisStreamQueue(redis, consumer="b", sweep_s=30)
    await queue.enqueue([job(1), job(2, Priority.REFRESH)])
    both = await queue._new(list(PRIORITIES), 1, block_s=1)

    kept = await queue._release_beyond(1, both)

    assert [job(1)] == [delivery.job for delivery in kept]
    assert [(job(2, Priority.REFRESH), 1)] == [
        (delivery.job, delivery.attempts) for delivery in await other.claim(5, 0)
    ]


async def test_a_worker_that_waits_asks_once_for_each_job(redis: Redis) -> None:
    queue, began = RedisStreamQueue(redis, consumer="a", sweep_s=30), time.monotonic()

    async def next_job(number: int) -> RenderJob:
        waiting = asyncio.create_task(queue.claim(8, 30))
        await until_reading(redis)
        await queue.enqueue([job(number)])
        return (await waiting)[0].job

    first = await next_job(1)
    before = await redis.info("commandstats")
    second = await next_job(2)
    after = await redis.info("commandstats")

    assert (job(1), job(2)) == (first, second)
    again = int((time.monotonic() - began) / _LONGEST_BLOCK_S)  # on a busy machine the wait itself is renewed
    assert 1 + again >= after["cmdstat_xreadgroup"]["calls"] - before["cmdstat_xreadgroup"]["calls"] >= 1


async def test_a_picture_in_hand_is_not_queued_again_by_who_has_just_seen_that(redis: Redis) -> None:
    queue = RedisStreamQueue(redis, consumer="a", sweep_s=30)
    await queue.enqueue([job(1, Priority.PREFETCH), job(2, Priority.PREFETCH)], hint=True)
    await queue.claim(1, 1)
    seen = [await queue.is_announced(job(number).picture) for number in (1, 2)]
    before = await redis.info("commandstats")
    in_hand, waiting = [(await queue.enqueue([job(number)], client="c"))[0] for number in (1, 2)]
    after = await redis.info("commandstats")
    later = (await queue.enqueue([job(1)], client="c"))[0]  # which asks Redis again

    assert [True, True] == seen
    assert (EnqueueResult.PENDING, EnqueueResult.QUEUED) == (in_hand, waiting)
    assert 1 == after["cmdstat_evalsha"]["calls"] - before["cmdstat_evalsha"]["calls"]
    assert EnqueueResult.PENDING is later


async def test_after_a_wait_a_crowd_of_jobs_comes_by_the_shares_again(redis: Redis) -> None:
    queue = RedisStreamQueue(redis, consumer="a", sweep_s=30)
    waiting = asyncio.create_task(queue.claim(1, 30))
    await until_reading(redis)
    await queue.enqueue([job(1)])
    await waiting
    await queue.enqueue([job(number, Priority.REFRESH) for number in range(10, 30)])
    await queue.enqueue([job(number) for number in range(30, 50)])

    first = await queue.claim(1, 30)
    then = await queue.claim(12, 30)

    assert [job(30)] == [delivery.job for delivery in first]
    # The refresh was let go when a single job was wanted, and is claimed again before the others.
    shares = [job(10, Priority.REFRESH), *(job(number) for number in range(31, 42))]
    assert shares == [delivery.job for delivery in then]


async def until_reading(redis: Redis) -> None:
    while not any(client["cmd"] == "xreadgroup" for client in await redis.client_list()):  # noqa: ASYNC110 - the server's doing
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)  # longer than it takes a Redis nearby to answer: the queue is seen to wait


async def test_an_emptied_redis_is_set_up_again(queue: RedisStreamQueue, redis: Redis) -> None:
    await queue.enqueue([job()])
    delivery = await take_one(queue)
    await redis.flushall()

    await queue.extend_lease([delivery])
    await queue.ack(delivery, done(job()))
    await queue.trim()
    await queue.enqueue([job(2)])

    assert job(2) == (await take_one(queue)).job


async def test_a_redis_emptied_under_a_waiting_taker_is_set_up_again(queue: RedisStreamQueue, redis: Redis) -> None:
    taker = asyncio.create_task(queue.claim(1, 10))
    while not any(client["cmd"] == "xreadgroup" for client in await redis.client_list()):  # noqa: ASYNC110 - the server's doing
        await asyncio.sleep(0.01)
    await redis.flushall()

    await queue.enqueue([job()])

    async with asyncio.timeout(30):
        assert [job()] == [delivery.job for delivery in await taker]


async def test_a_taker_who_is_cancelled_leaves_the_client_in_order(queue: RedisStreamQueue) -> None:
    for _ in range(5):
        taker = asyncio.create_task(queue.claim(1, 10))
        await asyncio.sleep(0.01)
        taker.cancel()
        await asyncio.wait([taker])

    await queue.enqueue([job()])

    assert [job()] == [delivery.job for delivery in await queue.claim(5, 5)]


@asynccontextmanager
async def own_valkey(stack: Stack) -> AsyncIterator[tuple[Redis, int]]:
    """A Valkey that a test may stop."""
    (port,) = free_ports(1, apart_from=())
    client = connect(stack.valkey(port))
    try:
        yield client, port
    finally:
        await client.aclose()
        stack.stop("valkey")


async def test_a_lost_redis_is_store_down_and_works_again_when_it_is_back(stack: Stack) -> None:
    async with own_valkey(stack) as (client, port):
        queue = RedisStreamQueue(client, consumer="a")
        async with listening(queue) as heard:
            await queue.enqueue([job(1)])
            await asyncio.to_thread(stack.stop, "valkey")

            for call in (queue.enqueue([job(2)]), queue.claim(1, 0), queue.depth(), queue.is_fresh("x"), queue.ping()):
                with pytest.raises(StoreDown):
                    await call

            await asyncio.to_thread(stack.valkey, port)
            await queue.enqueue([job(3)])
            delivery = await take_one(queue)
            async with asyncio.timeout(15):
                while heard.empty():
                    await queue.ack(delivery, done(delivery.job))
                    await asyncio.sleep(0.05)
            assert job(3).picture == (await next_word(heard, job(3))).picture


async def test_a_redis_that_says_nothing_is_store_down_in_time_and_works_again(stack: Stack) -> None:
    async with own_valkey(stack) as (client, _):
        queue = RedisStreamQueue(client, consumer="a")
        await queue.enqueue([job(1)])

        with stack.paused("valkey"), pytest.raises(StoreDown):
            async with asyncio.timeout(ANSWER_S + 1):
                await queue.is_fresh("x")

        assert job(1) == (await take_one(queue)).job


async def test_unreadable_news_is_passed_over(queue: RedisStreamQueue, redis: Redis) -> None:
    await queue.enqueue([job()])
    async with listening(queue) as heard:
        await redis.publish("marquee:done", b"not json")
        await queue.ack(await take_one(queue), done(job()))

        assert done(job()) == await next_word(heard, job())


async def test_a_wrong_answer_is_store_down(queue: RedisStreamQueue, redis: Redis) -> None:
    await redis.set(INTERACTIVE, b"not a stream")

    with pytest.raises(StoreDown) as raised:
        await queue.claim(1, 0)

    assert isinstance(raised.value.__cause__, ResponseError)


async def test_callers_who_gave_up_on_a_slow_redis_hold_no_connections(redis: Redis, valkey_url: str) -> None:
    async def give_up(queue: RedisStreamQueue) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await queue.enqueue([job()], client="a")

    async with connect(valkey_url, most_connections=2) as few:
        queue = RedisStreamQueue(few, consumer="a")
        await asyncio.gather(*(few.ping() for _ in range(2)))  # both are connected
        await redis.client_pause(300)
        for _ in range(2):
            await give_up(queue)

        assert [EnqueueResult.QUEUED] == await queue.enqueue([job(2)], client="a")
        assert 0 == redis_connections(few).used
