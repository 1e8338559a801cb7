"""Connections to Redis are given up as soon as a reply says that their server cannot do its work."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from deploy.dev.local.ports import HOST, free_ports
from shared.domain.errors import Cause, StoreDown
from shared.domain.ids import ExternalId, IdType
from shared.observability.unreadable import UnreadableMessages
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.protocol import EnqueueResult
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from shared.stores.pubsub import Channel, subscribe
from shared.stores.redis import connect, redis_connections, redis_errors
from shared.stores.redis_check import RedisCheck
from shared.stores.redis_connection import USELESS
from shared.stores.redis_primary import SLOT
from tests.stack.parts import Stack, running_stack
from tests.stack.valkeys import Address, Cluster, SentinelSet, Valkey, cluster, open_address, valkey, watched
from tests.waiting import run_apart

REPLY = {
    "MOVED": "MOVED 5448 127.0.0.1:1",
    "READONLY": "READONLY You can't write against a read only replica.",
}
JOB = RenderJob(settings_hash=SettingsHash("0" * 32), title=ExternalId(IdType.IMDB, 1), lane=Priority.INTERACTIVE)
NEWS = Channel(name="marquee:test", read=bytes, lost="news_lost", unreadable="news_unreadable")


@pytest.fixture(scope="module")
def ground() -> Iterator[Stack]:
    """Servers of our own, which may become replicas."""
    with running_stack() as stack:
        yield stack


@pytest.fixture
async def address(ground: Stack) -> AsyncIterator[Address]:
    async with open_address(ground, 0) as address:
        yield address


@dataclass
class Speaker:
    """A server that says one thing to the commands of the first connection, and does as it is told on all others."""

    reply: str
    opened: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        is_first = self.opened == 1
        while command := await _command(reader):
            said = f"-{self.reply}" if is_first and command[0] == b"SET" else _SAID.get(command[0], "+OK")
            writer.write(f"{said}\r\n".encode())
        if is_first:
            self.closed.set()
        writer.close()


_SAID = {b"PING": "+PONG", b"GET": "$-1"}


async def _command(reader: asyncio.StreamReader) -> list[bytes]:
    head = await reader.readline()
    words = []
    for _ in range(int(head[1:]) if head else 0):
        length = int((await reader.readline())[1:])
        words.append((await reader.readexactly(length + 2))[:-2])
    return words


@asynccontextmanager
async def speaking(reply: str) -> AsyncIterator[tuple[Speaker, Redis]]:
    speaker = Speaker(reply)
    server = await asyncio.start_server(speaker.serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, connect(f"redis://{HOST}:{port}/0") as client:
        yield speaker, client


@pytest.mark.parametrize("code", sorted(USELESS))
async def test_a_useless_server_s_connection_is_closed_and_the_command_goes_to_another(code: str) -> None:
    async with speaking(REPLY.get(code, f"{code} says the server")) as (speaker, client):
        done = await client.set("marquee:a", "1")
        async with asyncio.timeout(5):
            await speaker.closed.wait()

    assert done
    assert 2 == speaker.opened


@pytest.mark.parametrize("code", ["OOM", "WRONGTYPE", "NOPERM", "ERR"])
async def test_a_mistake_of_one_command_closes_no_connection(code: str) -> None:
    async with speaking(f"{code} says the server") as (speaker, client):
        with pytest.raises(StoreDown, match="says the server"), redis_errors():
            await client.set("marquee:a", "1")
        await client.get("marquee:a")

    assert 1 == speaker.opened


async def test_after_a_failover_every_kind_of_command_works_at_once(address: Address) -> None:
    async with connect(address.url) as client:
        queue = RedisStreamQueue(client, consumer="test")
        await queue.enqueue([JOB])
        (delivery,) = await queue.claim(1, 1.0)
        await asyncio.gather(*(client.ping() for _ in range(8)))  # as many connections, all with the first server

        await address.fail_over()
        new = replace_picture(JOB, 2)
        enqueued = await queue.enqueue([new])
        await queue.ack(delivery, RenderDone(settings_hash=JOB.settings_hash, title=JOB.title, cause=Cause.BUSY))
        (again,) = await queue.claim(1, 1.0)
        await queue.extend_lease([again])
        await client.set("marquee:a", "1")
        left = await connected(address.first)

    assert [EnqueueResult.QUEUED] == enqueued
    assert new == again.job
    assert 0 == left


async def test_a_claim_that_waits_through_a_failover_gets_the_next_job(address: Address) -> None:
    async with connect(address.url) as client:
        queue = RedisStreamQueue(client, consumer="test")
        await queue.enqueue([JOB])
        await queue.claim(1, 1.0)
        waiting = asyncio.create_task(queue.claim(1, 8.0))
        await blocked(address.first)

        await address.fail_over()
        new = replace_picture(JOB, 2)
        await queue.enqueue([new])
        (delivery,) = await waiting

    assert new == delivery.job


async def test_a_subscription_leaves_a_server_that_another_connection_found_useless(address: Address) -> None:
    silences: list[float] = []

    async def on_reconnect(silent_s: float) -> None:
        silences.append(silent_s)

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connect(address.url))
        news = subscribe(client, NEWS, unreadable=UnreadableMessages(), on_reconnect=on_reconnect)
        heard = await stack.enter_async_context(aclosing(cast("AsyncGenerator[bytes]", news)))
        hearing = asyncio.ensure_future(anext(heard))
        await client.set("marquee:a", "0")
        await subscribed(address.first)
        await address.fail_over()
        await client.set("marquee:a", "1")  # which the first server refuses
        await subscribed(address.second)
        await client.publish(NEWS.name, b"hello")
        async with asyncio.timeout(10):
            word = await hearing

    assert b"hello" == word
    assert 2 == len(silences)


async def test_a_connection_that_was_found_useless_is_not_counted_as_open(address: Address) -> None:
    async with connect(address.url) as client:
        await client.set("marquee:a", "1")
        await address.first.follow(address.second)
        with pytest.raises(StoreDown, match="READONLY"), redis_errors():
            await client.set("marquee:a", "2")
        used = redis_connections(client).used
        left = await connected(address.first)

    assert (0, 0) == (used, left)


async def test_the_check_says_why_a_server_is_useless_and_that_it_is_well_again(address: Address) -> None:
    now = 0.0
    async with connect(address.url) as client:
        check = RedisCheck(client, clock=lambda: now)
        await check.ask()
        await address.first.follow(address.second)
        await check.ask()  # nothing is asked again within a second
        now += 1
        with pytest.raises(StoreDown, match=r"^READONLY You can't write against a read only replica"):
            await check.ask()
        await client.ping()  # a ping is answered all the while
        await address.second.follow(None)
        address.relay.switch(address.second.port)
        now += 1
        note = await check.ask()

    assert "" == note


async def test_the_check_names_no_address_when_there_is_no_connection() -> None:
    port = free_ports(1, apart_from=())[0]
    async with connect(f"redis://{HOST}:{port}/0") as client:
        with pytest.raises(StoreDown) as refused:
            await RedisCheck(client).ask()

    assert "no connection: ConnectionError" == str(refused.value)


async def test_a_wrong_password_is_named_and_never_shown(ground: Stack) -> None:
    server = await asyncio.to_thread(valkey, ground)
    async with connect(f"redis://nobody:hidden-word@{HOST}:{server.port}/0") as client:
        with pytest.raises(StoreDown) as refused:
            await RedisCheck(client).ask()

    assert str(refused.value).startswith("WRONGPASS ")
    assert "hidden-word" not in repr(refused.value)


async def test_a_user_without_rights_is_told_so_and_no_queue_looks_empty(ground: Stack) -> None:
    server = await asyncio.to_thread(valkey, ground)
    await server.tell("ACL", "SETUSER", "poor", "on", ">word", "~marquee:*", "-@all", "+select")
    async with connect(f"redis://poor:word@{HOST}:{server.port}/1") as client:
        with pytest.raises(StoreDown, match="NOPERM"):
            await RedisCheck(client).ask()
        with pytest.raises(StoreDown, match="no permissions"):
            await RedisStreamQueue(client, consumer="test").depth()


async def test_a_cluster_that_is_taken_for_one_server_is_useless(nodes: Cluster) -> None:
    async with connect(f"redis://{HOST}:{nodes.primaries[0].port}/0") as client:
        with pytest.raises(StoreDown, match=r"^(CROSSSLOT|MOVED) "):
            await RedisCheck(client).ask()


@pytest.fixture(scope="module")
def nodes(ground: Stack) -> Cluster:
    return run_apart(cluster(ground))


async def test_a_slot_that_moves_is_followed(nodes: Cluster) -> None:
    async with connect(nodes.url) as client:
        await client.flushdb()
        await client.set("marquee:a", "before")
        owner = nodes.node(await nodes.owner(SLOT))
        target = next(each for each in nodes.primaries if each != owner)
        await move_slot(owner, target, nodes)
        read = await client.get("marquee:a")
        await client.set("marquee:a", "after")
        there = await target.tell("GET", "{marquee}:a")

    assert (b"before", b"after") == (read, there)


async def test_one_of_the_named_nodes_is_enough(nodes: Cluster) -> None:
    gone = free_ports(1, apart_from=())[0]
    url = f"redis+cluster://{HOST}:{gone},{HOST}:{nodes.primaries[-1].port}"
    async with connect(url) as client:
        assert await client.set("marquee:a", "1")


async def test_names_are_the_same_in_the_code_and_tagged_in_the_cluster(nodes: Cluster) -> None:
    async with connect(nodes.url) as client:
        await client.flushdb()
        queue = RedisStreamQueue(client, consumer="test")
        await queue.enqueue([JOB, replace_picture(JOB, 2)])
        claimed = await queue.claim(8, 1.0)
        names = {name async for name in client.scan_iter()}

    assert 2 == len(claimed)
    assert all(name.startswith(b"{marquee}:") for name in names)


@pytest.fixture(scope="module")
def sentinels(ground: Stack) -> SentinelSet:
    return run_apart(watched(ground))


async def test_sentinels_may_be_gone_as_long_as_one_answers(sentinels: SentinelSet) -> None:
    gone = free_ports(1, apart_from=())[0]
    async with connect(sentinels.url().replace("://", f"://{HOST}:{gone},")) as client:
        assert await client.set("marquee:a", "1")


async def test_a_primary_that_no_sentinel_knows_is_named(sentinels: SentinelSet) -> None:
    async with connect(sentinels.url().replace("/posters", "/nothing")) as client:
        with pytest.raises(StoreDown, match="No such master with that name"), redis_errors():
            await client.ping()


async def test_sentinels_with_a_user_of_their_own_are_asked_with_it(sentinels: SentinelSet) -> None:
    for each in sentinels.sentinels:
        await each.tell("ACL", "SETUSER", "asker", "on", ">word", "-@all", "+sentinel|master")
    url = f"{sentinels.url()}?sentinel_username=asker&sentinel_password="
    async with connect(f"{url}word") as client, connect(f"{url}wrong") as refused:
        answer = await client.ping()
        with pytest.raises(StoreDown, match="AuthenticationError"), redis_errors():
            await refused.ping()

    assert answer


def replace_picture(job: RenderJob, number: int) -> RenderJob:
    """Return a job for another title."""
    return RenderJob(settings_hash=job.settings_hash, title=ExternalId(IdType.IMDB, number), lane=job.lane)


async def connected(server: Valkey) -> int:
    """Return the number of a server's clients, without the asking one, its replicas and its primary."""
    lines = bytes(await server.tell("CLIENT", "LIST", "TYPE", "NORMAL")).splitlines()
    return len(lines) - 1


