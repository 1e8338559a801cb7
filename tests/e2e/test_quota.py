"""A month's quota over two gateways: how exact it is, how soon it counts everywhere, and what a crash costs."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import aiohttp
import pytest

from gateway.db.usage import UsageCounts
from gateway.keys.usage import EVERY_S
from shared.stores.postgres import connection, open_pool
from tests.stack.api_keys import create_key
from tests.stack.caller import fetch, show
from tests.stack.pair import Pair, digest_of
from tests.stack.sources import Sources
from tests.stack.stores import Stores

QUOTA = 500
AT_ONCE = 4
SPENT_EVERYWHERE_S = 30.0
UNNOTICED_S = EVERY_S + 3.0  # a pause between two stores of counts, and the store itself on a busy machine
LOOK_S = 0.1
TITLE = "tt0017136"

_T = TypeVar("_T")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    with Pair(tmp_path_factory.mktemp("quota"), stores, sources, gateway_count=2) as pair:
        yield pair


async def new_key(pair: Pair, text: str, *, monthly_limit: int) -> int:
    """Make a key of our choice; returns its number."""
    async with open_pool(pair.stores.database_url) as pool:
        row = await create_key(
            pool, name="quota", key_hash=digest_of(text), key_prefix=text[:8], monthly_limit=monthly_limit
        )
        return row.id


async def stored(pair: Pair, key_id: int) -> int:
    """Return what is stored of a key's month."""
    async with open_pool(pair.stores.database_url) as pool:
        return await UsageCounts(pool).find(key_id, datetime.now(UTC).date())


async def until(look: Callable[[], Awaitable[_T]], is_enough: Callable[[_T], bool]) -> _T:
    """Look again and again; returns what was seen when it was enough, or at last."""
    seen = await look()
    for _ in range(int(SPENT_EVERYWHERE_S / LOOK_S)):
        if is_enough(seen):
            break
        await asyncio.sleep(LOOK_S)
        seen = await look()
    return seen


async def test_a_quota_holds_over_two_gateways(pair: Pair, http: aiohttp.ClientSession) -> None:
    key = "a1" * 32
    key_id = await new_key(pair, key, monthly_limit=QUOTA)
    url, seen, last_good = pair.picture(TITLE, key=key), Counter[int](), time.monotonic()
    rates: list[float] = []

    async def caller() -> None:
        nonlocal last_good
        while seen[403] < 400:
            answer = await fetch(http, url, follow=False)
            seen[answer.status] += 1
            if answer.status == 302:
                last_good = time.monotonic()
            rates.append(time.monotonic())
            await asyncio.sleep(0.005)

    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    first_refusals_took = rates[-1] - last_good
    pace = len(rates) / (rates[-1] - rates[0])
    over = seen[302] - QUOTA
    show("quota over two gateways", [("granted", "quota", "pace/s", "over"), (seen[302], QUOTA, f"{pace:.0f}", over)])
    await until(lambda: stored(pair, key_id), lambda number: number >= seen[302])

    assert {302, 403} == set(seen)
    assert 0 <= over <= pace * UNNOTICED_S
    assert first_refusals_took < SPENT_EVERYWHERE_S
    assert seen[302] == await stored(pair, key_id)


async def test_a_gateway_that_is_killed_loses_seconds_of_counting_and_no_more(
    pair: Pair, http: aiohttp.ClientSession
) -> None:
    key = "b2" * 32
    key_id = await new_key(pair, key, monthly_limit=0)
    url = pair.picture(TITLE, key=key)
    asked: list[float] = []
    end = time.monotonic() + 2 * UNNOTICED_S
    while time.monotonic() < end:
        assert 302 == (await fetch(http, url, follow=False)).status
        asked.append(time.monotonic())
        await asyncio.sleep(0.01)
    killed_at = time.monotonic()
    pair.gateways[0].kill()

    recent = sum(moment > killed_at - UNNOTICED_S for moment in asked)
    await until(lambda: stored(pair, key_id), lambda number: number >= len(asked) - recent)
    await asyncio.to_thread(pair.gateways[0].start)
    show("a killed gateway", [("asked", "of them lately", "stored"), (len(asked), recent, await stored(pair, key_id))])

    assert len(asked) - recent <= await stored(pair, key_id) <= len(asked)
    assert recent < len(asked)


async def test_a_raised_quota_counts_at_once(pair: Pair, http: aiohttp.ClientSession) -> None:
    key = "c3" * 32
    key_id = await new_key(pair, key, monthly_limit=5)
    url = pair.picture(TITLE, key=key)
    async with open_pool(pair.stores.database_url) as pool:
        async with connection(pool) as db:
            await db.execute(
                "INSERT INTO usage_monthly (key_id, month, requests) VALUES ($1, date_trunc('month', now()), 5)", key_id
            )
        await fetch(http, url, follow=False)

        async def statuses() -> set[int]:
            return {(await fetch(http, url, follow=False)).status for _ in range(8)}

        spent = await until(statuses, lambda seen: seen == {403})
        async with connection(pool) as db:
            await db.execute("UPDATE api_keys SET monthly_limit = 1000 WHERE id = $1", key_id)
            await db.execute("INSERT INTO key_changes (key_id) VALUES ($1)", key_id)
        raised = await until(statuses, lambda seen: seen == {302})

    assert ({403}, {302}) == (spent, raised)
