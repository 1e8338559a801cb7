"""Commands share a connection: they leave together, each gets its own reply, and a lost connection loses none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from deploy.dev.local.ports import HOST, free_ports
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import StoreDown
from shared.stores import redis_multiplexer
from shared.stores.redis import connect, redis_connections, redis_errors
from shared.stores.redis_client import Script, multiplexer_of, post
from shared.stores.redis_connection import Guarded
from tests.stack.relay import Relay, Trouble
from tests.waiting import until, until_true

_ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


async def clients(redis: Redis) -> int:
    """Return how many connections the server has."""
    return len(await redis.client_list(_type="normal"))


async def test_a_hundred_commands_at_once_need_one_connection(redis: Redis) -> None:
    before = await clients(redis)
    await asyncio.gather(*(redis.set(f"marquee:{nth}", nth) for nth in range(100)))
    found = await asyncio.gather(*(redis.get(f"marquee:{nth}") for nth in range(100)))

    assert [str(nth).encode() for nth in range(100)] == found
    assert before == await clients(redis)


@dataclass
class Server:
    """Answers every command with its own words, and keeps what arrived in one piece."""

    pieces: list[bytes] = field(default_factory=list)
    opened: int = 0
    silences: set[int] = field(default_factory=set)
    """The connections, by their number, that get no answers any more."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        number = self.opened
        while piece := await reader.read(1 << 16):
            if b"CLIENT" in piece:  # the greeting of redis-py
                writer.write(b"+OK\r\n" * piece.count(b"CLIENT"))
            elif number not in self.silences:
                self.pieces.append(piece)
                writer.write(b"+OK\r\n" * piece.count(b"*"))
        writer.close()


