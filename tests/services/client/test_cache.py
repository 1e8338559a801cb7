"""Permanent answers are cached, transient errors are not, and concurrent requests are merged."""

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
from tests.clock import Clock


class Fetcher:
    """Counts its calls; with a gate, every call waits for it."""

    def __init__(self, response: str | None = "value", *, gate: asyncio.Event | None = None) -> None:
        self.calls = 0
        self.was_cancelled = False
        self.response = response
        self.gate = gate
        self.error: Exception | None = None

    async def __call__(self) -> str | None:
        self.calls += 1
        try:
            if self.gate:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.error:
            raise self.error
        return self.response


def cache(clock: Callable[[], float] | None = None, most: int = 3) -> TieredResponseCache[str, str | None]:
    return TieredResponseCache(most, lambda value: 100.0 if value else 10.0, clock=clock or Clock())


async def settle() -> None:
    """Let every ready task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("value", "ttl_s"), [("value", 100.0), (None, 10.0)])
async def test_each_value_has_its_own_ttl(value: str | None, ttl_s: float) -> None:
    clock, fetch = Clock(), Fetcher(value)
    tested = cache(clock)
    await tested.get("k", fetch)

    clock.now += ttl_s - 1
    await tested.get("k", fetch)
    before = fetch.calls
    clock.now += 1
    await tested.get("k", fetch)

    assert (1, 2) == (before, fetch.calls)


async def test_a_caller_can_set_the_ttl() -> None:
    tested, fetch = cache(), Fetcher()

    await tested.get("k", fetch, ttl_s=lambda _: 0.0)
    await tested.get("k", fetch)

    assert 2 == fetch.calls


async def test_a_transient_error_is_raised_to_all_callers_and_not_cached() -> None:
    gate = asyncio.Event()
    tested, fetch = cache(), Fetcher(gate=gate)
    fetch.error = SourceDown("x", "status 500")
    waiting = [asyncio.create_task(tested.get("k", fetch)) for _ in range(3)]
    await settle()
    gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    fetch.error = None

    response = await tested.get("k", fetch)

    assert [fetch.calls, response] == [2, "value"]
    assert all(isinstance(result, SourceDown) for result in results)


async def test_concurrent_requests_for_one_key_are_one_fetch_and_do_not_block_others() -> None:
    gate = asyncio.Event()
    tested, slow, quick = cache(), Fetcher(gate=gate), Fetcher("other")
    waiting = [asyncio.create_task(tested.get("k", slow)) for _ in range(3)]
    await settle()

    other = await tested.get("other", quick)
    gate.set()
    responses = await asyncio.gather(*waiting)

    assert ("other", ["value"] * 3, 1) == (other, responses, slow.calls)


@pytest.mark.parametrize("cancelled_caller", [0, 1])
async def test_cancelling_one_caller_does_not_affect_the_others(cancelled_caller: int) -> None:
    gate = asyncio.Event()
    tested, fetch = cache(), Fetcher(gate=gate)
    waiting: list[asyncio.Task[str | None]] = [asyncio.create_task(tested.get("k", fetch)) for _ in range(2)]
    await settle()

    waiting[cancelled_caller].cancel()
    await settle()
    gate.set()

    assert "value" == await waiting[1 - cancelled_caller]
    assert waiting[cancelled_caller].cancelled()
    assert 1 == fetch.calls


async def test_an_urgent_caller_gets_the_reserved_budget_even_after_joining_a_background_fetch() -> None:
    tested, gate, is_urgent = cache(), asyncio.Event(), list[bool]()

    async def fetch() -> str | None:
        is_urgent.append(not is_background())
        await gate.wait()
        if is_background():
            raise KeysExhausted("x", "the remainder is reserved")
        return "value"

    with background_priority():
        refreshes = [asyncio.create_task(tested.get("k", fetch)) for _ in range(2)]
    await settle()
    waiting = [asyncio.create_task(tested.get("k", fetch)) for _ in range(3)]
    await settle()
    gate.set()

    refused = await asyncio.gather(*refreshes, return_exceptions=True)

    assert ["value"] * 3 == await asyncio.gather(*waiting)
    assert [KeysExhausted] * 2 == [type(error) for error in refused]
    assert [False, True] == is_urgent


async def test_a_fetch_without_callers_is_cancelled() -> None:
    gate = asyncio.Event()
    tested, fetch, fresh = cache(), Fetcher(gate=gate), Fetcher("fresh")
    waiting = asyncio.create_task(tested.get("k", fetch))
    await settle()
    waiting.cancel()
    await settle()

    response = await tested.get("k", fresh)

    assert (True, "fresh") == (fetch.was_cancelled, response)


async def test_the_least_recently_used_is_evicted_first() -> None:
    tested, fetch = cache(most=2), Fetcher()
    for key in ("a", "b", "a", "c"):
        await tested.get(key, fetch)
    before = fetch.calls

    await tested.get("a", fetch)
    await tested.get("b", fetch)

    assert (3, 4) == (before, fetch.calls)


def sized(most: int) -> TieredResponseCache[str, bytes]:
    return TieredResponseCache(most, lambda _: 100.0, sizeof=len, clock=Clock())


def giving(size: int, received: list[int]) -> Callable[[], Awaitable[bytes]]:
    async def fetch() -> bytes:
        received.append(size)
        return bytes(size)

    return fetch


@pytest.mark.parametrize(("size", "times"), [(10, 1), (11, 2)])
async def test_a_value_larger_than_the_cache_is_returned_but_not_cached(size: int, times: int) -> None:
    tested, received = sized(10), list[int]()

    first = await tested.get("k", giving(size, received))
    await tested.get("k", giving(size, received))

    assert (size, times) == (len(first), len(received))


async def test_the_total_size_is_limited() -> None:
    tested, received = sized(10), list[int]()

    for key in ("a", "b", "a"):
        await tested.get(key, giving(6, received))

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
async def test_a_ttl_is_exact_in_every_tier(max_ttl_s: float) -> None:
    clock, fetch = Clock(), Fetcher()
    remote = MemoryRemoteCache(clock=clock)
    await replica(remote, clock, max_ttl_s=max_ttl_s).get("k", fetch)
    clock.now += 9
    other = replica(remote, clock, ttl_s=1000.0)
    await other.get("k", fetch)

    clock.now += 90
    await other.get("k", fetch)
    before = fetch.calls
    clock.now += 1
    await other.get("k", fetch)

    assert (1, 2) == (before, fetch.calls)


async def test_a_value_leaves_the_remote_tier_after_its_maximum_ttl() -> None:
    clock, fetch = Clock(), Fetcher()
    remote = MemoryRemoteCache(clock=clock)
    one = replica(remote, clock, max_ttl_s=10.0)
    await one.get("k", fetch)

    clock.now += 10
    await one.get("k", fetch)
    before = fetch.calls
    await replica(remote, clock).get("k", fetch)

    assert (1, 2) == (before, fetch.calls)


@pytest.mark.parametrize(("beyond", "times"), [(0, 1), (1, 2)])
async def test_a_value_above_the_limit_is_not_shared(monkeypatch: pytest.MonkeyPatch, beyond: int, times: int) -> None:
    text = os.urandom(500).hex()
    packed = SharedCache[str, str](MemoryRemoteCache(), "tests", str)._pack(module._Entry(text, 1.0))
    assert packed
    monkeypatch.setattr(module, "MAX_SHARED_BYTES", len(packed.body) - beyond)
    clock, fetch, remote = Clock(), Fetcher(text), MemoryRemoteCache()

    responses = [await replica(remote, clock, ttl_s=1.0).get("k", fetch) for _ in range(2)]

    assert ([text, text], times) == (responses, fetch.calls)


@pytest.mark.parametrize(("length", "begins"), [(10, b"\x92"), (600, b"\x78")])
async def test_only_long_entries_are_compressed_and_both_are_read(length: int, begins: bytes) -> None:
    clock, fetch, remote = Clock(), Fetcher("x" * length), MemoryRemoteCache()
    await replica(remote, clock).get("k", fetch)

    found = await replica(remote, clock).get("k", fetch)

    ((body, _),) = remote._entries.values()
    assert ("x" * length, 1, begins) == (found, fetch.calls, body[:1])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no zlib",
        b"\x92",
        b"\x92\xc1\xc1",
        zlib.compress(b"\xc1"),
        zlib.compress(b"\x01"),
        zlib.compress(bytes(2_000_000)),
    ],
)
async def test_an_undecodable_entry_is_a_miss_and_replaced(body: bytes) -> None:
    clock, fetch, remote = Clock(), Fetcher(), MemoryRemoteCache()
    await replica(remote, clock).get("k", fetch)
    (name,) = remote._entries
    await remote.release(name, "another version", CachedEntry(body, 60.0))

    responses = [await replica(remote, clock).get("k", fetch) for _ in range(2)]

    assert (["value", "value"], 2) == (responses, fetch.calls)


async def test_the_wait_for_another_replica_is_limited() -> None:
    clock, gone, fetch = Clock(), Fetcher(gate=asyncio.Event()), Fetcher("mine")
    remote = MemoryRemoteCache()
    holder = asyncio.create_task(replica(remote, clock).get("k", gone))
    await settle()

    async with asyncio.timeout(30):
        response = await replica(remote, clock, wait_s=0.05).get("k", fetch)

    holder.cancel()
    assert "mine" == response


class Lost:
    """A store that is down; counts its fetches."""

    def __init__(self) -> None:
        self.fetches = 0

    async def fetch(self, name: str, holder: str) -> CachedEntry | FetchLease:
        self.fetches += 1
        raise StoreDown(f"no {name} for {holder}")

    async def release(self, name: str, holder: str, entry: CachedEntry | None) -> None:
        raise StoreDown(f"no {name} for {holder}: {entry}")

    async def invalidate(self, name: str) -> None:
        raise StoreDown(f"no {name}")


async def test_a_store_that_is_down_is_ignored() -> None:
    lost, fetch = Lost(), Fetcher()
    tested = replica(lost, Clock())

    responses = [await tested.get("k", fetch), await tested.get("k", fetch)]
    tested.invalidate("k")
    responses.append(await tested.get("k", fetch))

    assert (["value"] * 3, 2, 2) == (responses, fetch.calls, lost.fetches)
