"""Indexes on large tables, built while the tables are written to."""

from collections.abc import Mapping
from typing import Any, Final

STATEMENT_S: Final = 6 * 3600.0
"""An index of a hundred million rows takes hours."""


async def build_indexes(db: Any, indexes: Mapping[str, str]) -> None:
    """Build every index that is missing or that was left invalid; ``indexes`` has what each is on, by its name."""
    for name, on in indexes.items():
        # Each is one message, because behind a pooler the next one may meet another session. The tag counts the rows.
        left = f"SELECT FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid"
        if await db.execute(left) != "SELECT 0":
            await db.execute(f"DROP INDEX CONCURRENTLY {name}", timeout=STATEMENT_S)
        await db.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}", timeout=STATEMENT_S)
