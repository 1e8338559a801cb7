"""The pair with every connection to Postgres through a pgbouncer in transaction mode that has few of its own."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import aiohttp
import pytest

from shared.stores.migrate import migrate
from shared.stores.postgres import connection, lasting_transaction, open_pool
from shared.stores.postgres_check import check_postgres
from tests.stack.caller import show
from tests.stack.pair import Pair
from tests.stack.parts import Stack
from tests.stack.pgbouncer import pgbouncer
from tests.stack.smoke import SETTINGS, smoke
from tests.stack.sources import Sources
from tests.stack.stores import Stores
from tests.waiting import run_apart

SERVERS = 3
"""Fewer than the connections of one process, so that sessions are mixed up all the time."""

CALLERS = 40


@pytest.fixture(scope="module")
def through(stack: Stack, stores: Stores) -> str:
    """The address of the stores' database through pgbouncer."""
    return pgbouncer(stack, stores.database_url, servers=SERVERS)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources, through: str) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pgbouncer")
    settings = SETTINGS | {"HOUSEKEEPING_DAYS": "7"}
    with Pair(folder, replace(stores, database_url=through), sources, settings, renderer_count=2) as pair:
        yield pair


async def test_everything_works_through_it(pair: Pair, http: aiohttp.ClientSession) -> None:
    seen = await smoke(pair, http)

    show("pgbouncer, transaction mode", seen.items())
    for part in pair.parts:
        page = pair.page(part)
        assert 'marquee_store_usable{store="postgres"} 1.0' in page
        assert "pooler_noticed" in part.said()
        for trouble in ("prepared statement", "record_lost", "purge_not_done", "crashed", "not_stored"):
            assert trouble not in part.said()


async def test_migrations_run_through_it_on_an_empty_database(stack: Stack) -> None:
    empty = await asyncio.to_thread(stack.postgres)
    address = await asyncio.to_thread(pgbouncer, stack, empty, servers=2)
    try:
        said = await asyncio.gather(*(migrate(address) for _ in range(4)))
        async with open_pool(address) as pool:
            await check_postgres(pool)
    finally:
        await asyncio.to_thread(stack.stop, "pgbouncer")
        await asyncio.to_thread(stack.stop, "postgres")

    assert 1 == sum("migrated from nothing" in line for line in said)


async def test_statements_of_many_callers_share_few_sessions(through: str) -> None:
    async with open_pool(through) as pool, open_pool(through) as other:

        async def ask(nth: int) -> object:
            async with connection(pool if nth % 2 else other) as db:
                return await db.fetchval("SELECT $1::int + count(*)::int FROM alembic_version", nth)

        for _ in range(5):
            answers = await asyncio.gather(*(ask(nth) for nth in range(CALLERS)))
            assert [nth + 1 for nth in range(CALLERS)] == answers
        async with connection(pool) as db:
            named = await db.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")

    assert 0 == named


async def test_a_lock_is_one_callers_until_its_block_ends(through: str) -> None:
    async with open_pool(through) as pool, open_pool(through) as other:
        async with lasting_transaction(pool) as db:
            first = await db.fetchval("SELECT pg_try_advisory_xact_lock(4711)")
            async with lasting_transaction(other) as rival:
                meanwhile = await rival.fetchval("SELECT pg_try_advisory_xact_lock(4711)")
        async with lasting_transaction(other) as rival:
            after = await rival.fetchval("SELECT pg_try_advisory_xact_lock(4711)")

    assert [True, False, True] == [first, meanwhile, after]


def test_an_announced_pooler_is_believed(through: str) -> None:
    async def ask() -> object:
        async with open_pool(f"{through}?pgbouncer=true") as pool, connection(pool) as db:
            return await db.fetchval("SELECT $1::int", 7)

    assert 7 == run_apart(ask())
