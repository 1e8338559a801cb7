"""What every user of ``TieredCache`` relies on, with a remote tier in memory and in Redis."""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable

import pytest
from redis.asyncio import Redis

from shared.concurrency.tiered_cache import RemoteTier, TieredCache
from shared.domain.errors import StoreDown
from shared.stores.redis import connect
from shared.stores.redis_tier import RedisTier


class Truth:
    """The store behind the tiers; ``gate`` holds its answers back."""

    def __init__(self) -> None:
        self.values = {"a": 1}
        self.reads: list[str] = []
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, key: str) -> int | None:
        self.reads.append(key)
        value = self.values.get(key)
        await self.gate.wait()
        if self.is_down:
            raise StoreDown("as the test wants it")
        return value


class MemoryTier:
    """A remote tier in memory."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    async def get(self, key: str) -> int | None:
        return self.values.get(key)

    async def put(self, keys: Iterable[str], value: int) -> bool:
        self.post(keys, value)
        return True

    def post(self, keys: Iterable[str], value: int) -> None:
        self.values.update(dict.fromkeys(keys, value))


class LostTier:
    """A remote tier that cannot be reached."""

    async def get(self, _key: str) -> int | None:
        return None

    async def put(self, _keys: Iterable[str], _value: int) -> bool:
        return False

    def post(self, _keys: Iterable[str], _value: int) -> None:
        """Lose it."""


@pytest.fixture
def truth() -> Truth:
    return Truth()


def cache_on(
    remote: RemoteTier[str, int], truth: Truth, *, ttl: float | None = None, negative_ttl: float | None = None
) -> TieredCache[str, int]:
    return TieredCache(100, remote, truth.load, ttl=ttl, negative_ttl=negative_ttl)


@pytest.mark.parametrize("ttl", [None, 60.0])
async def test_a_large_value_takes_the_room_of_several(truth: Truth, ttl: float | None) -> None:
    cache = TieredCache(4, LostTier(), truth.load, ttl=ttl, room=lambda value: value)
    truth.values = {"a": 1, "b": 1, "c": 3}

    for key in truth.values:
        await cache.get(key)

    assert [None, 1, 3] == [cache.peek(key) for key in truth.values]


class TieredCacheContract:
    is_lost = False
    remote: RemoteTier[str, int]

    @abstractmethod
    def test_the_remote_tier_is_the_right_one(self) -> None:
        """Check which tier the subclass has set up."""

    async def test_a_value_is_loaded_once_and_then_in_memory(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)
        before = cache.peek("a")

        values = [await cache.get("a") for _ in range(3)]

        assert ([1, 1, 1], None, 1) == (values, before, cache.peek("a"))
        assert ["a"] == truth.reads

    async def test_callers_at_once_share_one_read(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)

        assert [1] * 20 == await asyncio.gather(*(cache.get("a") for _ in range(20)))
        assert ["a"] == truth.reads

    async def test_other_replicas_need_the_truth_only_without_the_remote_tier(self, truth: Truth) -> None:
        await cache_on(self.remote, truth).get("a")

        assert 1 == await cache_on(self.remote, truth).get("a")
        assert (2 if self.is_lost else 1) == len(truth.reads)

    async def test_without_the_truth_known_values_are_still_served(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)
        await cache.get("a")
        truth.is_down = True

        assert 1 == await cache.get("a")
        with pytest.raises(StoreDown):
            await cache.get("b")

    async def test_an_error_is_not_remembered(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth, negative_ttl=60.0)
        truth.is_down = True
        with pytest.raises(StoreDown):
            await cache.get("a")
        truth.is_down = False

        assert 1 == await cache.get("a")

    async def test_a_miss_is_looked_up_again_without_a_negative_ttl(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)

        assert [None, None] == [await cache.get("b") for _ in range(2)]
        assert ["b", "b"] == truth.reads

    async def test_a_miss_is_remembered_for_the_negative_ttl(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth, negative_ttl=60.0)

        assert [None, None] == [await cache.get("b") for _ in range(2)]
        assert ["b"] == truth.reads

    async def test_a_kept_value_ends_the_memory_of_its_miss(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth, negative_ttl=60.0)
        await cache.get("b")

        cache.keep("b", 2)

        assert 2 == await cache.get("b")

    async def test_a_forgotten_value_is_read_again(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)
        await cache.get("a")

        cache.invalidate("a")

        assert (None, 1) == (cache.peek("a"), await cache.get("a"))

    async def test_a_read_that_was_under_way_when_its_key_was_forgotten_is_not_shared(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)
        truth.gate.clear()
        first = asyncio.create_task(cache.get("b"))
        while not truth.reads:  # noqa: ASYNC110 - the remote tier answers first
            await asyncio.sleep(0.001)
        cache.invalidate("b")
        truth.values["b"] = 2
        second = asyncio.create_task(cache.get("b"))
        truth.gate.set()

        assert (None, 2) == (await first, await second)

    async def test_what_was_kept_during_a_read_wins(self, truth: Truth) -> None:
        cache = cache_on(self.remote, truth)
        truth.gate.clear()
        read = asyncio.create_task(cache.get("a"))
        while not truth.reads:  # noqa: ASYNC110 - the remote tier answers first
            await asyncio.sleep(0.001)
        cache.keep("a", 5)
        truth.gate.set()

        assert (5, 5) == (await read, cache.peek("a"))

    async def test_a_published_value_reaches_other_replicas(self, truth: Truth) -> None:
        told = await cache_on(self.remote, truth).publish(["x", "y"], 7)

        values = [await cache_on(self.remote, truth).get_remote(key) for key in ("x", "y")]

        assert ((False, [None, None]) if self.is_lost else (True, [7, 7])) == (told, values)

    async def test_a_posted_value_reaches_other_replicas_too(self, truth: Truth) -> None:
        cache_on(self.remote, truth).post(["x", "y"], 7)

        values = [await cache_on(self.remote, truth).get_remote(key) for key in ("x", "y")]

        assert ([None, None] if self.is_lost else [7, 7]) == values

    async def test_memory_is_bounded(self, truth: Truth) -> None:
        cache = TieredCache(2, self.remote, truth.load)
        for number, key in enumerate("abc"):
            cache.keep(key, number)

        assert [None, 1, 2] == [cache.peek(key) for key in "abc"]


class TestInMemory(TieredCacheContract):
    @pytest.fixture(autouse=True)
    def _remote(self) -> None:
        self.remote = MemoryTier()

    def test_the_remote_tier_is_the_right_one(self) -> None:
        assert isinstance(self.remote, MemoryTier)


class TestLost(TieredCacheContract):
    is_lost = True

    @pytest.fixture(autouse=True)
    def _remote(self) -> None:
        self.remote = LostTier()

    def test_the_remote_tier_is_the_right_one(self) -> None:
        assert isinstance(self.remote, LostTier)


def redis_tier(redis: Redis) -> RedisTier[str, int]:
    return RedisTier(
        redis,
        name=lambda key: f"marquee:test:{key}",
        encode=str,
        decode=lambda _, body: int(body),
        ttl_s=60,
        event="test_not_cached",
    )


class TestRedis(TieredCacheContract):
    @pytest.fixture(autouse=True)
    def _remote(self, redis: Redis) -> None:
        self.remote = redis_tier(redis)

    def test_the_remote_tier_is_the_right_one(self) -> None:
        assert isinstance(self.remote, RedisTier)

    async def test_a_value_has_its_ttl(self, redis: Redis) -> None:
        await self.remote.put(["a"], 1)

        assert 0 < await redis.ttl("marquee:test:a") <= 60

    async def test_what_cannot_be_read_is_not_there(self, redis: Redis, truth: Truth) -> None:
        await redis.set("marquee:test:a", "written by a newer version")

        assert 1 == await cache_on(self.remote, truth).get("a")


class TestLostRedis(TieredCacheContract):
    is_lost = True

    @pytest.fixture(autouse=True)
    async def _remote(self) -> AsyncIterator[None]:
        async with connect("redis://127.0.0.1:9/0") as nowhere:
            self.remote = redis_tier(nowhere)
            yield

    def test_the_remote_tier_is_the_right_one(self) -> None:
        assert isinstance(self.remote, RedisTier)