@asynccontextmanager
async def serving(server: Server, options: str = "") -> AsyncIterator[Redis]:
    listening = await asyncio.start_server(server.serve, HOST, 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening, connect(f"redis://{HOST}:{port}/0{options}") as client:
        yield client


async def test_the_commands_of_one_turn_leave_in_one_write() -> None:
    server = Server()
    async with serving(server) as client:
        await client.set("marquee:a", "first")
        server.pieces.clear()
        await asyncio.gather(*(client.set("marquee:a", "b") for _ in range(20)))

    assert [20] == [piece.count(b"SET") for piece in server.pieces]


async def test_each_command_gets_its_own_reply_or_error(redis: Redis) -> None:
    await redis.set("marquee:word", "no list")
    tasks: list[Any] = [redis.get("marquee:word"), redis.lpush("marquee:word", "x"), redis.incr("marquee:n")]
    found = await asyncio.gather(*tasks, return_exceptions=True)

    assert (b"no list", 1) == (found[0], found[2])
    assert isinstance(found[1], ResponseError)


async def test_a_caller_who_gives_up_leaves_its_reply_to_nobody_else(redis: Redis) -> None:
    await redis.mset({"marquee:a": "a", "marquee:b": "b"})
    first = asyncio.ensure_future(redis.get("marquee:a"))
    second = asyncio.ensure_future(redis.get("marquee:b"))
    await asyncio.sleep(0)
    first.cancel()

    assert b"b" == await second
    assert first.cancelled() or first.done()


async def test_a_command_that_blocks_holds_up_no_other(redis: Redis) -> None:
    async with asyncio.timeout(30):
        waiting = asyncio.ensure_future(redis.blpop(["marquee:list"], timeout=20))
        await redis.set("marquee:a", "1")
        await redis.rpush("marquee:list", "x")
        found: Any = await waiting

    assert b"x" == found[1]


async def test_a_transaction_is_run_as_one_or_not_at_all(redis: Redis) -> None:
    async def count() -> list[Any]:
        pipe: Any = redis.pipeline(transaction=True)
        for _ in range(3):
            pipe.incr("marquee:n")
        return list(await pipe.execute())

    found = await asyncio.gather(*(count() for _ in range(20)))
    pipe: Any = redis.pipeline(transaction=True)
    pipe.set("marquee:other", "1")
    pipe.execute_command("SET", "marquee:n")  # which lacks its value
    with pytest.raises(ResponseError, match="wrong number of arguments"):
        await pipe.execute()

    assert all(group == list(range(group[0], group[0] + 3)) for group in found)
    assert await redis.get("marquee:other") is None


async def test_an_error_in_a_pipeline_is_raised_or_returned(redis: Redis) -> None:
    pipe: Any = redis.pipeline(transaction=False)
    pipe.set("marquee:word", "x").lpush("marquee:word", "y").get("marquee:word")
    found = await pipe.execute(raise_on_error=False)
    pipe.lpush("marquee:word", "y")
    with pytest.raises(ResponseError, match="wrong kind"):
        await pipe.execute()

    assert (True, b"x") == (found[0], found[2])
    assert isinstance(found[1], ResponseError)


async def test_a_script_is_given_to_a_server_once_and_again_after_it_was_forgotten(redis: Redis) -> None:
    script: Any = redis.register_script(_ADD)

    async def add() -> list[Any]:
        pipe: Any = redis.pipeline(transaction=False)
        await script(keys=["marquee:n"], args=[1], client=pipe)
        return list(await pipe.execute())

    await redis.script_flush()
    first, second = await add(), await add()
    loads = (await redis.info("commandstats"))["cmdstat_script|load"]["calls"]
    await redis.script_flush()
    with pytest.raises(NoScriptError):
        await add()
    third = await add()

    assert ([1], [2], [3]) == (first, second, third)
    assert 1 <= loads == (await redis.info("commandstats"))["cmdstat_script|load"]["calls"] - 1


async def test_commands_on_a_lost_connection_are_sent_again(valkey_url: str) -> None:
    target, (port,) = int(valkey_url.rpartition(":")[2].partition("/")[0]), free_ports(1, apart_from=())
    async with Relay(port, target) as relay, connect(f"redis://{HOST}:{port}/0") as client:
        await client.set("marquee:a", "1")
        relay.switch(target, cut=True)
        found = await asyncio.gather(*(client.get("marquee:a") for _ in range(10)))

    assert [b"1"] * 10 == found


async def test_a_server_that_falls_silent_is_left_and_found_again(valkey_url: str) -> None:
    target, (port,) = int(valkey_url.rpartition(":")[2].partition("/")[0]), free_ports(1, apart_from=())
    async with Relay(port, target) as relay, connect(f"redis://{HOST}:{port}/0?socket_timeout=1.5") as client:
        await client.set("marquee:a", "1")
        await relay.break_down(Trouble.SILENT)
        with pytest.raises(StoreDown, match="TimeoutError"), redis_errors():
            await client.get("marquee:a")
        left = redis_connections(client).open
        await relay.heal()

        assert (0, b"1") == (left, await client.get("marquee:a"))


async def test_an_idle_connection_that_died_without_a_word_costs_no_command() -> None:
    server = Server()
    async with serving(server, "?socket_timeout=1.5&health_check_interval=1") as client:
        await client.set("marquee:a", "1")
        await asyncio.sleep(1.1)  # idleness is nothing but time
        server.silences.add(1)
        assert await client.set("marquee:a", "2")


async def test_too_many_waiting_commands_are_refused(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_multiplexer, "MOST_WAITING", 5)
    await redis.ping()
    tasks: list[Any] = [redis.set("marquee:a", "1") for _ in range(8)]
    found = await asyncio.gather(*tasks, return_exceptions=True)

    assert [True] * 5 == [each for each in found if not isinstance(each, Exception)]
    assert ["too many commands wait for Redis"] * 3 == [str(each) for each in found if isinstance(each, Exception)]


async def test_what_is_posted_leaves_with_the_next_command_and_in_its_order() -> None:
    server = Server()
    async with serving(server) as client:
        await client.set("marquee:a", "first")
        server.pieces.clear()
        post(client, ("SET", "marquee:b", "posted"))
        await asyncio.sleep(0)
        await client.set("marquee:c", "waited for")

    assert [(b"posted", b"waited")] == [(piece[piece.index(b"posted") :][:6], b"waited") for piece in server.pieces]
    assert server.pieces[0].index(b"posted") < server.pieces[0].index(b"waited for")


async def test_what_is_posted_leaves_by_itself_when_no_command_follows(redis: Redis) -> None:
    await redis.ping()
    post(redis, ("SET", "marquee:a", "1"))
    async with connect(url_of(redis)) as other, asyncio.timeout(30):
        while await other.get("marquee:a") is None:  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.001)


