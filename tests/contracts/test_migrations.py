"""Migrations of large tables hold up no writer, go on where they were interrupted, and fail in one line."""

import asyncio
import importlib
import sys
import uuid
from collections.abc import AsyncIterator
from urllib.parse import quote

import asyncpg
import pytest
from yarl import URL

from shared.domain.errors import StoreDown
from shared.stores.migrate import migrate
from shared.stores.postgres_server import TABLES, newest_revision
from tests.stack.command import command
from tests.stack.stores import direct_connection
from tests.waiting import until_true

large_tables = importlib.import_module("shared.stores.migrations.versions.0008_large_tables")
WRITE = """
    INSERT INTO images (hash, media_id, ext, etag, bytes, fingerprint, degraded, drawn_at, checked_at)
    VALUES ($1, 'movie-1', 'jpg', 'x', 1, 'f', false, now(), now())
"""
UNFINISHED = """
    SELECT name FROM unnest($1::text[]) AS name LEFT JOIN pg_index ON indexrelid = to_regclass(name)
    WHERE indisvalid IS NOT TRUE OR indisunique
"""
BUILDING = "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for%')"


@pytest.fixture
async def empty(postgres_url: str) -> AsyncIterator[str]:
    """A database of its own, with nothing in it."""
    name = f"migrated_{uuid.uuid4().hex[:12]}"
    async with direct_connection(postgres_url) as db:
        await db.execute(f'CREATE DATABASE "{name}"')
        yield str(URL(postgres_url).with_path(f"/{name}"))
        await db.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def before(empty: str) -> str:
    """A database before the step of the large tables; what the steps after it add is there already."""
    await migrate(empty)
    async with direct_connection(empty) as db:
        for name in large_tables.INDEXES:
            await db.execute(f"DROP INDEX {name}")
        await db.execute("UPDATE alembic_version SET version_num = '0007'")
    return empty


async def unfinished(dsn: str) -> list[str]:
    async with direct_connection(dsn) as db:
        return [row["name"] for row in await db.fetch(UNFINISHED, list(large_tables.INDEXES))]


async def program(dsn: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shared.stores.migrate", env={"DATABASE_URL": dsn}, stdout=-1, stderr=-1
    )


async def ended(dsn: str) -> tuple[int, str, str]:
    """Run the program; return its exit code and what it says."""
    return await command("shared.stores.migrate", env={"DATABASE_URL": dsn})


