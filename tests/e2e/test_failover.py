"""Postgres fails over behind one address while the pair works: it takes no writes, then another server answers.

Longer than most, because it is one story: the connections to the former primary stay open all the time.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from deploy.dev.local.ports import HOST, free_ports
from tests.stack.caller import fetch, show
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.parts import Stack
from tests.stack.relay import Relay
from tests.stack.smoke import eventually_is
from tests.stack.sources import Copy, Sources
from tests.stack.stores import Stores, direct_connection

WORKS_AGAIN_S = 30.0
NOTICED_S = 30.0
ALL_THERE_S = 60.0
LOOK_S = 0.1
WITHOUT_S = 2.0


@dataclass
class Servers:
    """A primary, its standby, and the relay that leads to one of them."""

    primary: str
    standby: str
    relay: Relay
    stores: Stores
    """The stores, with the database behind the relay."""

    async def stop_writes(self) -> None:
        """Make the primary read-only, as a provider does before it moves it."""
        async with direct_connection(self.primary) as db:
            await db.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            await db.execute("SELECT pg_reload_conf()")

    async def fail_over(self) -> None:
        """Promote the standby when it has everything, and lead new connections to it; the others stay open."""
        async with direct_connection(self.primary) as old, direct_connection(self.standby) as new:
            written = await old.fetchval("SELECT pg_current_wal_lsn()::text")
            followed = partial(new.fetchval, "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", written)
            await eventually_is(followed, bool, seconds=WORKS_AGAIN_S)
            await new.fetchval("SELECT pg_promote(true, 60)")
        self.relay.switch(URL(self.standby).port or 0)


@pytest.fixture
async def servers(stack: Stack, programs_valkey_url: str, s3_url: str) -> AsyncIterator[Servers]:
    started = await asyncio.to_thread(stack.postgres)
    stores = await asyncio.to_thread(Stores.fresh, started, programs_valkey_url, s3_url)
    following = await asyncio.to_thread(stack.standby, started)
    (port,) = free_ports(1, apart_from=())
    address = URL(stores.database_url)
    async with Relay(port, address.port or 0) as relay:
        yield Servers(
            primary=str(address),
            standby=str(address.with_port(URL(following).port)),
            relay=relay,
            stores=replace(stores, database_url=str(address.with_port(port))),
        )
    for _ in range(2):
        await asyncio.to_thread(stack.stop, "postgres")


async def readiness(http: aiohttp.ClientSession, part: Part) -> tuple[bool, str]:
    """Return what a process says about Postgres."""
    address = part.program.env["METRICS_ADDR"].rpartition(":")[2]
    answer = await fetch(http, f"http://{HOST}:{address}/readyz")
    check = answer.json["checks"]["postgres"]
    return check["ok"], check["detail"]


async def took(look: Callable[[], Awaitable[Any]], wanted: object, *, seconds: float) -> float:
    """Wait until that is seen; return how long it took."""
    began = time.monotonic()
    await eventually_is(look, lambda seen: seen == wanted, seconds=seconds)
    return time.monotonic() - began


async def all_say(http: aiohttp.ClientSession, pair: Pair, wanted: tuple[bool, str], *, seconds: float) -> float:
    """Wait until every process says this about Postgres; return how long it took."""

    async def look() -> set[tuple[bool, str]]:
        return {await readiness(http, part) for part in pair.parts}

    return await took(look, {wanted}, seconds=seconds)


@dataclass
class Load:
    """Callers who go on asking for new titles with one key, all the time."""

    pair: Pair
    http: aiohttp.ClientSession
    key: str
    titles: list[Copy]
    granted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Ask until it is enough. A known key and known settings are redirected whatever Postgres does."""
        while not self.enough.is_set():
            title = self.pair.sources.film()
            answer = await fetch(self.http, self.pair.picture(title.imdb, key=self.key), follow=False)
            assert 302 == answer.status, answer
            self.titles.append(title)
            self.granted += 1
            await asyncio.sleep(LOOK_S)


