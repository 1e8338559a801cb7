"""Caches of two replicas fetch once through any remote cache, and never share a transient error."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from redis.asyncio import Redis

from services.artwork import Art, Gallery
from services.client.cache import DAY_S, TieredResponseCache, shared_cache
from services.client.remote_cache import CachedEntry, FetchLease, MemoryRemoteCache, RedisRemoteCache, RemoteCache
from services.titles import SourceRatings, Title
from shared.domain.errors import SourceDown
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, RatingSite
from shared.stores.redis import connect
from tests.stack.parts import Stack

FILM = MediaId(TitleKind.MOVIE, 278)
GALLERY: Gallery = {
    Kind.POSTER: (Art("/a.jpg", 2000, 3000, "en", "US", 5.5), Art("/b.jpg", 0, 0, None)),
    Kind.LOGO: (Art("/c.svg", 500, 200, "ja", kind=Kind.LOGO),),
}
TITLE = Title(
    media=FILM,
    refs=(ExternalId(IdType.TMDB, 278, TitleKind.MOVIE), ExternalId(IdType.IMDB, 111161)),
    name="刑務所のリタ・ヘイワース",
    film_date=date(1994, 9, 23),
    original_lang="en",
    popularity=31.25,
    gallery=GALLERY,
    ratings={RatingSite.TMDB: Rating(87.0, 29000)},
)
RATINGS = SourceRatings({RatingSite.IMDB: Rating(9.3, 2900000), RatingSite.EBERT: Rating(3.5)}, TITLE.refs)


class Fetcher:
    """Counts its calls; every call waits for the gate."""

    def __init__(self, response: str | None = "value") -> None:
        self.calls = 0
        self.response = response
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.received = asyncio.Event()

    async def __call__(self) -> str | None:
        self.calls += 1
        self.received.set()
        await self.gate.wait()
        if self.error:
            raise self.error
        return self.response


def cache(remote: RemoteCache, ttl_s: float = 100.0) -> TieredResponseCache[str, str | None]:
    return TieredResponseCache(10, lambda _: ttl_s, shared=shared_cache(remote, "tests", str | None))


def open_fetcher(response: str | None = "value") -> Fetcher:
    fetch = Fetcher(response)
    fetch.gate.set()
    return fetch


def ttl_of(tested: TieredResponseCache[str, str | None], key: str) -> float:
    """Return the TTL of an entry."""
    return tested._entries[key].ttl_s


class Watched:
    """Forwards every call, and signals when a caller has to wait."""

    def __init__(self, remote: RemoteCache) -> None:
        self._remote = remote
        self.has_to_wait = asyncio.Event()

    async def fetch(self, name: str, holder: str) -> CachedEntry | FetchLease:
        seen = await self._remote.fetch(name, holder)
        if seen is FetchLease.HELD:
            self.has_to_wait.set()
        return seen

    async def release(self, name: str, holder: str, entry: CachedEntry | None) -> None:
        await self._remote.release(name, holder, entry)

    async def invalidate(self, name: str) -> None:
        await self._remote.invalidate(name)


class RemoteCacheContract:
    """The suite for every implementation."""

    async def test_forty_callers_of_two_replicas_are_one_call(self, remote: RemoteCache) -> None:
        watched, fetch = Watched(remote), Fetcher()
        replicas = [cache(watched), cache(watched)]
        callers = [asyncio.create_task(tested.get("k", fetch)) for tested in replicas for _ in range(20)]
        await watched.has_to_wait.wait()

        fetch.gate.set()
        responses = await asyncio.gather(*callers)

        assert (1, {"value"}) == (fetch.calls, set(responses))

    async def test_one_replica_reads_what_another_has_cached(self, remote: RemoteCache) -> None:
        fetch = open_fetcher()
        await cache(remote).get("k", fetch)

        assert "value" == await cache(remote).get("k", fetch)

        assert 1 == fetch.calls

    async def test_no_such_title_is_cached_and_shared(self, remote: RemoteCache) -> None:
        fetch = open_fetcher(None)
        await cache(remote).get("k", fetch)

        assert None is await cache(remote).get("k", fetch)

        assert 1 == fetch.calls

    @pytest.mark.parametrize("ttl_s", [50.0, 3 * DAY_S])
    async def test_the_remaining_ttl_carries_over_to_the_other_replica(self, remote: RemoteCache, ttl_s: float) -> None:
        one, other = cache(remote, ttl_s), cache(remote, 1.0)
        await one.get("k", open_fetcher())
        await other.get("k", open_fetcher())

        left_s = ttl_of(other, "k")

        assert ttl_s - 10 < left_s <= ttl_s

    async def test_an_expired_entry_is_fetched_again(self, remote: RemoteCache) -> None:
        await remote.release("k", "me", CachedEntry(b"x", 0.05))

        first = seen = await remote.fetch("k", "me")
        async with asyncio.timeout(30):
            while isinstance(seen, CachedEntry):
                await asyncio.sleep(0.01)
                seen = await remote.fetch("k", "me")

        assert isinstance(first, CachedEntry)
        assert (b"x", FetchLease.ACQUIRED) == (first.body, seen)

    async def test_a_value_with_zero_ttl_is_not_shared(self, remote: RemoteCache) -> None:
        fetch = open_fetcher()

        await cache(remote, 0.0).get("k", fetch)
        await cache(remote, 0.0).get("k", fetch)

        assert 2 == fetch.calls

    async def test_a_waiting_replica_fetches_when_the_holder_is_cancelled(self, remote: RemoteCache) -> None:
        watched, crashed, fetch = Watched(remote), Fetcher(), open_fetcher("mine")
        holder = asyncio.create_task(cache(remote).get("k", crashed))
        await crashed.received.wait()
        waiting = asyncio.create_task(cache(watched).get("k", fetch))
        await watched.has_to_wait.wait()

        holder.cancel()
        async with asyncio.timeout(2):
            response = await waiting

        assert ("mine", 1) == (response, fetch.calls)

    async def test_an_error_reaches_its_own_callers_and_the_waiting_replica_fetches(self, remote: RemoteCache) -> None:
        watched, failing, fetch = Watched(remote), Fetcher(), open_fetcher("mine")
        failing.error = SourceDown("x", "status 500")
        one = cache(remote)
        own = [asyncio.create_task(one.get("k", failing)) for _ in range(3)]
        await failing.received.wait()
        waiting = asyncio.create_task(cache(watched).get("k", fetch))
        await watched.has_to_wait.wait()

        failing.gate.set()
        results = await asyncio.gather(*own, return_exceptions=True)
        async with asyncio.timeout(2):
            response = await waiting

        assert [SourceDown] * 3 == [type(result) for result in results]
        assert ("mine", 1) == (response, fetch.calls)

    async def test_a_transient_error_is_not_cached(self, remote: RemoteCache) -> None:
        fetch = open_fetcher()
        fetch.error = SourceDown("x", "status 500")
        with pytest.raises(SourceDown):
            await cache(remote).get("k", fetch)
        fetch.error = None

        assert "value" == await cache(remote).get("k", fetch)

    async def test_an_invalidated_value_is_gone_for_all_replicas(self, remote: RemoteCache) -> None:
        tested, fetch, fresh = cache(remote), open_fetcher("wrong"), open_fetcher("right")
        await tested.get("k", fetch)
        tested.invalidate("k")

        responses = [await tested.get("k", fresh), await cache(remote).get("k", fresh)]

        assert (["right", "right"], 1) == (responses, fresh.calls)

    async def test_an_unreleased_lease_expires(self, short: RemoteCache) -> None:
        taken = await short.fetch("k", "dead")

        seen = await short.fetch("k", "me")
        async with asyncio.timeout(30):
            while seen is FetchLease.HELD:
                await asyncio.sleep(0.01)
                seen = await short.fetch("k", "me")

        assert (FetchLease.ACQUIRED, FetchLease.ACQUIRED) == (taken, seen)

    async def test_a_late_release_does_not_end_anothers_lease(self, remote: RemoteCache) -> None:
        await remote.fetch("k", "me")

        await remote.release("k", "slow", None)

        assert FetchLease.HELD is await remote.fetch("k", "you")

    @pytest.mark.parametrize(
        ("of", "value"),
        [
            (Title | None, TITLE),
            (Title | None, None),
            (MediaId | None, MediaId(TitleKind.SERIES, 1396, Episode(1, 2))),
            (SourceRatings | None, RATINGS),
            (SourceRatings | None, SourceRatings({})),
            (Gallery, GALLERY),
            (Gallery, {}),
        ],
    )
    async def test_a_value_survives_the_round_trip(self, remote: RemoteCache, of: Any, value: object) -> None:
        def replica() -> TieredResponseCache[MediaId, object]:
            return TieredResponseCache(10, lambda _: 100.0, shared=shared_cache(remote, "tests", of))

        await replica().get(FILM, giving(value))

        assert value == await replica().get(FILM, giving("another"))


def giving(value: object) -> Callable[[], Awaitable[object]]:
    async def fetch() -> object:
        return value

    return fetch


class TestMemoryRemoteCache(RemoteCacheContract):
    @pytest.fixture
    def remote(self) -> RemoteCache:
        return MemoryRemoteCache()

    @pytest.fixture
    def short(self) -> RemoteCache:
        return MemoryRemoteCache(lease_s=0.05)


class TestRedisRemoteCache(RemoteCacheContract):
    @pytest.fixture
    def remote(self, redis: Redis) -> RemoteCache:
        return RedisRemoteCache(redis)

    @pytest.fixture
    def short(self, redis: Redis) -> RemoteCache:
        return RedisRemoteCache(redis, lease_s=0.05)

    async def test_everything_in_redis_expires(self, redis: Redis) -> None:
        tested = RedisRemoteCache(redis)
        await cache(tested).get("known", open_fetcher())
        await tested.fetch("tests:asking", "me")

        names: list[bytes] = sorted(await redis.keys("*"))  # type: ignore[arg-type]  # the stubs say str
        left_ms = [await redis.pttl(name) for name in names]

        assert [b"marquee:asking:tests:asking", b"marquee:fact:tests"] == [name.split(b".")[0] for name in names]
        assert all(0 < left <= 100_000 for left in left_ms)


@pytest.fixture
async def lost_redis() -> AsyncIterator[Redis]:
    client = connect("redis://127.0.0.1:9/0")
    yield client
    await client.aclose()


async def test_without_redis_every_replica_fetches_for_itself(lost_redis: Redis) -> None:
    fetch = open_fetcher()

    responses = [await cache(RedisRemoteCache(lost_redis)).get("k", fetch) for _ in range(2)]

    assert (["value", "value"], 2) == (responses, fetch.calls)


async def test_a_hanging_redis_costs_one_short_wait(stack: Stack) -> None:
    client = connect(stack.valkey())
    tested, fetch = cache(RedisRemoteCache(client)), open_fetcher()
    await tested.get("warm", fetch)

    loop = asyncio.get_running_loop()
    with stack.paused("valkey"):
        began = loop.time()
        responses = [await tested.get(f"k{nth}", fetch) for nth in range(5)]
        took_s = loop.time() - began
    await client.aclose()
    stack.stop("valkey")

    assert ["value"] * 5 == responses
    assert took_s < 1.0


async def test_keys_of_different_caches_do_not_collide(redis: Redis) -> None:
    remote, numbers = RedisRemoteCache(redis), itertools.count()

    async def count() -> int:
        return next(numbers)

    responses = []
    for name, of in (("a", int), ("b", int), ("a", int | None)):
        tested: TieredResponseCache[str, int] = TieredResponseCache(
            10, lambda _: 100.0, shared=shared_cache(remote, name, of)
        )
        responses.append(await tested.get("k", count))

    assert [0, 1, 2] == responses