async def test_an_empty_database_gets_every_table_and_valid_indexes(empty: str) -> None:
    assert f"database migrated from nothing to {newest_revision()}" == await migrate(empty)

    async with direct_connection(empty) as db:
        tables = {
            row["tablename"] for row in await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
    assert {*TABLES, "alembic_version"} == tables
    assert [] == await unfinished(empty)


async def test_pictures_are_written_while_indexes_are_built(before: str) -> None:
    async with direct_connection(before) as early, direct_connection(before) as late:
        hold = early.transaction()
        await hold.start()
        await early.execute(WRITE, "a" * 32)
        migrating = asyncio.create_task(migrate(before))
        await until_true(lambda: late.fetchval(BUILDING))  # it waits for the transaction that writes
        await late.execute("SET lock_timeout = '30s'")
        await late.execute(WRITE, "b" * 32)
        is_still_building = await late.fetchval(BUILDING)
        await hold.commit()
        said = await migrating

    assert is_still_building
    assert f"database migrated from 0007 to {newest_revision()}" == said
    assert [] == await unfinished(before)


async def test_a_migration_that_was_killed_goes_on_where_it_ended(before: str) -> None:
    async with direct_connection(before) as db, direct_connection(before) as watcher:
        hold = db.transaction()
        await hold.start()
        await db.execute(WRITE, "a" * 32)
        process = await program(before)
        await until_true(lambda: watcher.fetchval(BUILDING))
        process.kill()
        await process.wait()
        await until_true(lambda: watcher.fetchval("SELECT NOT EXISTS (SELECT FROM pg_stat_progress_create_index)"))
        left = await unfinished(before)
        await hold.commit()

    assert len(large_tables.INDEXES) == len(left)
    assert f"database migrated from 0007 to {newest_revision()}" == await migrate(before)
    assert [] == await unfinished(before)


async def test_an_index_that_was_left_invalid_is_built_again(before: str) -> None:
    async with direct_connection(before) as db:
        await db.execute(WRITE, "a" * 32)
        await db.execute(WRITE, "b" * 32)
        with pytest.raises(asyncpg.UniqueViolationError):
            await db.execute("CREATE UNIQUE INDEX CONCURRENTLY images_media_id ON images (media_id)")
    assert "images_media_id" in await unfinished(before)

    await migrate(before)

    assert [] == await unfinished(before)


async def test_four_migrations_at_once_do_not_wait_for_one_another_for_ever(before: str) -> None:
    async with asyncio.timeout(120):
        said = await asyncio.gather(*(migrate(before) for _ in range(4)))

    assert 1 == sum("migrated from 0007" in line for line in said)
    assert [] == await unfinished(before)


async def test_rows_are_rewritten_in_batches_and_those_that_are_done_stay(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tables, "BATCH", 100)
    async with direct_connection(before) as db:
        await db.execute("INSERT INTO titles (media_id, kind, name, checked_at) VALUES ('movie-1', 'movie', '', now())")
        await db.execute(
            "INSERT INTO title_aliases SELECT 'tmdb:movie-' || n, 'movie-1' FROM generate_series(1, 250) n"
        )
        await db.execute("INSERT INTO title_aliases SELECT 'imdb:tt' || n, 'movie-1' FROM generate_series(1, 150) n")
        await db.execute("UPDATE title_aliases SET source = 'mdblist' WHERE alias = 'tmdb:movie-7'")
        await large_tables.answer_own_ids(db)
        answered = await db.fetch("SELECT alias, source FROM title_aliases WHERE forward_id = 'movie-1'")

    assert 249 == len(answered)
    assert {"tmdb"} == {row["source"] for row in answered}
    assert all(row["alias"].startswith("tmdb:") for row in answered)


async def test_a_database_of_a_newer_version_is_left_alone(empty: str) -> None:
    await migrate(empty)
    async with direct_connection(empty) as db:
        await db.execute("UPDATE alembic_version SET version_num = '9999'")

    newest = newest_revision()
    assert f"database is at 9999, which is newer than this version's {newest}: nothing to do" == await migrate(empty)


async def test_a_role_without_rights_is_told_so_in_one_line(empty: str) -> None:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    async with direct_connection(empty) as db:
        await db.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'sesame'")
        code, out, err = await ended(str(URL(empty).with_user(role).with_password("sesame")))
        await db.execute(f"DROP ROLE {role}")

    assert (1, "") == (code, out)
    assert "marquee cannot migrate: postgres: InsufficientPrivilegeError: permission denied for schema public\n" == err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url.with_path("/nothing"), 'InvalidCatalogNameError: database "nothing" does not exist'),
        (lambda url: url.with_user("nobody"), 'InvalidAuthorizationSpecificationError: role "nobody" does not exist'),
        (
            lambda url: url.update_query(options="-c nothing=1"),
            'UndefinedObjectError: unrecognized configuration parameter "nothing"',
        ),
        (lambda url: url.update_query(sslmode="require"), "rejected SSL upgrade"),
    ],
    ids=["missing database", "unknown role", "bad option", "no TLS"],
)
async def test_what_postgres_refuses_is_one_line_in_its_own_words(postgres_url: str, change: object, says: str) -> None:
    assert callable(change)
    url: URL = change(URL(postgres_url))

    code, out, err = await ended(str(url).replace("+", quote(" ")))

    assert (1, "", 1) == (code, out, err.count("\n"))
    assert err.startswith("marquee cannot migrate: postgres: ")
    assert says in err


async def test_a_parameter_that_is_not_known_is_one_line(postgres_url: str) -> None:
    code, out, err = await ended(f"{postgres_url}?nothing=1")

    assert (1, "") == (code, out)
    assert "marquee cannot start: DATABASE_URL: the parameter nothing is not supported; remove it.\n" == err


async def test_what_goes_wrong_in_a_step_is_store_down(before: str) -> None:
    async with direct_connection(before) as db:
        await db.execute("DROP TABLE images CASCADE")

    with pytest.raises(StoreDown, match='postgres: UndefinedTableError: relation "images" does not exist'):
        await migrate(before)
