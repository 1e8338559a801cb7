"""Migrates the database: ``python -m shared.stores.migrate``. Safe to run twice and concurrently."""

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.config.process import load_database_url, load_or_exit
from shared.domain.errors import StoreDown
from shared.stores.postgres import database_errors
from shared.stores.postgres_connector import Connector

FOLDER: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 0x6D61_7271_7565_0001
_CONNECT_S: Final = 10.0
_STATEMENT_S: Final = 300.0


async def migrate(dsn: str) -> str:
    """Run all pending migrations in one transaction; return one line that says what was done.

    Raises ``StoreDown``, and ``ConfigError`` when the URL cannot be honoured.
    """
    connector = Connector(dsn, command_s=_STATEMENT_S, connect_s=_CONNECT_S)

    def connect() -> DBAPIConnection:
        # Behind a pooler a statement with a name may be there already, of another session.
        dbapi: Any = engine.dialect.loaded_dbapi
        opened: DBAPIConnection = dbapi.connect(
            async_creator_fn=connector.connect, prepared_statement_cache_size=0, prepared_statement_name_func=str
        )
        return opened

    engine = create_async_engine("postgresql+asyncpg://", creator=connect, poolclass=NullPool)
    with database_errors():
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> str:
    # Concurrent migrations wait here and then find nothing to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(config).get_current_head()
    if before == newest:
        return f"database is at {newest}: nothing to do"
    command.upgrade(config, "head")
    return f"database brought from {before or 'nothing'} to {newest}"


def main() -> None:
    """Migrate the database of ``DATABASE_URL``; print one line, exit with 1 on failure."""
    dsn = load_or_exit(load_database_url)
    try:
        done = asyncio.run(migrate(dsn))
    except StoreDown as error:
        sys.stderr.write(f"marquee cannot migrate: {error}\n")
        raise SystemExit(1) from None
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main()