async def test_what_is_posted_survives_a_lost_connection_and_a_forgotten_script(redis: Redis) -> None:
    script = Script(redis, _ADD)
    await redis.script_flush()
    script.post(["marquee:n"], [1])
    await redis.ping()
    await redis.script_flush()
    script.post(["marquee:n"], [1])
    async with asyncio.timeout(30):
        while await redis.get("marquee:n") != b"2":  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.001)
        await redis.client_kill_filter(_type="normal", skipme=False)
        script.post(["marquee:n"], [1])
        while await redis.get("marquee:n") != b"3":  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.001)


async def test_a_script_is_run_by_a_server_that_forgot_it_and_each_call_once(redis: Redis) -> None:
    add = Script(redis, _ADD)
    await redis.script_flush()

    first = await add(["marquee:n"], [1])
    await redis.script_flush()
    more = await add.each([(["marquee:n"], [10]), (["marquee:m"], [100])], then=[("SET", "marquee:k", "set")])

    assert [1, 11, 100] == [first, *more]
    assert b"set" == await redis.get("marquee:k")


async def test_an_error_of_a_script_is_raised(redis: Redis) -> None:
    await redis.set("marquee:n", "no number")

    with pytest.raises(ResponseError, match="integer"):
        await Script(redis, _ADD)(["marquee:n"], [1])


async def test_a_connection_that_opens_though_its_callers_gave_up_is_not_a_second_one(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect_once = Guarded.connect

    async def connect_anyway(connection: Guarded) -> None:  # as redis-py does when it is cancelled at a bad moment
        connecting = asyncio.ensure_future(connect_once(connection))
        while not connecting.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(connecting)

    monkeypatch.setattr(Guarded, "connect", connect_anyway)
    before = await clients(redis)
    async with connect(url_of(redis)) as other:
        await redis.client_pause(300)
        given_up = asyncio.ensure_future(other.get("marquee:a"))
        await until(lambda: len(multiplexer_of(other)._opening) == 1)
        await cancel_and_wait(given_up)

        await other.ping()

        await until_true(partial(_has_clients, redis, before + 1))  # once the first one, too, was opened and closed
    await until_true(partial(_has_clients, redis, before))


async def _has_clients(redis: Redis, count: int) -> bool:
    return count == await clients(redis)


async def test_what_is_posted_after_the_client_has_closed_opens_no_connection(redis: Redis) -> None:
    other = connect(url_of(redis))
    await other.ping()
    await other.aclose()
    before = await clients(redis)

    post(other, ("SET", "marquee:a", "1"))

    for _ in range(20):
        await redis.ping()
    assert (before, None) == (await clients(redis), await redis.get("marquee:a"))
    assert 0 == redis_connections(other).open


async def test_what_is_posted_is_sent_before_the_client_closes(redis: Redis) -> None:
    async with connect(url_of(redis)) as other:
        await other.ping()
        post(other, ("SET", "marquee:a", "1"))

    async with asyncio.timeout(30):
        while await redis.get("marquee:a") is None:  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.001)


def url_of(redis: Redis) -> str:
    known = redis.connection_pool.connection_kwargs
    return f"redis://{known['host']}:{known['port']}/{known['db']}"
