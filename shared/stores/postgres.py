"""Postgres: one connection pool with every limit set, and one translation of its errors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeAlias

import asyncpg

from shared.domain.errors import StoreDown
from shared.observability.metrics import Connections

Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy

CONNECT_S: Final = 2.0
ACQUIRE_S: Final = 3.0
"""How long to wait for a connection, a new one included."""

COMMAND_S: Final = 3.0
MOST_CONNECTIONS: Final = 10
_IDLE_S: Final = 300.0

_FOREIGN: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


@contextmanager
def database_errors() -> Iterator[None]:
    """Translate every Postgres error into ``StoreDown``."""
    try:
        yield
    except _FOREIGN as exc:
        raise StoreDown(f"postgres: {type(exc).__name__}: {str(exc)[:200]}") from exc


class _Plain(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no hints
    """A connection that is not reset between borrowers, which saves a round trip: no code may change its session.

    Code that does uses :func:`session`. An open transaction is still rolled back.
    """

    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def open_pool(dsn: str, *, most_connections: int = MOST_CONNECTIONS) -> AsyncIterator[Pool]:
    """Hold a pool open. It connects on first use and again after a loss, so Postgres may be down at the start."""
    pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=most_connections,
        timeout=CONNECT_S,
        command_timeout=COMMAND_S,
        max_inactive_connection_lifetime=_IDLE_S,
        server_settings={"application_name": "marquee"},
        connection_class=_Plain,
    )
    async with pool:
        yield pool


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection from the pool; its errors become ``StoreDown``."""
    with database_errors():
        async with pool.acquire(timeout=ACQUIRE_S) as lent:
            yield lent


@asynccontextmanager
async def session(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection whose session may be changed: its locks and settings end with the block."""
    async with connection(pool) as lent:
        try:
            yield lent
        finally:
            await _end_session(lent)


async def _end_session(lent: Connection) -> None:
    try:
        await lent.execute("SELECT pg_advisory_unlock_all(); RESET ALL")
    except _FOREIGN:
        lent.terminate()
    except BaseException:
        lent.terminate()  # its locks must not survive in the pool
        raise


def postgres_connections(pool: Pool) -> Connections:
    """Return how much of the pool is in use, without I/O."""
    held = pool.get_size()
    return Connections(used=held - pool.get_idle_size(), open=held, most=pool.get_max_size())


async def ping(pool: Pool) -> None:
    """Return when Postgres answers. Raises ``StoreDown``."""
    async with connection(pool) as db:
        await db.execute("SELECT 1")
