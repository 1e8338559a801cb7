"""Migrates the database: ``python -m shared.stores.migrate``. Safe to run twice and concurrently.

Each step is a transaction of its own, except what would hold up writers of a large table: indexes are built
concurrently, and rows are rewritten in batches. What is done stays done when a migration is interrupted.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.config.environment import ConfigError
from shared.config.process import load_database_url, load_or_exit
from shared.domain.errors import StoreDown
from shared.stores.postgres import UNHURRIED, database_errors
from shared.stores.postgres_connector import Connector, PlainConnection

FOLDER: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 0x6D61_7271_7565_0001
_CONNECT_S: Final = 10.0
_STATEMENT_S: Final = 300.0
# A migration that is killed must end at the server too, where its statement would otherwise go on to its end, beside
# the next migration. Postgres 14 and newer can do so.
_NOTICE_LOSS: Final = (
    "SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'"
)
_LOCK_AGAIN_S: Final = 0.5
_LOCKED_S: Final = 6 * 3600.0
"""How long another migration is waited for: one that builds indexes of a hundred million rows takes hours."""


async def migrate(dsn: str) -> str:
    """Run all pending migrations, one after the other; return one line that says what was done.

    Raises ``StoreDown`` in Postgres' own words, and ``ConfigError`` when the URL cannot be honoured.
    """
    connector = Connector(dsn, command_s=_STATEMENT_S, connect_s=_CONNECT_S)

    async def open_watched(*_: object, **__: object) -> PlainConnection:
        opened = await connector.connect()
        if not connector.is_pooled:  # a pooler's session is not ours alone
            await opened.execute(_NOTICE_LOSS)
        return opened

    def connect() -> DBAPIConnection:
        # Behind a pooler a statement with a name may be there already, of another session.
        dbapi: Any = engine.dialect.loaded_dbapi
        opened: DBAPIConnection = dbapi.connect(
            async_creator_fn=open_watched, prepared_statement_cache_size=0, prepared_statement_name_func=str
        )
        return opened

    engine = create_async_engine("postgresql+asyncpg://", creator=connect, poolclass=NullPool)
    with database_errors(), _statement_errors():
        async with _alone(connector), engine.connect() as connection:
            return await connection.run_sync(_upgrade)


@asynccontextmanager
async def _alone(connector: Connector) -> AsyncIterator[None]:
    """Hold the lock of migrations, on a connection of its own. Raises asyncpg's errors and ``TimeoutError``."""
    lock = await connector.connect()
    try:
        async with asyncio.timeout(_LOCKED_S):
            while not await _locks(lock):  # noqa: ASYNC110 - another process has the lock
                await asyncio.sleep(_LOCK_AGAIN_S)
        yield
    finally:
        lock.terminate()


async def _locks(lock: Any) -> bool:
    """Try to take the lock in a transaction, which stays open if that succeeds.

    It is not waited for in one statement: ``CREATE INDEX CONCURRENTLY`` of the migration that has the lock would wait
    in turn for that statement's snapshot. And only a statement that is not prepared leaves no snapshot behind.
    """
    transaction = lock.transaction(isolation="read_committed")
    await transaction.start()
    await lock.execute(UNHURRIED)
    if await lock.execute(f"SELECT WHERE pg_try_advisory_xact_lock({_LOCK})") == "SELECT 1":
        return True
    await transaction.rollback()
    return False


@contextmanager
def _statement_errors() -> Iterator[None]:
    """Translate what SQLAlchemy makes of Postgres' errors, and Alembic's own, into ``StoreDown``."""
    try:
        yield
    except SQLAlchemyError as error:
        adapted = getattr(error, "orig", None) or error
        said = adapted.__cause__ or adapted
        raise StoreDown(f"postgres: {type(said).__name__}: {said}") from said
    except CommandError as error:
        raise StoreDown(f"postgres: {error}") from error


def _upgrade(connection: Connection) -> str:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # each step begins its own transaction
    newest = ScriptDirectory.from_config(config).get_current_head() or ""
    if before == newest:
        return f"database is at {newest}: nothing to do"
    if before is not None and before > newest:
        return f"database is at {before}, which is newer than this version's {newest}: nothing to do"
    command.upgrade(config, "head")
    return f"database migrated from {before or 'nothing'} to {newest}"


def main() -> None:
    """Migrate the database of ``DATABASE_URL``; print one line, exit with 1 on failure."""
    dsn = load_or_exit(load_database_url)
    try:
        done = asyncio.run(migrate(dsn))
    except (StoreDown, ConfigError) as error:
        sys.stderr.write(f"marquee cannot migrate: {' '.join(str(error).split())}\n")
        raise SystemExit(1) from None
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main()
