"""Valkeys that belong together: a primary with a replica, both watched by Sentinels, or a Cluster."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, free_ports
from tests.stack.part import Part
from tests.stack.parts import Stack
from tests.stack.relay import Relay

SERVICE: Final = "posters"
_SLOTS: Final = 16_384
_DOWN_MS: Final = 1000
"""After which silence Sentinels, and nodes of a Cluster, take a server for dead."""

_AT_ONCE: Final = ("--repl-diskless-sync-delay", "0")  # by itself a primary waits 5 s for further replicas
_SETTLED_S: Final = 60.0
_LOOK_S: Final = 0.05


@dataclass(frozen=True)
class Valkey:
    """One server and its port, and for a node of a Cluster the one at which the other nodes find it."""

    part: Part
    port: int
    bus: int = 0

    async def tell(self, *words: Any) -> Any:
        """Send a command on a connection of its own. Raises redis-py's errors."""
        async with Redis(host=HOST, port=self.port, socket_timeout=30, protocol=2, db=0) as client:
            return await client.execute_command(*words)  # type: ignore[no-untyped-call]

    async def info(self, section: str) -> dict[str, Any]:
        """Return a section of what it says about itself."""
        async with Redis(host=HOST, port=self.port, socket_timeout=30, protocol=2) as client:
            return dict(await client.info(section))

    async def follow(self, primary: "Valkey | None") -> None:
        """Make it a replica of another server, or a primary; connections stay open."""
        await self.tell("REPLICAOF", *(("NO", "ONE") if primary is None else (HOST, primary.port)))


def valkey(stack: Stack, *options: str, port: int | None = None) -> Valkey:
    """Start a server with these options beside the usual ones."""
    port = port or free_ports(1, apart_from=())[0]
    folder = stack.new_folder()
    program = parts.valkey(port, folder, folder / "valkey.log")
    return Valkey(stack.run(replace(program, command=(*program.command, *_AT_ONCE, *options))), port)


async def in_sync(replica: Valkey) -> None:
    """Wait until a replica has all that its primary has."""

    async def is_synced() -> bool:
        info = await replica.info("replication")
        return (info["role"], info["master_link_status"]) == ("slave", "up")

    await settled(is_synced)


async def settled(is_settled: Callable[[], Awaitable[bool]]) -> None:
    """Wait until servers have agreed on something."""
    async with asyncio.timeout(_SETTLED_S):
        while not await _holds(is_settled):  # noqa: ASYNC110 - servers have no event
            await asyncio.sleep(_LOOK_S)


async def _holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await condition()
    except (RedisError, OSError):
        return False


