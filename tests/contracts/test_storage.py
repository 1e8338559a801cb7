"""The contract of every storage."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiobotocore.session import get_session

from renderer.storage.base import ImageMetadata, Picture, Storage
from renderer.storage.disk import executor as disk_executor
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.storage import DiskStorage
from renderer.storage.memory import MemoryStorage
from renderer.storage.s3 import MAX_BATCH, S3Storage
from renderer.storage.s3_reader import MAX_BYTES
from renderer.storage.tiered import COPY_AGE_S, TieredStorage
from shared.domain.errors import StoreDown
from tests.stack.parts import BUCKET

SETTINGS_TEXT = "marquee look 1\nkind poster\nratings mal,imdb\nlang\n"


def picture(body: bytes = b"\xff\xd8picture", **metadata: object) -> Picture:
    plain = ImageMetadata(
        content_type="image/jpeg",
        etag=hashlib.sha256(body).hexdigest()[:32],
        drawn_at=datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC),
        media="movie-278",
        fingerprint="f" * 32,
        settings_text=SETTINGS_TEXT,
        drawing=2,
    )
    return Picture(body, msgspec.structs.replace(plain, **metadata))


@pytest.fixture
def key() -> str:
    return f"c/{uuid.uuid4().hex}/series-1396:1:1.jpg"


class StorageContract:
    async def test_get_returns_what_put_stored(self, storage: Storage, key: str) -> None:
        await storage.put(key, picture())

        assert picture() == await storage.get(key)
        assert picture().metadata == await storage.head(key)

    async def test_a_missing_picture_is_none(self, storage: Storage, key: str) -> None:
        assert None is await storage.get(key)
        assert None is await storage.head(key)

    async def test_put_replaces_an_earlier_picture(self, storage: Storage, key: str) -> None:
        await storage.put(key, picture(b"old", degraded=True))
        await storage.get(key)
        await storage.put(key, picture(b"new"))

        assert picture(b"new") == await storage.get(key)
        assert picture(b"new").metadata == await storage.head(key)

    async def test_all_metadata_is_stored(self, storage: Storage, key: str) -> None:
        stored = picture(
            content_type="image/webp",
            media="series-1396:1:1",
            fingerprint="é;%0A+ \n;x  y",
            film_date=date(1922, 3, 4),
            degraded=True,
        )

        await storage.put(key, stored)

        assert stored == await storage.get(key)
        assert stored.metadata == await storage.head(key)

    async def test_the_lifetime_of_copies_is_stored_and_can_be_changed(self, storage: Storage, key: str) -> None:
        stored = picture(cache_control="public, max-age=3600", fingerprint="é;%0A+ \n;x  y", film_date=date(1922, 3, 4))
        changed = msgspec.structs.replace(stored.metadata, cache_control="public, max-age=86400")
        await storage.put(key, stored)
        first = await storage.head(key)

        await storage.set_cache_control(key, "public, max-age=86400")
        await storage.set_cache_control(f"{key}.missing", "public, max-age=86400")

        assert stored.metadata == first
        assert Picture(stored.body, changed) == await storage.get(key)
        assert changed == await storage.head(key)
        assert None is await storage.head(f"{key}.missing")

    async def test_concurrent_reads_and_writes(self, storage: Storage, key: str) -> None:
        pictures = {f"{key}{number}": picture(bytes([number]) * 10_000) for number in range(20)}
        await asyncio.gather(*(storage.put(name, stored) for name, stored in pictures.items()))

        found = await asyncio.gather(*(storage.get(name) for name in pictures))

        assert list(pictures.values()) == found

    async def test_remove_deletes_pictures_and_ignores_missing_ones(self, storage: Storage, key: str) -> None:
        await storage.put(key, picture())
        await storage.put(f"{key}.png", picture(b"other"))
        await storage.get(key)

        await storage.remove([key, f"{key}.never"])
        await storage.remove([])

        assert (None, None) == (await storage.get(key), await storage.head(key))
        assert picture(b"other") == await storage.get(f"{key}.png")

    async def test_a_removed_picture_can_be_stored_again(self, storage: Storage, key: str) -> None:
        await storage.put(key, picture(b"old"))
        await storage.remove([key])

        await storage.put(key, picture(b"old"))

        assert picture(b"old") == await storage.get(key)

    async def test_invalidate_drops_only_copies(self, storage: Storage, key: str) -> None:
        folder = key.rpartition("/")[0] + "/"
        await storage.put(key, picture())
        await storage.get(key)

        storage.invalidate("c/none-of-these/")
        before = await storage.get(key)
        storage.invalidate(folder)
        after = await storage.get(key)
        storage.invalidate(key)

        assert picture() == before
        assert after == (None if isinstance(storage, MemoryStorage | DiskStorage) else picture())
        assert after == await storage.get(key)


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return MemoryStorage(1 << 20)


class TestS3Storage(StorageContract):
    @pytest.fixture
    def storage(self, s3: S3Storage) -> Storage:
        return s3


class TestTieredStorage(StorageContract):
    @pytest.fixture
    def storage(self, s3: S3Storage) -> Storage:
        return TieredStorage(MemoryStorage(1 << 20), s3)


class TestTieredOverMemory(StorageContract):
    @pytest.fixture
    def storage(self) -> Storage:
        return TieredStorage(MemoryStorage(0), MemoryStorage(1 << 20))


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time: after a second, a disk counts as lost."""
    monkeypatch.setattr(disk_executor, "TIMEOUT_S", 60.0)


