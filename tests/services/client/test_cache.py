"""Are facts remembered, accidents not, and equal questions asked once?"""

import asyncio
import os
import zlib
from collections.abc import Awaitable, Callable

import pytest

from services.client import cache as module
from services.client.cache import DAY_S, SharedCache, TieredResponseCache
from services.client.circuit_breaker import KeysExhausted
from services.client.priority import background_priority, is_background
from services.client.remote_cache import CachedEntry, FetchLease, MemoryRemoteCache, RemoteCache
from shared.domain.errors import SourceDown, StoreDown


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Fetcher:
    """Counts how often it is asked; with a gate, every question waits for it."""

    def __init__(self, response: str | None = "fact", *, gate: asyncio.Event | None = None) -> None:
        self.times = 0
        self.given_up = False
        self.response = response
        self.gate = gate
        self.error: Exception | None = None

    async def __call__(self) -> str | None:
        self.times += 1
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise
        if self.error:
            raise self.error
        return self.response


def cache(clock: Callable[[], float] | None = None, most: int = 3) -> TieredResponseCache[str, str | None]:
    return TieredResponseCache(most, lambda fact: 100.0 if fact else 10.0, clock=clock or Clock())


async def settle() -> None:
    """Let every task that can run go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("fact", "ttl_s"), [("fact", 100.0), (None, 10.0)])
async def test_each_fact_has_its_own_lifetime(fact: str | None, ttl_s: float) -> None:
    clock, fetch = Clock(), Fetcher(fact)
    facts = cache(clock)
    await facts.get("k", fetch)

    clock.now += ttl_s - 1
    await facts.get("k", fetch)
    before = fetch.times
    clock.now += 1
    await facts.get("k", fetch)

    assert (1, 2) == (before, fetch.times)


async def test_a_caller_may_say_the_lifetime() -> None:
    facts, fetch = cache(), Fetcher()

    await facts.get("k", fetch, ttl_s=lambda _: 0.0)
    await facts.get("k", fetch)

    assert 2 == fetch.times


async def test_an_accident_is_raised_to_all_and_not_kept() -> None:
    gate = asyncio.Event()
    facts, fetch = cache(), Fetcher(gate=gate)
    fetch.error = SourceDown("x", "status 500")
    waiting = [asyncio.create_task(facts.get("k", fetch)) for _ in range(3)]
    await settle()
    gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    fetch.error = None

    response = await facts.get("k", fetch)

    assert [fetch.times, response] == [2, "fact"]
    assert all(isinstance(result, SourceDown) for result in results)


async def test_equal_questions_at_once_are_one_and_others_are_not_held_up() -> None:
    gate = asyncio.Event()
    facts, slow, quick = cache(), Fetcher(gate=gate), Fetcher("other")
    waiting = [asyncio.create_task(facts.get("k", slow)) for _ in range(3)]
    await settle()

    other = await facts.get("other", quick)
    gate.set()
    responses = await asyncio.gather(*waiting)

    assert ("other", ["fact"] * 3, 1) == (other, responses, slow.times)


@pytest.mark.parametrize("leaver", [0, 1])
async def test_one_who_gives_up_does_not_disturb_the_others(leaver: int) -> None:
    gate = asyncio.Event()
    facts, fetch = cache(), Fetcher(gate=gate)
    waiting: list[asyncio.Task[str | None]] = [asyncio.create_task(facts.get("k", fetch)) for _ in range(2)]
    await settle()

    waiting[leaver].cancel()
    await settle()
    gate.set()

    assert "fact" == await waiting[1 - leaver]
    assert waiting[leaver].cancelled()
    assert 1 == fetch.times


async def test_a_budget_that_is_kept_for_those_who_wait_is_theirs_whoever_asked_first() -> None:
    facts, gate, urgencies = cache(), asyncio.Event(), list[bool]()

    async def fetch() -> str | None:
        urgencies.append(not is_background())
        await gate.wait()
        if is_background():
            raise KeysExhausted("x", "the rest is kept")
        return "fact"

    with background_priority():
        refreshes = [asyncio.create_task(facts.get("k", fetch)) for _ in range(2)]
    await settle()
    waiting = [asyncio.create_task(facts.get("k", fetch)) for _ in range(3)]
    await settle()
    gate.set()

    refused = await asyncio.gather(*refreshes, return_exceptions=True)

    assert ["fact"] * 3 == await asyncio.gather(*waiting)
    assert [KeysExhausted] * 2 == [type(error) for error in refused]
    assert [False, True] == urgencies


async def test_when_all_have_given_up_so_does_the_question() -> None:
    gate = asyncio.Event()
    facts, fetch, fresh = cache(), Fetcher(gate=gate), Fetcher("fresh")
    waiting = asyncio.create_task(facts.get("k", fetch))
    await settle()
    waiting.cancel()
    await settle()

    response = await facts.get("k", fresh)

    assert (True, "fresh") == (fetch.given_up, response)


async def test_the_least_recently_used_leaves_first() -> None:
    facts, fetch = cache(most=2), Fetcher()
    for key in ("a", "b", "a", "c"):
        await facts.get(key, fetch)
    before = fetch.times

    await facts.get("a", fetch)
    await facts.get("b", fetch)

    assert (3, 4) == (before, fetch.times)


def sized(most: int) -> TieredResponseCache[str, bytes]:
    return TieredResponseCache(most, lambda _: 100.0, sizeof=len, clock=Clock())


def giving(size: int, received: list[int]) -> Callable[[], Awaitable[bytes]]:
    async def fetch() -> bytes:
        received.append(size)
        return bytes(size)

    return fetch


@pytest.mark.parametrize(("size", "times"), [(10, 1), (11, 2)])
async def test_a_fact_larger_than_all_is_handed_over_and_not_kept(size: int, times: int) -> None:
    facts, received = sized(10), list[int]()

    first = await facts.get("k", giving(size, received))
    await facts.get("k", giving(size, received))

    assert (size, times) == (len(first), len(received))


async def test_bytes_are_bounded_together() -> None:
    facts, received = sized(10), list[int]()

    for key in ("a", "b", "a"):
        await facts.get(key, giving(6, received))

    assert 3 == len(received)


def replica(
    remote: RemoteCache,
    clock: Clock,
    *,
    ttl_s: float = 100.0,
    max_ttl_s: float = DAY_S,
    wait_s: float = 5.0,
) -> TieredResponseCache[str, str | None]:
    shared: SharedCache[str, str | None] = SharedCache(remote, "tests", str | None, max_ttl_s=max_ttl_s, wait_s=wait_s)
    return TieredResponseCache(10, lambda _: ttl_s, shared=shared, clock=clock)


@pytest.mark.parametrize("max_ttl_s", [10.0, DAY_S])
async def test_a_lifetime_is_exact_in_every_layer(max_ttl_s: float) -> None:
    clock, fetch = Clock(), Fetcher()
    remote = MemoryRemoteCache(clock=clock)
    await replica(remote, clock, max_ttl_s=max_ttl_s).get("k", fetch)
    clock.now += 9
    other = replica(remote, clock, ttl_s=1000.0)
    await other.get("k", fetch)

    clock.now += 90
    await other.get("k", fetch)
    before = fetch.times
    clock.now += 1
    await other.get("k", fetch)

    assert (1, 2) == (before, fetch.times)


async def test_a_fact_leaves_the_shared_memory_after_the_longest_time_there() -> None:
    clock, fetch = Clock(), Fetcher()
    remote = MemoryRemoteCache(clock=clock)
    one = replica(remote, clock, max_ttl_s=10.0)
    await one.get("k", fetch)

    clock.now += 10
    await one.get("k", fetch)
    before = fetch.times
    await replica(remote, clock).get("k", fetch)

    assert (1, 2) == (before, fetch.times)


@pytest.mark.parametrize(("beyond", "times"), [(0, 1), (1, 2)])
async def test_a_fact_above_the_limit_is_not_shared(monkeypatch: pytest.MonkeyPatch, beyond: int, times: int) -> None:
    text = os.urandom(500).hex()
    packed = SharedCache[str, str](MemoryRemoteCache(), "tests", str)._pack(module._Entry(text, 1.0))
    assert packed
    monkeypatch.setattr(module, "MAX_SHARED_BYTES", len(packed.body) - beyond)
    clock, fetch, remote = Clock(), Fetcher(text), MemoryRemoteCache()

    responses = [await replica(remote, clock, ttl_s=1.0).get("k", fetch) for _ in range(2)]

    assert ([text, text], times) == (responses, fetch.times)


@pytest.mark.parametrize(
    "body", [b"", b"no zlib", zlib.compress(b"\xc1"), zlib.compress(b"\x01"), zlib.compress(bytes(2_000_000))]
)
async def test_what_cannot_be_read_is_absent_and_replaced(body: bytes) -> None:
    clock, fetch, remote = Clock(), Fetcher(), MemoryRemoteCache()
    await replica(remote, clock).get("k", fetch)
    (name,) = remote._entries
    await remote.release(name, "another version", CachedEntry(body, 60.0))

    responses = [await replica(remote, clock).get("k", fetch) for _ in range(2)]

    assert (["fact", "fact"], 2) == (responses, fetch.times)


async def test_nobody_waits_for_another_replica_beyond_the_limit() -> None:
    clock, gone, fetch = Clock(), Fetcher(gate=asyncio.Event()), Fetcher("mine")
    remote = MemoryRemoteCache()
    holder = asyncio.create_task(replica(remote, clock).get("k", gone))
    await settle()

    async with asyncio.timeout(5):
        response = await replica(remote, clock, wait_s=0.05).get("k", fetch)

    holder.cancel()
    assert "mine" == response


class Lost:
    """A store that is down, and was looked at so often."""

    def __init__(self) -> None:
        self.looks = 0

    async def fetch(self, name: str, holder: str) -> CachedEntry | FetchLease:
        self.looks += 1
        raise StoreDown(f"no {name} for {holder}")

    async def release(self, name: str, holder: str, kept: CachedEntry | None) -> None:
        raise StoreDown(f"no {name} for {holder}: {kept}")

    async def invalidate(self, name: str) -> None:
        raise StoreDown(f"no {name}")


async def test_a_store_that_is_down_is_as_if_there_were_none() -> None:
    lost, fetch = Lost(), Fetcher()
    facts = replica(lost, Clock())

    responses = [await facts.get("k", fetch), await facts.get("k", fetch)]
    facts.invalidate("k")
    responses.append(await facts.get("k", fetch))

    assert (["fact"] * 3, 2, 2) == (responses, fetch.times, lost.looks)
