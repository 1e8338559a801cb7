"""Two servers of a store behind one address: the second takes over, and open connections stay with the first."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import asyncpg
from redis.asyncio import Redis

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.postgres import Postgres
from tests.stack.parts import Stack
from tests.stack.relay import Relay

_WITHIN_S: Final = 20.0
_LOOK_S: Final = 0.02


@dataclass(frozen=True)
class Address:
    """The address that the services know, and the servers behind it: the first is the primary."""

    relay: Relay
    first: int
    second: int


async def replicate_valkey(stack: Stack, first: int) -> int:
    """Start a replica and return its port. Raises ``StartFailed``."""
    (port,) = free_ports(1, apart_from=())
    folder = stack.folder / "valkey-2"
    program = parts.valkey(port, folder, stack.folder / "valkey-2.log")
    program = replace(program, name="valkey-2", command=(*program.command, "--replicaof", HOST, str(first)))
    await asyncio.to_thread(stack.run, program)
    return port


async def demote_valkey(at: Address) -> None:
    """Swap the roles; Valkey itself makes sure that the second has everything first."""
    async with Redis(host=HOST, port=at.first) as first, Redis(host=HOST, port=at.second) as second:
        await cast("Any", first).execute_command("FAILOVER")

        async def is_primary() -> bool:
            return bool((await second.info("replication"))["role"] == "master")

        await _until(is_primary)
    at.relay.switch(at.second)


async def replicate_postgres(stack: Stack, first: int) -> int:
    """Start a standby from a copy of the primary and return its port. Raises ``StartFailed``."""
    (port,) = free_ports(1, apart_from=())
    folder = stack.folder / "postgres-2"
    folder.mkdir(mode=0o755)
    server = Postgres.choose(folder / "data", stack.folder / "postgres-2.log")
    await asyncio.to_thread(_copy, server, first)
    await server.prepare()
    program = replace(server.server(port), name="postgres-2")
    await asyncio.to_thread(stack.run, program)
    return port


def _copy(server: Postgres, first: int) -> None:
    command = (str(server.binaries / "pg_basebackup"), "-D", str(server.data), "-R", "-h", HOST, "-p", str(first))
    subprocess.run((*command, "-U", "postgres", "-c", "fast", "--no-sync"), check=True, cwd=server.data.parent)


async def demote_postgres(at: Address) -> None:
    """Make the first read-only, wait until the second has everything, and promote that."""
    first, second = [await asyncpg.connect(host=HOST, port=each, user="postgres") for each in (at.first, at.second)]
    try:
        await first.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await first.execute("SELECT pg_reload_conf()")
        sent = await first.fetchval("SELECT pg_current_wal_flush_lsn()::text")

        async def has_all() -> bool:
            return bool(await second.fetchval("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", sent))

        await _until(has_all)
        await second.execute("SELECT pg_promote()")
    finally:
        await first.close()
        await second.close()
    at.relay.switch(at.second)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_WITHIN_S):
        while not await condition():  # noqa: ASYNC110 - another program has no event for it
            await asyncio.sleep(_LOOK_S)