async def missing(dsn: str, titles: list[Copy]) -> set[str]:
    """Return the titles of which no picture is indexed."""
    async with direct_connection(dsn) as db:
        rows = await db.fetch("SELECT media_id FROM images WHERE media_id = ANY($1::text[])", [t.tmdb for t in titles])
    return {title.tmdb for title in titles} - {row["media_id"] for row in rows}


async def counted(dsn: str, key: str) -> int:
    """Return what is stored of the requests of a key."""
    query = """
        SELECT coalesce(sum(requests), 0) FROM usage_daily JOIN api_keys ON api_keys.id = key_id WHERE key_prefix = $1
    """
    async with direct_connection(dsn) as db:
        return int(await db.fetchval(query, key[:8]))


async def until_new_settings_are_taken(http: aiohttp.ClientSession, pair: Pair, title: Copy) -> float:
    """Ask for a look nobody asked for, which the gateway has to store first; return how long that took."""

    async def look() -> int:
        return (await fetch(http, pair.picture(title.imdb, "?badge_size=xl"), follow=False)).status

    return await took(look, 302, seconds=WORKS_AGAIN_S)


async def until_indexed(dsn: str, titles: list[Copy], *, seconds: float) -> float:
    return await took(partial(missing, dsn, titles), set(), seconds=seconds)


async def test_after_a_failover_behind_one_address_both_services_work_again_and_nothing_is_lost(
    tmp_path: Path, servers: Servers, sources: Sources, http: aiohttp.ClientSession
) -> None:
    async with AsyncExitStack() as undo:
        pair = await undo.enter_async_context(Pair(tmp_path, servers.stores, sources, renderer_count=2))
        key, _ = await pair.new_key()
        warm = sources.film()
        assert 302 == (await fetch(http, pair.picture(warm.imdb, key=key), follow=False)).status
        await until_indexed(servers.primary, [warm], seconds=ALL_THERE_S)
        processes = [part.pid for part in pair.parts]
        load = Load(pair, http, key, [warm], granted=1)
        asking = asyncio.create_task(load.run())

        await asyncio.sleep(1)
        await servers.stop_writes()
        noticed_s = await all_say(http, pair, (False, "the server is read-only"), seconds=NOTICED_S)
        pages = [await asyncio.to_thread(pair.page, part) for part in pair.parts]
        refused = await fetch(http, pair.picture(warm.imdb, "?badge_size=xl"), follow=False)
        await asyncio.sleep(WITHOUT_S)
        await servers.fail_over()
        new = sources.film()
        gateway_s, ready_s = await asyncio.gather(
            until_new_settings_are_taken(http, pair, warm), all_say(http, pair, (True, ""), seconds=WORKS_AGAIN_S)
        )
        await fetch(http, pair.picture(new.imdb, key=key), follow=False)
        load.granted += 1
        renderer_s = await until_indexed(servers.standby, [new], seconds=WORKS_AGAIN_S)
        load.enough.set()
        await asking
        late_s = await until_indexed(servers.standby, load.titles, seconds=ALL_THERE_S)
        total = await eventually_is(
            partial(counted, servers.standby, key), lambda number: number >= load.granted, seconds=ALL_THERE_S
        )
        lost = [pair.number("renderer_records_lost_total"), pair.number("renderer_jobs_total", outcome="dead")]
        same = [part.pid for part in pair.parts] == processes and all(part.is_running for part in pair.parts)

    show(
        "Postgres fails over behind one address",
        [
            ("read-only, noticed by every /readyz", f"{noticed_s:.1f} s"),
            ("a look nobody asked for yet, meanwhile", refused.status),
            ("new settings are stored again", f"{gateway_s:.1f} s"),
            ("every /readyz is well again", f"{ready_s:.1f} s"),
            ("a new title is drawn and indexed", f"{renderer_s:.1f} s"),
            ("titles asked for, and all indexed after", f"{len(load.titles)}, {late_s:.1f} s"),
            ("requests granted, and counted", f"{load.granted}, {total}"),
        ],
    )
    assert all('marquee_store_usable{store="postgres"} 0.0' in page for page in pages)
    assert 503 == refused.status
    assert max(gateway_s, ready_s, renderer_s) < WORKS_AGAIN_S
    assert (load.granted, [0, 0], True) == (total, lost, same)
