"""The health check of Postgres: a write, which is what a server that was replaced or has no space left refuses."""

from typing import Final

from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool, connection
from shared.stores.postgres_errors import plain_reason

# One row that is always there once the database is migrated. It is not waited for: another check or a migration may
# hold it. The three statements are one message, so they cost one round trip, and nothing of them is kept.
_WRITE: Final = """
    BEGIN;
    UPDATE alembic_version SET version_num = version_num
        WHERE ctid IN (SELECT ctid FROM alembic_version FOR UPDATE SKIP LOCKED);
    ROLLBACK
"""


async def check_postgres(pool: Pool) -> None:
    """Return when Postgres accepts a write. Raises ``StoreDown`` with the reason in plain words."""
    try:
        async with connection(pool) as db:
            try:
                await db.execute(_WRITE)
            except BaseException:
                db.terminate()  # it may be left in a failed transaction
                raise
    except StoreDown as error:
        raise StoreDown(plain_reason(error)) from error
