import asyncio

import pytest

from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.memory import MemoryStorage
from renderer.storage.tiered import TieredStorage
from shared.domain.errors import StoreDown
from tests.contracts.test_storage import picture

ROOM = 1 << 20


class SlowStorage(MemoryStorage):
    """Counts its reads, and blocks them until resumed."""

    def __init__(self) -> None:
        super().__init__(ROOM)
        self.reads = 0
        self.started = asyncio.Event()
        self.resume = asyncio.Event()
        self.error: Exception | None = None

    async def get(self, key: str) -> Picture | None:
        self.reads += 1
        self.started.set()
        found = await super().get(key)
        await self.resume.wait()
        if self.error is not None:
            raise self.error
        return found


async def start_reads(
    storage: TieredStorage, backend: SlowStorage, callers: int
) -> "list[asyncio.Task[Picture | None]]":
    backend.started.clear()
    tasks = [asyncio.create_task(storage.get("k")) for _ in range(callers)]
    await backend.started.wait()
    return tasks


async def test_concurrent_misses_share_one_read() -> None:
    backend = SlowStorage()
    await backend.put("k", picture())
    storage = TieredStorage(MemoryStorage(ROOM), backend)

    tasks = await start_reads(storage, backend, 10)
    backend.resume.set()

    assert [picture()] * 10 == await asyncio.gather(*tasks)
    assert 1 == backend.reads


async def test_a_read_fills_the_memory() -> None:
    backend = SlowStorage()
    backend.resume.set()
    await backend.put("k", picture())
    storage = TieredStorage(MemoryStorage(ROOM), backend)

    assert [picture(), picture()] == [await storage.get("k"), await storage.get("k")]
    assert 1 == backend.reads


async def test_a_cancelled_caller_does_not_cancel_the_shared_read() -> None:
    backend = SlowStorage()
    await backend.put("k", picture())
    storage = TieredStorage(MemoryStorage(ROOM), backend)
    first, second = await start_reads(storage, backend, 2)

    first.cancel()
    backend.resume.set()

    assert picture() == await second


async def test_an_error_reaches_every_caller_and_is_not_cached() -> None:
    backend = SlowStorage()
    await backend.put("k", picture())
    backend.error = StoreDown("gone")
    storage = TieredStorage(MemoryStorage(ROOM), backend)

    tasks = await start_reads(storage, backend, 2)
    backend.resume.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    backend.error = None

    assert [StoreDown, StoreDown] == [type(result) for result in results]
    assert picture() == await storage.get("k")


async def test_a_put_is_not_undone_by_an_earlier_read() -> None:
    backend = SlowStorage()
    await backend.put("k", picture(b"old"))
    storage = TieredStorage(MemoryStorage(ROOM), backend)
    (reader,) = await start_reads(storage, backend, 1)

    await storage.put("k", picture(b"new"))
    backend.resume.set()

    assert picture(b"old") == await reader
    assert picture(b"new") == await storage.get("k")


async def test_a_failed_put_does_not_change_memory() -> None:
    class Broken(MemoryStorage):
        async def put(self, key: str, picture: Picture) -> None:
            raise StoreDown(f"{key} of {len(picture.body)} bytes")

    storage = TieredStorage(MemoryStorage(ROOM), Broken(ROOM))

    with pytest.raises(StoreDown):
        await storage.put("k", picture())

    assert None is await storage.get("k")


async def test_invalidate_unless_drops_the_copy_only_if_the_etag_differs() -> None:
    memory, backend = MemoryStorage(ROOM), MemoryStorage(ROOM)
    storage = TieredStorage(memory, backend)
    await storage.put("k", picture(b"old"))
    await backend.put("k", picture(b"new"))

    storage.invalidate_unless("k", picture(b"old").metadata.etag)
    same = await storage.get("k")
    storage.invalidate_unless("k", picture(b"new").metadata.etag)

    assert (picture(b"old"), picture(b"new")) == (same, await storage.get("k"))


async def test_head_reads_from_the_backend_and_not_from_a_copy() -> None:
    backend = MemoryStorage(ROOM)
    storage = TieredStorage(MemoryStorage(ROOM), backend)
    await storage.put("k", picture(b"old"))
    await backend.put("k", picture(b"new"))

    assert picture(b"new").metadata == await storage.head("k")


async def test_memory_evicts_the_least_recently_used_at_its_limit() -> None:
    memory = MemoryStorage(3 * 2048)
    for name in ("a", "b", "c"):
        await memory.put(name, picture(bytes(1024)))
    await memory.get("a")

    await memory.put("d", picture(bytes(1024)))

    assert memory.max_bytes == memory.used_bytes
    assert [True, False, True, True] == [await memory.get(name) is not None for name in ("a", "b", "c", "d")]


async def test_a_picture_above_the_limit_is_not_stored_and_drops_the_earlier_one() -> None:
    memory = MemoryStorage(4096)
    await memory.put("k", picture(b"small"))

    await memory.put("k", picture(bytes(4096)))

    assert (None, 0) == (await memory.get("k"), memory.used_bytes)


async def test_a_copy_expires() -> None:
    now = 0.0
    memory = MemoryStorage(ROOM, max_age_s=300, clock=lambda: now)
    await memory.put("k", picture())

    now = 299.0
    before: ImageMetadata | None = await memory.head("k")
    now = 300.0

    assert (picture().metadata, None) == (before, await memory.head("k"))
