import asyncio

import pytest

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.memory import MemoryStorage
from renderer.storage.tiered import TieredStorage
from shared.domain.errors import StoreDown
from tests.contracts.test_storage import picture

ROOM = 1 << 20


class SlowStorage(MemoryStorage):
    """Counts its reads, and lets them go on when told to."""

    def __init__(self) -> None:
        super().__init__(ROOM)
        self.reads = 0
        self.began = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.error: Exception | None = None

    async def get(self, key: str) -> Picture | None:
        self.reads += 1
        self.began.set()
        found = await super().get(key)
        await self.may_go_on.wait()
        if self.error is not None:
            raise self.error
        return found


async def begin(storage: TieredStorage, behind: SlowStorage, callers: int) -> "list[asyncio.Task[Picture | None]]":
    behind.began.clear()
    tasks = [asyncio.create_task(storage.get("k")) for _ in range(callers)]
    await behind.began.wait()
    return tasks


async def test_many_who_miss_at_once_cause_one_read() -> None:
    behind = SlowStorage()
    await behind.put("k", picture())
    storage = TieredStorage(MemoryStorage(ROOM), behind)

    tasks = await begin(storage, behind, 10)
    behind.may_go_on.set()

    assert [picture()] * 10 == await asyncio.gather(*tasks)
    assert 1 == behind.reads


async def test_what_was_read_once_is_in_memory() -> None:
    behind = SlowStorage()
    behind.may_go_on.set()
    await behind.put("k", picture())
    storage = TieredStorage(MemoryStorage(ROOM), behind)

    assert [picture(), picture()] == [await storage.get("k"), await storage.get("k")]
    assert 1 == behind.reads


async def test_a_caller_who_leaves_does_not_end_the_read_of_the_others() -> None:
    behind = SlowStorage()
    await behind.put("k", picture())
    storage = TieredStorage(MemoryStorage(ROOM), behind)
    first, second = await begin(storage, behind, 2)

    first.cancel()
    behind.may_go_on.set()

    assert picture() == await second


async def test_an_error_reaches_all_and_is_not_remembered() -> None:
    behind = SlowStorage()
    await behind.put("k", picture())
    behind.error = StoreDown("gone")
    storage = TieredStorage(MemoryStorage(ROOM), behind)

    tasks = await begin(storage, behind, 2)
    behind.may_go_on.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    behind.error = None

    assert [StoreDown, StoreDown] == [type(result) for result in results]
    assert picture() == await storage.get("k")


async def test_a_put_is_not_undone_by_a_read_that_began_before_it() -> None:
    behind = SlowStorage()
    await behind.put("k", picture(b"old"))
    storage = TieredStorage(MemoryStorage(ROOM), behind)
    (reader,) = await begin(storage, behind, 1)

    await storage.put("k", picture(b"new"))
    behind.may_go_on.set()

    assert picture(b"old") == await reader
    assert picture(b"new") == await storage.get("k")


async def test_a_put_that_fails_leaves_memory_alone() -> None:
    class Broken(MemoryStorage):
        async def put(self, key: str, picture: Picture) -> None:
            raise StoreDown(f"{key} of {len(picture.body)} bytes")

    storage = TieredStorage(MemoryStorage(ROOM), Broken(ROOM))

    with pytest.raises(StoreDown):
        await storage.put("k", picture())

    assert None is await storage.get("k")


async def test_word_of_other_bytes_drops_the_copy_and_of_the_same_does_not() -> None:
    memory, behind = MemoryStorage(ROOM), MemoryStorage(ROOM)
    storage = TieredStorage(memory, behind)
    await storage.put("k", picture(b"old"))
    await behind.put("k", picture(b"new"))

    storage.forget_unless("k", picture(b"old").facts.etag)
    kept = await storage.get("k")
    storage.forget_unless("k", picture(b"new").facts.etag)

    assert (picture(b"old"), picture(b"new")) == (kept, await storage.get("k"))


async def test_head_tells_of_what_is_stored_and_not_of_the_copy() -> None:
    behind = MemoryStorage(ROOM)
    storage = TieredStorage(MemoryStorage(ROOM), behind)
    await storage.put("k", picture(b"old"))
    await behind.put("k", picture(b"new"))

    assert picture(b"new").facts == await storage.head("k")


async def test_memory_keeps_within_its_bound_and_drops_the_least_used() -> None:
    memory = MemoryStorage(3 * 2048)
    for name in ("a", "b", "c"):
        await memory.put(name, picture(bytes(1024)))
    await memory.get("a")

    await memory.put("d", picture(bytes(1024)))

    assert memory.max_bytes == memory.used_bytes
    assert [True, False, True, True] == [await memory.get(name) is not None for name in ("a", "b", "c", "d")]


async def test_a_picture_beyond_the_whole_bound_is_not_kept_and_drops_its_forerunner() -> None:
    memory = MemoryStorage(4096)
    await memory.put("k", picture(b"small"))

    await memory.put("k", picture(bytes(4096)))

    assert (None, 0) == (await memory.get("k"), memory.used_bytes)


async def test_a_copy_ages() -> None:
    now = 0.0
    memory = MemoryStorage(ROOM, max_age_s=300, clock=lambda: now)
    await memory.put("k", picture())

    now = 299.0
    before: ImageMetadata | None = await memory.head("k")
    now = 300.0

    assert (picture().facts, None) == (before, await memory.head("k"))
