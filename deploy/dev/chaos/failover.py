"""Two servers of a store behind one address: the second takes over, and open connections stay with the first."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
from redis.asyncio import Redis
from yarl import URL

from deploy.dev.local.ports import HOST
from tests.stack.parts import Stack
from tests.stack.relay import Relay
from tests.stack.valkeys import in_sync, settled, valkey


@dataclass(frozen=True)
class Address:
    """The address that the services know, and the servers behind it: the first is the primary."""

    relay: Relay
    first: int
    second: int


async def replicate_valkey(stack: Stack, first: int) -> int:
    """Start a replica and return its port. Raises ``StartFailed``."""
    replica = await asyncio.to_thread(valkey, stack, "--replicaof", HOST, str(first))
    await in_sync(replica)
    return replica.port


async def demote_valkey(at: Address) -> None:
    """Swap the roles; Valkey itself makes sure that the second has everything first."""
    async with Redis(host=HOST, port=at.first) as first, Redis(host=HOST, port=at.second) as second:
        await cast("Any", first).execute_command("FAILOVER")

        async def is_primary() -> bool:
            return bool((await second.info("replication"))["role"] == "master")

        await settled(is_primary)
    at.relay.switch(at.second)


async def replicate_postgres(stack: Stack, first: int) -> int:
    """Start a standby from a copy of the primary and return its port. Raises ``StartFailed``."""
    return URL(await asyncio.to_thread(stack.standby, f"postgresql://postgres@{HOST}:{first}")).port or 0


async def demote_postgres(at: Address) -> None:
    """Make the first read-only, wait until the second has everything, and promote that."""
    first, second = [await asyncpg.connect(host=HOST, port=each, user="postgres") for each in (at.first, at.second)]
    try:
        await first.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await first.execute("SELECT pg_reload_conf()")
        sent = await first.fetchval("SELECT pg_current_wal_flush_lsn()::text")

        async def has_all() -> bool:
            return bool(await second.fetchval("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", sent))

        await settled(has_all)
        await second.execute("SELECT pg_promote()")
    finally:
        await first.close()
        await second.close()
    at.relay.switch(at.second)