@pytest.mark.usefixtures("patience")
class TestDiskStorage(StorageContract):
    @pytest.fixture
    async def storage(self, tmp_path: Path) -> AsyncIterator[Storage]:
        async with DiskExecutor.open(tmp_path / "pictures", 1 << 20, max_age_s=COPY_AGE_S) as executor:
            yield DiskStorage(executor)


@pytest.mark.usefixtures("patience")
class TestTieredWithDisk(StorageContract):
    @pytest.fixture
    async def storage(self, s3: S3Storage, tmp_path: Path) -> AsyncIterator[Storage]:
        async with DiskExecutor.open(tmp_path / "pictures", 1 << 20, max_age_s=COPY_AGE_S) as executor:
            yield TieredStorage(MemoryStorage(0), s3, disk=DiskStorage(executor))


@asynccontextmanager
async def another_client(s3_url: str) -> AsyncIterator[Any]:
    client = get_session().create_client(
        "s3", endpoint_url=s3_url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    async with client as s3:
        yield s3


async def put_raw(s3_url: str, key: str, body: bytes, metadata: dict[str, str]) -> None:
    async with another_client(s3_url) as s3:
        await s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata, ContentType="image/jpeg")


async def looked_at(s3_url: str, key: str) -> Any:
    async with another_client(s3_url) as s3:
        return await s3.head_object(Bucket=BUCKET, Key=key)


async def test_an_object_has_readable_metadata(s3: S3Storage, s3_url: str, key: str) -> None:
    await s3.put(key, picture(film_date=date(1994, 9, 23)))

    answer = await looked_at(s3_url, key)

    assert "image/jpeg" == answer["ContentType"]
    assert "marquee+look+1;kind+poster;ratings+mal,imdb;lang;" == answer["Metadata"]["look"]
    assert ("movie-278", "1994-09-23") == (answer["Metadata"]["media"], answer["Metadata"]["film-date"])


async def test_an_object_of_another_program_counts_as_missing(s3: S3Storage, s3_url: str, key: str) -> None:
    await put_raw(s3_url, key, b"x", {"made-by": "another program"})

    assert None is await s3.get(key)
    assert None is await s3.head(key)


async def test_a_damaged_object_counts_as_missing(s3: S3Storage, s3_url: str, key: str) -> None:
    await s3.put(key, picture())
    stored = await looked_at(s3_url, key)
    await put_raw(s3_url, key, b"half of it", stored["Metadata"])

    assert None is await s3.get(key)


async def test_an_object_above_the_size_limit_is_refused(s3: S3Storage, s3_url: str, key: str) -> None:
    await put_raw(s3_url, key, bytes(MAX_BYTES + 1), {})

    with pytest.raises(StoreDown):
        await s3.get(key)


async def test_a_missing_bucket_is_store_down(s3_url: str, key: str) -> None:
    async with S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket="nowhere", access_key="test", secret_key="test"
    ) as nowhere:
        for call in (nowhere.get(key), nowhere.put(key, picture()), nowhere.ping()):
            with pytest.raises(StoreDown):
                await call


async def test_an_unreachable_s3_is_store_down(key: str) -> None:
    async with S3Storage.open(
        endpoint_url="http://127.0.0.1:9", region="us-east-1", bucket=BUCKET, access_key="test", secret_key="test"
    ) as storage:
        for call in (storage.get(key), storage.head(key), storage.put(key, picture()), storage.ping()):
            with pytest.raises(StoreDown):
                await call


async def test_ping_returns_if_the_bucket_exists(s3: S3Storage) -> None:
    assert None is await s3.ping()  # type: ignore[func-returns-value] # returning without an error is the contract


async def test_remove_splits_keys_into_batches(s3: S3Storage, s3_url: str) -> None:
    folder = f"c/{uuid.uuid4().hex}"
    keys = [f"{folder}/movie-{number}.jpg" for number in range(MAX_BATCH + 1)]
    stored = [keys[0], keys[-1]]
    for key in stored:
        await put_raw(s3_url, key, b"x", {})

    await s3.remove(keys)

    assert [] == [each.key async for each in s3.names(f"{folder}/")]