@dataclass(frozen=True)
class SentinelSet:
    """A primary and its replica, and three Sentinels that watch them."""

    servers: tuple[Valkey, Valkey]
    sentinels: tuple[Valkey, ...]

    def url(self, *, number: int = 0) -> str:
        """Return what a service is told."""
        hosts = ",".join(f"{HOST}:{each.port}" for each in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/{number}"

    async def primary_port(self) -> int:
        """Return where the Sentinels say that the primary is."""
        _, port = await self.sentinels[0].tell("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return int(port)


async def watched(stack: Stack) -> SentinelSet:
    """Start servers and Sentinels that know one another. Blocks the loop while they start."""
    primary = valkey(stack)
    replica = valkey(stack, "--replicaof", HOST, str(primary.port))
    await in_sync(replica)
    sentinels = tuple(_sentinel(stack, primary.port) for _ in range(3))

    async def know_one_another() -> bool:
        answers = [await each.tell("SENTINEL", "CKQUORUM", SERVICE) for each in sentinels]
        masters = [_pairs(await each.tell("SENTINEL", "MASTER", SERVICE)) for each in sentinels]
        are_seen = all((each["num-slaves"], each["num-other-sentinels"]) == ("1", "2") for each in masters)
        return are_seen and all(b"3 usable" in bytes(answer) for answer in answers)

    await settled(know_one_another)
    return SentinelSet((primary, replica), sentinels)


def _pairs(words: Any) -> dict[str, str]:
    if isinstance(words, dict):
        return {str(name): str(value) for name, value in words.items()}
    texts = [word.decode() for word in words]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _sentinel(stack: Stack, primary_port: int) -> Valkey:
    port = free_ports(1, apart_from=())[0]
    folder = stack.new_folder()
    config = folder / "sentinel.conf"
    config.write_text(
        f"bind {HOST}\nport {port}\ndir {folder}\n"
        f"sentinel monitor {SERVICE} {HOST} {primary_port} 2\n"
        f"sentinel down-after-milliseconds {SERVICE} {_DOWN_MS}\n"
        f"sentinel failover-timeout {SERVICE} 5000\n"
    )
    program = parts.valkey(port, folder, folder / "sentinel.log")
    command = (program.command[0], str(config), "--sentinel")
    return Valkey(stack.run(replace(program, name="sentinel", command=command)), port)


@dataclass(frozen=True)
class Cluster:
    """Three primaries with a third of the slots each, and a replica of the node that has Marquee's."""

    primaries: tuple[Valkey, ...]
    replicas: tuple[Valkey, ...]

    @property
    def url(self) -> str:
        """Return what a service is told."""
        return f"redis+cluster://{','.join(f'{HOST}:{each.port}' for each in self.primaries)}"

    async def owner(self, slot: int) -> int:
        """Return the port of the node that has a slot, as the first node that answers knows it."""
        for node in (*self.primaries, *self.replicas):
            try:
                rows = await node.tell("CLUSTER", "SLOTS")
            except (RedisError, OSError):
                continue
            return next(int(row[2][1]) for row in rows if row[0] <= slot <= row[1])
        raise AssertionError("no node answers")

    def node(self, port: int) -> Valkey:
        """Return the node with this port."""
        return next(each for each in (*self.primaries, *self.replicas) if each.port == port)


async def cluster(stack: Stack, *, replicate: int | None = None) -> Cluster:
    """Start a Cluster; with ``replicate``, the node that has this slot gets a replica. Blocks the loop meanwhile."""
    nodes = [_node(stack) for _ in range(3 if replicate is None else 4)]
    primaries, replicas = tuple(nodes[:3]), tuple(nodes[3:])
    bounds = [_SLOTS * nth // 3 for nth in range(4)]
    for nth, node in enumerate(primaries):
        await node.tell("CLUSTER", "ADDSLOTSRANGE", bounds[nth], bounds[nth + 1] - 1)
    for node in nodes[1:]:
        await node.tell("CLUSTER", "MEET", HOST, primaries[0].port, primaries[0].bus)
    found = Cluster(primaries, replicas)
    await settled(lambda: _is_ok(nodes))
    if replicate is not None:
        owner = found.node(await found.owner(replicate))
        await replicas[0].tell("CLUSTER", "REPLICATE", (await owner.tell("CLUSTER", "MYID")).decode())
        await in_sync(replicas[0])
    return found


async def _is_ok(nodes: Sequence[Valkey]) -> bool:
    told = [bytes(await node.tell("CLUSTER", "INFO")) for node in nodes]
    known = f"cluster_known_nodes:{len(nodes)}".encode()
    return all(b"cluster_state:ok" in each and known in each for each in told)


def _node(stack: Stack) -> Valkey:
    port, bus = free_ports(2, apart_from=())
    options = {"enabled": "yes", "node-timeout": str(_DOWN_MS), "config-file": f"nodes-{port}.conf", "port": str(bus)}
    words = [word for name, value in options.items() for word in (f"--cluster-{name}", value)]
    return replace(valkey(stack, *words, port=port), bus=bus)


@dataclass(frozen=True)
class Address:
    """Two servers behind one address, which leads to the first; the second is its replica."""

    relay: Relay
    first: Valkey
    second: Valkey
    url: str

    async def fail_over(self, *, second_takes_over: bool = True) -> None:
        """Make the first a replica of the second, as an operator does; those who are connected stay connected to it."""
        if second_takes_over:
            await self.second.follow(None)
            self.relay.switch(self.second.port)
        await self.first.follow(self.second)


@asynccontextmanager
async def open_address(stack: Stack, database: int) -> AsyncIterator[Address]:
    """Run two servers behind one address; its URL names a database of theirs."""
    first = await asyncio.to_thread(valkey, stack)
    second = await asyncio.to_thread(valkey, stack, "--replicaof", HOST, str(first.port))
    await in_sync(second)
    port = free_ports(1, apart_from=())[0]
    async with Relay(port, first.port) as relay:
        yield Address(relay, first, second, f"redis://{HOST}:{port}/{database}")
