"""Postgres: one connection pool with every limit set, and one translation of its errors.

A connection that failed for a reason of its server, not of the statement, is closed and never lent again, and so are
all that were open then: after a failover the next statement connects to wherever the address leads by that time.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Final, NamedTuple, TypeAlias

import asyncpg

from shared.domain.errors import StoreDown
from shared.observability.metrics import Connections
from shared.stores.postgres_connector import Connector, PlainConnection
from shared.stores.postgres_errors import ends_connection, is_misled_by_pooler, loses_server

Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy

ACQUIRE_S: Final = 3.0
"""How long to wait for a connection, a new one included, unless the URL allows more time for connecting."""

MOST_CONNECTIONS: Final = 10
_IDLE_S: Final = 300.0
_REPORTED: Final = ("in_hot_standby", "default_transaction_read_only")
"""What Postgres 14 and newer reports about itself without being asked, at the end of any statement."""

# A lock that outlasts a statement needs an open transaction, which a server may be set up to end after a while.
# And the server must notice within a minute when the machine of the lock's holder disappears.
UNHURRIED: Final = """
    SELECT set_config(name, value, true) FROM pg_settings JOIN (VALUES
        ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
        ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')
    ) AS wanted (name, value) USING (name)
"""
"""What an open transaction sets for itself before it holds a lock for long."""

_FOREIGN: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


@contextmanager
def database_errors() -> Iterator[None]:
    """Translate every Postgres error into ``StoreDown``."""
    try:
        yield
    except _FOREIGN as exc:
        raise _down(exc) from exc


def _down(error: BaseException) -> StoreDown:
    return StoreDown(f"postgres: {type(error).__name__}: {str(error)[:200]}")


class Lent(NamedTuple):
    """A connection on loan: as its borrower sees it, the one behind it, and how often servers were suspected then."""

    connection: Connection
    opened: PlainConnection
    suspected: int


class Pool:
    """Connections to Postgres. :func:`connection` borrows one."""

    def __init__(self, pool: asyncpg.Pool, connector: Connector) -> None:
        self._pool = pool
        self._connector = connector
        self._acquire_s = max(ACQUIRE_S, connector.longest_s + 1)
        self._lent: set[PlainConnection] = set()
        self._suspected = 0

    def count(self) -> Connections:
        """Return how much of the pool is in use, without I/O."""
        held = self._pool.get_size()
        return Connections(used=held - self._pool.get_idle_size(), open=held, most=self._pool.get_max_size())

    async def lend(self) -> Lent:
        """Lend a connection until :meth:`take_back`. Raises asyncpg's errors, ``OSError`` and ``TimeoutError``."""
        connection, opened = await self._acquire()
        self._lent.add(opened)
        return Lent(connection, opened, self._suspected)

    async def take_back(self, lent: Lent, error: BaseException | None) -> None:
        """Take a connection back, which a statement may have failed on. Raises like :meth:`lend`."""
        if isinstance(error, Exception):
            self._judge(lent.opened, error)
        self._lent.discard(lent.opened)
        if lent.suspected != self._suspected or self._is_read_only(lent.opened):
            lent.opened.terminate()
        await self._release(lent.connection, lent.opened)

    async def _acquire(self) -> tuple[Connection, PlainConnection]:
        for _ in range(self._pool.get_max_size() + 1):
            lent: Connection = await self._pool.acquire(timeout=self._acquire_s)
            opened: PlainConnection | None = lent._con  # noqa: SLF001 - the one behind the proxy, which forgets it
            if opened is not None and not opened.is_closed():
                return lent, opened
            await self._pool.release(lent)  # closed on its way here, because its server was lost
        raise asyncpg.InterfaceError("every connection was closed before it could be used")

    async def _release(self, lent: Connection, opened: PlainConnection) -> None:
        """Take a connection back. One that dies then, as when a statement cannot be cancelled, has lost its server."""
        was_open = not opened.is_closed()
        try:
            if opened.is_at_rest:
                # asyncpg's own release does this in a task, which for a short statement would be a good part of its
                # cost. Here nothing is sent, and no cancellation can come in between; but a connection that has had
                # its share of statements is closed, and a cancellation meanwhile aborts it.
                opened.released()
                await lent._holder.release(None)  # noqa: SLF001 - the pool's place for it
            else:
                await self._pool.release(lent)
        finally:
            if was_open and opened.is_closed():
                self._suspect_all()

    def _judge(self, opened: PlainConnection, error: Exception) -> None:
        """Close a connection whose server failed. A statement that took too long is left to be cancelled first."""
        if is_misled_by_pooler(error):
            self._connector.is_pooled = True
        if loses_server(error) or opened.is_closed():
            self._suspect_all()
        if ends_connection(error):
            opened.terminate()

    def _suspect_all(self) -> None:
        """Close the idle connections now, and those in use when they come back: they lead to the same server."""
        self._suspected += 1
        for each in set(self._connector.connections) - self._lent:
            each.terminate()

    def _is_read_only(self, opened: PlainConnection) -> bool:
        """Tell whether the server has said that it takes no writes: reading works, but it may have been replaced."""
        if self._connector.is_pooled or opened.is_closed():  # a pooler repeats what it heard when it connected
            return False
        told = opened.get_settings()
        return any(getattr(told, name, "off") == "on" for name in _REPORTED)


@asynccontextmanager
async def open_pool(dsn: str, *, most_connections: int = MOST_CONNECTIONS) -> AsyncIterator[Pool]:
    """Hold a pool open. It connects on first use and again after a loss, so Postgres may be down at the start.

    Raises ``ConfigError`` when the URL cannot be honoured.
    """
    connector = Connector(dsn)
    pool = asyncpg.create_pool(
        connect=connector.connect,
        min_size=0,
        max_size=most_connections,
        max_inactive_connection_lifetime=_IDLE_S,
        connection_class=PlainConnection,
    )
    async with pool:
        yield Pool(pool, connector)


def connection(pool: Pool) -> AbstractAsyncContextManager[Connection]:
    """Borrow a connection from the pool; its errors become ``StoreDown``."""
    return _Borrowed(pool)


class _Borrowed(AbstractAsyncContextManager[Connection]):
    """A connection while inside. Generators as contexts would take as long as asyncpg for a short statement."""

    __slots__ = ("_lent", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        try:
            self._lent = await self._pool.lend()
        except _FOREIGN as exc:
            raise _down(exc) from exc
        return self._lent.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._pool.take_back(self._lent, error)
        except _FOREIGN as exc:
            raise _down(exc) from exc
        if isinstance(error, _FOREIGN):
            raise _down(error) from error


@asynccontextmanager
async def lasting_transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection for transaction-level locks that last as long as the block, however long that is.

    Between two statements an open transaction at this isolation level holds back no vacuum. A session-level lock would
    be simpler, but behind a pooler the next statement may meet another session.
    """
    async with connection(pool) as lent, lent.transaction():
        await lent.execute(UNHURRIED)
        yield lent


def postgres_connections(pool: Pool) -> Connections:
    """Return how much of the pool is in use, without I/O."""
    return pool.count()
