import asyncio
import hashlib
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from gateway.keys.api_key import ApiKey
from gateway.keys.cache import MOST_READS, ApiKeyCache
from gateway.keys.known_keys import (
    AHEAD_S,
    LIFETIME_S,
    MOST_UNKNOWN,
    OUTAGE_S,
    RETRY_S,
    KnownKeys,
)
from gateway.keys.token import FREE_KEY, Form, KeyToken
from gateway.metrics import GatewayMetrics
from shared.domain.errors import Busy, InvalidApiKey, StoreDown
from tests.clock import Clock
from tests.gateway.doubles import KEY, KEY_ID, MemoryKeys, Outside, digest
from tests.memory_growth import memory_growth

OTHER = "f" * 64
API_KEY = ApiKey(KEY_ID, 10_000)


class BlockedKeys(MemoryKeys):
    """Keys whose lookup blocks until the test opens the gate."""

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


async def test_a_key_is_read_once_and_then_cached(lookup: ApiKeyCache, outside: Outside) -> None:
    assert lookup.cached(KEY) is None
    assert API_KEY == await lookup.find(KEY)
    assert API_KEY == lookup.cached(KEY)
    assert 1 == outside.calls["keys.find"]


async def test_an_unknown_key_is_cached_as_unknown(lookup: ApiKeyCache, outside: Outside) -> None:
    for _ in range(2):
        with pytest.raises(InvalidApiKey):
            await lookup.find(OTHER)

    assert 1 == outside.calls["keys.find"]


async def test_a_refused_key_is_good_within_the_term_once_it_is_made(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock
) -> None:
    with pytest.raises(InvalidApiKey):
        await lookup.find(OTHER)
    rows.api_keys[digest(OTHER)] = ApiKey(7)

    clock.now += LIFETIME_S

    assert ApiKey(7) == await lookup.find(OTHER)


async def test_a_key_that_is_taken_away_is_refused_within_the_term(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock
) -> None:
    await lookup.find(KEY)
    del rows.api_keys[digest(KEY)]

    clock.now += LIFETIME_S

    with pytest.raises(InvalidApiKey):
        await lookup.find(KEY)


