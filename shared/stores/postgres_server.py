"""What Postgres says at the start: whether the database is migrated, and whether the user may do what is needed."""

from pathlib import Path
from typing import Final

import asyncpg

from shared.domain.errors import StoreDown, StoreRefused
from shared.stores.postgres import Pool, connection
from shared.stores.postgres_check import check_postgres
from shared.stores.start_check import Finding

MIGRATE: Final = "python -m shared.stores.migrate"
TABLES: Final = (
    *("admin_users", "anime_ids", "anime_map", "api_keys", "audit_log", "global_settings", "images", "key_changes"),
    *("key_settings", "presets", "profiles", "purges", "refresh_tokens", "settings_registry", "title_aliases"),
    *("title_lists", "title_pins", "title_reports", "titles", "token_families", "usage_daily", "usage_monthly"),
)
"""What the services read and write. A user of theirs needs nothing else but to read and update alembic_version."""

_RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
_VERSIONS: Final = Path(__file__).with_name("migrations") / "versions"
_PASSES: Final = ("08", "25006", "40", "53", "55", "57", "58", "42P01")
"""How codes begin that go without a change of the configuration; the last one is a table that is still to be made.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

_MISSING: Final = """
    SELECT name, string_agg(wanted, ', ' ORDER BY place) AS rights
    FROM (
        SELECT name, $2::text[] AS rights FROM unnest($1::text[]) AS name
        UNION ALL SELECT 'alembic_version', ARRAY['SELECT', 'UPDATE']
    ) AS tables CROSS JOIN LATERAL unnest(tables.rights) WITH ORDINALITY AS needed (wanted, place)
    WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name)::oid, wanted)
    GROUP BY name ORDER BY name
"""


async def check_database(pool: Pool) -> Finding:
    """Return the server's and the schema's version once the database can be used.

    Raises ``StoreRefused`` in the server's own words when it refuses, and ``StoreDown`` while it is away, accepts no
    writes or is not migrated.
    """
    try:
        async with connection(pool) as db:
            version = await db.fetchval("SELECT current_setting('server_version')")
            missing = await db.fetch(_MISSING, TABLES, _RIGHTS)
            revision = None if missing else await db.fetchval("SELECT max(version_num) FROM alembic_version")
        if not missing:
            await check_postgres(pool)
    except StoreDown as error:
        raise _told(error) from error
    if missing:
        lacks = ", ".join(f"{row['rights']} on {row['name']}" for row in missing[:3])
        raise StoreRefused(f"postgres: permission denied: the user lacks {lacks}{' and more' * (len(missing) > 3)}")  # noqa: PLR2004 - a line's worth
    if revision is None or revision < newest_revision():
        raise StoreDown(f"postgres: the database is at {revision}, not at {newest_revision()}: run {MIGRATE}")
    return Finding(f"PostgreSQL {version}, schema {revision}")


def newest_revision() -> str:
    """Return the revision to which this version's migrations lead."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def refuses_for_good(error: BaseException) -> bool:
    """Return whether Postgres, or the driver, would say the same again until somebody changes the configuration."""
    while isinstance(error, StoreDown) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, asyncpg.PostgresError):
        return not (error.sqlstate or "").startswith(_PASSES)
    # The driver has no class of its own for a server that offers no TLS.
    is_without_tls = type(error) is ConnectionError and "SSL" in str(error)
    return is_without_tls or isinstance(error, asyncpg.exceptions.ClientConfigurationError)


def _told(error: StoreDown) -> StoreDown:
    if "alembic_version" in str(error.__cause__ or "") and not refuses_for_good(error):
        return StoreDown(f"postgres: the database is not migrated: run {MIGRATE}")
    return StoreRefused(str(error)) if refuses_for_good(error) else StoreDown(str(error))