async def seen(server: Valkey, word: bytes) -> None:
    """Wait until a server lists a client of this kind."""
    async with asyncio.timeout(10):
        while word not in bytes(await server.tell("CLIENT", "LIST")):  # noqa: ASYNC110 - a server has no event
            await asyncio.sleep(0.02)


async def blocked(server: Valkey) -> None:
    await seen(server, b"cmd=xreadgroup")


async def subscribed(server: Valkey) -> None:
    await seen(server, b"cmd=subscribe")


async def move_slot(owner: Valkey, target: Valkey, nodes: Cluster) -> None:
    """Move the slot of our keys, as an operator does who rebalances a Cluster."""
    ids: list[Any] = [(await each.tell("CLUSTER", "MYID")).decode() for each in (owner, target)]
    await target.tell("CLUSTER", "SETSLOT", SLOT, "IMPORTING", ids[0])
    await owner.tell("CLUSTER", "SETSLOT", SLOT, "MIGRATING", ids[1])
    for name in await owner.tell("CLUSTER", "GETKEYSINSLOT", SLOT, 1000):
        await owner.tell("MIGRATE", HOST, target.port, name, 0, 5000)
    for each in (target, owner, *nodes.primaries):
        await each.tell("CLUSTER", "SETSLOT", SLOT, "NODE", ids[1])