async def test_a_key_in_use_is_read_again_ahead_of_its_term_and_nobody_waits(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    await lookup.find(KEY)
    rows.api_keys[digest(KEY)] = ApiKey(KEY_ID, 20_000)
    clock.now += AHEAD_S

    first = lookup.cached(KEY)
    await lookup.refresh()

    assert (API_KEY, ApiKey(KEY_ID, 20_000)) == (first, lookup.cached(KEY))
    assert 2 == outside.calls["keys.find"]


async def test_many_keys_in_use_are_read_again_in_one_look(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    keys = [f"{n:064x}" for n in range(50)]
    rows.api_keys |= {digest(key): ApiKey(n) for n, key in enumerate(keys)}
    for key in keys:
        await lookup.find(key)
    outside.calls.clear()
    clock.now += AHEAD_S
    for key in keys * 2:
        lookup.cached(key)

    await lookup.refresh()
    clock.now += LIFETIME_S - 1

    assert [ApiKey(n) for n in range(50)] == [lookup.cached(key) for key in keys]
    assert 1 == outside.calls["keys.find"]


async def test_a_failed_look_ahead_harms_nobody(lookup: ApiKeyCache, clock: Clock, outside: Outside) -> None:
    await lookup.find(KEY)
    outside.is_down = True
    clock.now += AHEAD_S
    lookup.cached(KEY)

    await lookup.refresh()

    assert API_KEY == lookup.cached(KEY)


async def test_however_many_ask_a_key_is_read_once(outside: Outside) -> None:
    rows = BlockedKeys(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    asking = [asyncio.create_task(lookup.find(KEY)) for _ in range(50)]
    await asyncio.sleep(0)

    rows.gate.set()

    assert [API_KEY] * 50 == await asyncio.gather(*asking)
    assert 1 == outside.calls["keys.find"]


async def test_one_caller_who_leaves_does_not_end_the_look_of_the_others(outside: Outside) -> None:
    rows = BlockedKeys(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    leaving, staying = asyncio.create_task(lookup.find(KEY)), asyncio.create_task(lookup.find(KEY))
    await asyncio.sleep(0)
    leaving.cancel()

    rows.gate.set()

    assert API_KEY == await staying


async def test_beyond_the_limit_of_looks_a_caller_is_told_to_come_back(outside: Outside) -> None:
    rows = BlockedKeys(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    asking = [asyncio.create_task(lookup.find(f"{n:064x}")) for n in range(MOST_READS)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await lookup.find(KEY)

    await lookup.close()
    await asyncio.gather(*asking, return_exceptions=True)
    assert {} == lookup._reads


async def test_a_known_key_outlasts_an_outage_for_an_hour_and_no_longer(
    lookup: ApiKeyCache, clock: Clock, outside: Outside
) -> None:
    await lookup.find(KEY)
    outside.is_down = True

    clock.now += LIFETIME_S
    in_the_outage = await lookup.find(KEY)
    clock.now += OUTAGE_S - LIFETIME_S - 1
    at_its_end = await lookup.find(KEY)
    clock.now += 1

    assert [API_KEY, API_KEY] == [in_the_outage, at_its_end]
    with pytest.raises(StoreDown):
        await lookup.find(KEY)


async def test_in_an_outage_one_failed_look_speaks_for_all_known_keys(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    keys = [f"{n:064x}" for n in range(20)]
    rows.api_keys |= {digest(key): ApiKey(n) for n, key in enumerate(keys)}
    for key in keys:
        await lookup.find(key)
    outside.is_down = True
    outside.calls.clear()
    clock.now += LIFETIME_S

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
    assert API_KEY == await lookup.find(KEY)


async def test_after_an_outage_a_key_that_was_taken_away_is_refused_soon(
    lookup: ApiKeyCache, rows: MemoryKeys, clock: Clock, outside: Outside
) -> None:
    await lookup.find(KEY)
    outside.is_down = True
    clock.now += LIFETIME_S
    await lookup.find(KEY)
    outside.is_down = False
    del rows.api_keys[digest(KEY)]

    clock.now += RETRY_S
    lookup.cached(KEY)
    await lookup.refresh()

    with pytest.raises(InvalidApiKey):
        lookup.cached(KEY)


async def test_guessing_keys_pushes_no_good_key_out(lookup: ApiKeyCache) -> None:
    await lookup.find(KEY)
    for n in range(2 * MOST_UNKNOWN):
        lookup._store(KeyToken.parse(f"{n:064x}"), None, 0)

    assert API_KEY == lookup.cached(KEY)
    assert MOST_UNKNOWN == len(lookup._unknown)


async def test_the_memory_of_keys_has_a_limit(lookup: ApiKeyCache) -> None:
    lookup._known = KnownKeys(500)
    for n in range(5_000):
        lookup._store(KeyToken.parse(f"{n:064x}"), API_KEY, 0)

    assert (500, None) == (len(lookup._known), lookup.cached(f"{0:064x}"))


async def test_keys_are_kept_with_all_that_a_request_needs_of_them(lookup: ApiKeyCache, rows: MemoryKeys) -> None:
    stored = {
        f"{1:064x}": ApiKey(2**40, 2**31 - 1, is_direct=True),
        f"{2:064x}": ApiKey(2, overrides='{"poster":{"lang":"de"}}'),
        f"{3:064x}": ApiKey(3, profiles='{"kids":["poster","{}"]}', overrides="{}"),
        FREE_KEY: ApiKey(4, is_free=True),
    }
    rows.api_keys |= {KeyToken.parse(text, free_key=True).digest: key for text, key in stored.items()}
    for text in stored:
        await lookup.find(text)

    assert stored == {text: lookup.cached(text) for text in stored}


async def test_a_key_without_overrides_any_more_has_none(lookup: ApiKeyCache) -> None:
    token = KeyToken.parse(KEY)
    for overrides in ("{}", ""):
        lookup._store(token, ApiKey(KEY_ID, overrides=overrides), 0)

    assert ApiKey(KEY_ID) == lookup.cached(KEY)


async def test_a_key_that_takes_the_place_of_another_one_has_its_own_overrides(lookup: ApiKeyCache) -> None:
    lookup._known = KnownKeys(10)
    for n in range(100):
        lookup._store(KeyToken.parse(f"{n:064x}"), ApiKey(n, overrides=str(n) if n % 3 else ""), 0)

    found = [lookup.cached(f"{n:064x}") for n in range(90, 100)]

    assert [ApiKey(n, overrides=str(n) if n % 3 else "") for n in range(90, 100)] == found
    assert 6 == len(lookup._known._texts)


async def test_only_changed_keys_are_read_again(lookup: ApiKeyCache, rows: MemoryKeys) -> None:
    rows.api_keys |= {KeyToken.parse(f"{n:064x}").digest: ApiKey(n) for n in range(50)}
    await asyncio.gather(*(lookup.find(f"{n:064x}") for n in range(50)))

    lookup.invalidate([7, 9])

    assert [7, 9] == [n for n in range(50) if lookup.cached(f"{n:064x}") is None]


def test_a_hundred_thousand_known_keys_take_less_than_70_bytes_each() -> None:
    tokens = [KeyToken(Form.KEY, hashlib.sha256(n.to_bytes(8)).digest()) for n in range(100_000)]
    known = KnownKeys()

    def store_all() -> None:
        for n, token in enumerate(tokens):
            known.store(token, ApiKey(n, 10_000), 1.0)
        assert 100_000 == len(known)

    assert memory_growth(store_all) < 70 * 100_000


async def test_a_crash_while_keys_are_read_is_logged_and_the_next_read_works(outside: Outside) -> None:
    class BrokenKeys(MemoryKeys):
        is_broken = True

        async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
            if self.is_broken:
                raise KeyError("a bug")
            return await super().find(tokens)

    rows = BrokenKeys(outside)
    lookup = ApiKeyCache(rows, GatewayMetrics(CollectorRegistry()), free_key=True)
    with capture_logs() as logs, pytest.raises(StoreDown):
        await lookup.find(KEY)
    rows.is_broken = False

    assert API_KEY == await lookup.find(KEY)
    assert ["key_read_crashed"] == [line["event"] for line in logs]
