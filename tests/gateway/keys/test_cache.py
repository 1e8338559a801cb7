import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from gateway.keys.api_key import ApiKey
from gateway.keys.cache import (
    AHEAD_S,
    MOST_KNOWN,
    MOST_READINGS,
    MOST_REFUSED,
    OUTAGE_S,
    RETRY_S,
    TRUSTED_S,
    ApiKeyCache,
)
from gateway.keys.token import KeyToken
from gateway.metrics import GatewayMetrics
from shared.domain.errors import Busy, InvalidApiKey, StoreDown
from tests.gateway.doubles import KEY, KEY_ID, MemoryKeys, Outside, digest

OTHER = "f" * 64
HOLDER = ApiKey(KEY_ID, 10_000)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Held(MemoryKeys):
    """Keys that are found only when the test lets them be."""

    def __init__(self, outside: Outside) -> None:
        super().__init__(outside)
        self.gate = asyncio.Event()

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        found = await super().find(tokens)
        await self.gate.wait()
        return found


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rows(outside: Outside) -> MemoryKeys:
    return MemoryKeys(outside)


@pytest.fixture
def lookup(rows: MemoryKeys, clock: Clock) -> ApiKeyCache:
    return ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True, clock=clock)


async def test_a_key_is_read_once_and_then_remembered(lookup: ApiKeyCache, outside: Outside) -> None:
    assert lookup.remembered(KEY) is None
    assert HOLDER == await lookup.find(KEY)
    assert HOLDER == lookup.remembered(KEY)
    assert 1 == outside.calls["keys.find"]


async def test_an_unknown_key_is_remembered_as_refused(lookup: ApiKeyCache, outside: Outside) -> None:
    for _ in range(2):
        with pytest.raises(InvalidApiKey):
            await lookup.find(OTHER)

    assert 1 == outside.calls["keys.find"]


async def test_a_refused_key_is_good_within_the_term_once_it_is_made(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock
) -> None:
    with pytest.raises(InvalidApiKey):
        await lookup.find(OTHER)
    rows.holders[digest(OTHER)] = ApiKey(7)

    clock.now += TRUSTED_S

    assert ApiKey(7) == await lookup.find(OTHER)


async def test_a_key_that_is_taken_away_is_refused_within_the_term(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock
) -> None:
    await lookup.find(KEY)
    del rows.holders[digest(KEY)]

    clock.now += TRUSTED_S

    with pytest.raises(InvalidApiKey):
        await lookup.find(KEY)


async def test_a_key_in_use_is_read_again_ahead_of_its_term_and_nobody_waits(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    await lookup.find(KEY)
    rows.holders[digest(KEY)] = ApiKey(KEY_ID, 20_000)
    clock.now += AHEAD_S

    first = lookup.remembered(KEY)
    await lookup.refresh()

    assert (HOLDER, ApiKey(KEY_ID, 20_000)) == (first, lookup.remembered(KEY))
    assert 2 == outside.calls["keys.find"]


async def test_many_keys_in_use_are_read_again_in_one_look(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    keys = [f"{n:064x}" for n in range(50)]
    rows.holders |= {digest(key): ApiKey(n) for n, key in enumerate(keys)}
    for key in keys:
        await lookup.find(key)
    outside.calls.clear()
    clock.now += AHEAD_S
    for key in keys * 2:
        lookup.remembered(key)

    await lookup.refresh()
    clock.now += TRUSTED_S - 1

    assert [ApiKey(n) for n in range(50)] == [lookup.remembered(key) for key in keys]
    assert 1 == outside.calls["keys.find"]


async def test_a_failed_look_ahead_harms_nobody(lookup: ApiKeyCache, clock: Clock, outside: Outside) -> None:
    await lookup.find(KEY)
    outside.is_down = True
    clock.now += AHEAD_S
    lookup.remembered(KEY)

    await lookup.refresh()

    assert HOLDER == lookup.remembered(KEY)


async def test_however_many_ask_a_key_is_read_once(outside: Outside) -> None:
    rows = Held(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    asking = [asyncio.create_task(lookup.find(KEY)) for _ in range(50)]
    await asyncio.sleep(0)

    rows.gate.set()

    assert [HOLDER] * 50 == await asyncio.gather(*asking)
    assert 1 == outside.calls["keys.find"]


async def test_one_caller_who_leaves_does_not_end_the_look_of_the_others(outside: Outside) -> None:
    rows = Held(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    leaving, staying = asyncio.create_task(lookup.find(KEY)), asyncio.create_task(lookup.find(KEY))
    await asyncio.sleep(0)
    leaving.cancel()

    rows.gate.set()

    assert HOLDER == await staying


async def test_beyond_the_limit_of_looks_a_caller_is_told_to_come_back(outside: Outside) -> None:
    rows = Held(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    asking = [asyncio.create_task(lookup.find(f"{n:064x}")) for n in range(MOST_READINGS)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await lookup.find(KEY)

    await lookup.close()
    await asyncio.gather(*asking, return_exceptions=True)
    assert {} == lookup._readings


async def test_a_known_key_outlasts_an_outage_for_an_hour_and_no_longer(
    lookup: ApiKeyCache, clock: Clock, outside: Outside
) -> None:
    await lookup.find(KEY)
    outside.is_down = True

    clock.now += TRUSTED_S
    in_the_outage = await lookup.find(KEY)
    clock.now += OUTAGE_S - TRUSTED_S - 1
    at_its_end = await lookup.find(KEY)
    clock.now += 1

    assert [HOLDER, HOLDER] == [in_the_outage, at_its_end]
    with pytest.raises(StoreDown):
        await lookup.find(KEY)


async def test_in_an_outage_one_failed_look_speaks_for_all_known_keys(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    keys = [f"{n:064x}" for n in range(20)]
    rows.holders |= {digest(key): ApiKey(n) for n, key in enumerate(keys)}
    for key in keys:
        await lookup.find(key)
    outside.is_down = True
    outside.calls.clear()
    clock.now += TRUSTED_S

    for key in keys:
        await lookup.find(key)

    assert 1 == outside.calls["keys.find"]


async def test_an_unknown_key_in_an_outage_is_not_refused_but_told_to_come_back(
    lookup: ApiKeyCache, outside: Outside
) -> None:
    outside.is_down = True

    with pytest.raises(StoreDown):
        await lookup.find(KEY)

    outside.is_down = False
    assert HOLDER == await lookup.find(KEY)


async def test_after_an_outage_a_key_that_was_taken_away_is_refused_soon(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    await lookup.find(KEY)
    outside.is_down = True
    clock.now += TRUSTED_S
    await lookup.find(KEY)
    outside.is_down = False
    del rows.holders[digest(KEY)]

    clock.now += RETRY_S
    lookup.remembered(KEY)
    await lookup.refresh()

    with pytest.raises(InvalidApiKey):
        lookup.remembered(KEY)


async def test_guessing_keys_pushes_no_good_key_out(lookup: ApiKeyCache) -> None:
    await lookup.find(KEY)
    for n in range(MOST_REFUSED + 10):
        lookup._remember(KeyToken.parse(f"{n:064x}"), None, 0)

    assert HOLDER == lookup.remembered(KEY)
    assert MOST_REFUSED == len(lookup._refused)


async def test_the_memory_of_keys_has_a_limit(lookup: ApiKeyCache) -> None:
    for n in range(MOST_KNOWN + 1):
        lookup._remember(KeyToken.parse(f"{n:064x}"), HOLDER, 0)

    assert (MOST_KNOWN, None) == (len(lookup._known), lookup.remembered(f"{0:064x}"))
