"""Finds the server that takes our commands: always the same one, the primary that Sentinels name, or a Cluster's node.

In a Cluster all of our keys have one tag and therefore one slot, so a single node has all of them at a time, and the
Cluster is used like a primary with replicas: pipelines, transactions and scripts work as they do on one server.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from shared.concurrency.singleflight import SingleFlight
from shared.config.redis_address import Node, RedisAddress, Topology
from shared.stores.redis_write_errors import CheckedTcp, CheckedTls

_ASK_S: Final = 0.7
"""How long one Sentinel or node may take to connect, and again to answer; then the next one is asked."""

_KNOWN_S: Final = 1.0
"""How long an answer is used: many connections opened together cause one question."""

_MOST_NODES: Final = 64
SLOT: Final = key_slot(b"{marquee}")
"""The slot of all our keys in a Cluster: 5448."""


class PrimaryUnknown(ConnectionLost):
    """No Sentinel, or no node of the Cluster, knows where the primary is; the text has what each of them said."""

    def __init__(self, text: str, reasons: Sequence[Exception] = ()) -> None:
        super().__init__(text)
        self.reasons = reasons


class Primary:
    """The server that takes our commands. ``epoch`` counts how often it turned out to be useless."""

    is_in_cluster = False

    def __init__(self) -> None:
        self.epoch = 0
        self.close_idle: Callable[[], Awaitable[None]] | None = None

    async def leave(self, epoch: int) -> None:
        """Give up the server of this epoch: connections of that age are closed, those in use once they are free."""
        if epoch != self.epoch:
            return
        self.epoch += 1
        self.forget()
        if self.close_idle is not None:
            await self.close_idle()

    async def find(self) -> Node | None:
        """Return its address; ``None`` when that never changes. Raises redis-py's ``ConnectionError``."""
        return None

    def forget(self) -> None:
        """Ask again next time."""

    async def close(self) -> None:
        """Stop asking."""


class _Sought(Primary):
    """A primary whose address others know, who are asked in turn; the one that knew it last is asked first."""

    def __init__(self, address: RedisAddress, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seeds = address.nodes
        self._nodes = deque(address.nodes)
        self._asking: SingleFlight[str, Node] = SingleFlight()
        self._known: Node | None = None
        self._known_until = 0.0
        self._clock = clock

    async def find(self) -> Node:
        """Return its address, at most a second old. Raises redis-py's ``ConnectionError``."""
        if self._known is not None and self._clock() < self._known_until:
            return self._known
        return await self._asking.run("primary", self._ask)

    def forget(self) -> None:
        """Ask again next time, and another one first: this one may know less than the others."""
        self._known = None
        self._asking.forget("primary")
        self._nodes.rotate(-1)

    async def close(self) -> None:
        """Stop asking."""
        await self._asking.close()

    async def _ask(self) -> Node:
        reasons, errors = [], []
        for node in list(self._nodes):
            try:
                self._known = await self._ask_one(node)
            except (RedisError, OSError) as exc:
                errors.append(exc)
                reasons.append(f"{node.host}:{node.port} says {type(exc).__name__}: {exc}")
            else:
                self._known_until = self._clock() + _KNOWN_S
                return self._known
        raise PrimaryUnknown(f"primary unknown: {'; '.join(reasons)}", errors)

    async def _ask_one(self, node: Node) -> Node:
        raise NotImplementedError


class _SentinelPrimary(_Sought):
    """The primary that Sentinels name."""

    def __init__(self, address: RedisAddress) -> None:
        super().__init__(address)
        self._service = address.service
        self._asked = _asked(address, address.sentinel_username, address.sentinel_password)

    async def _ask_one(self, node: Node) -> Node:
        async with self._asked(node) as client:
            state: Any = await client.sentinel_master(self._service)
        if not state["is_master"] or state["is_sdown"] or state["is_odown"]:
            raise ConnectionLost("the primary is down")
        return Node(state["ip"], int(state["port"]))


class _ClusterPrimary(_Sought):
    """The node that has our slot, as the other nodes of a Cluster know it."""

    is_in_cluster = True

    def __init__(self, address: RedisAddress) -> None:
        super().__init__(address)
        self._asked = _asked(address, address.username, address.password)

    async def _ask_one(self, node: Node) -> Node:
        async with self._asked(node) as client:
            rows: Any = await client.execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
        nodes = [[Node(_text(each[0]) or node.host, int(each[1])) for each in row[2:]] for row in rows]
        owners = [each[0] for row, each in zip(rows, nodes, strict=True) if int(row[0]) <= SLOT <= int(row[1])]
        if not owners:
            raise ConnectionLost("no node has the slot of our keys")
        self._learn([each for row in nodes for each in row])
        return owners[0]

    def _learn(self, found: Sequence[Node]) -> None:
        """Remember every node, because those that the operator named may be gone one day."""
        known = dict.fromkeys([*self._nodes, *found, *self._seeds])
        self._nodes = deque([node for node in known if node in found or node in self._seeds][:_MOST_NODES])


def find_primary(address: RedisAddress) -> Primary:
    """Return how the server at this address is found."""
    if address.topology is Topology.SENTINEL:
        return _SentinelPrimary(address)
    return _ClusterPrimary(address) if address.topology is Topology.CLUSTER else Primary()


def _asked(address: RedisAddress, username: str | None, password: str | None) -> Callable[[Node], Redis]:
    """Return how Sentinels and nodes are asked: over TLS where the servers use it."""
    tls = {name: value for name, value in address.options.items() if name.startswith("ssl_")}
    arguments: dict[str, Any] = {
        "socket_connect_timeout": _ASK_S,
        "socket_timeout": _ASK_S,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "username": username,
        "password": password,
        "connection_class": CheckedTls if address.tls else CheckedTcp,
        **(tls if address.tls else {}),
    }

    def client(node: Node) -> Redis:
        return Redis.from_pool(ConnectionPool(host=node.host, port=node.port, **arguments))

    return client


def _text(raw: object) -> str:
    return raw.decode() if isinstance(raw, bytes) else ""
