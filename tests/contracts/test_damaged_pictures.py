"""Damaged pictures in S3 are drawn again, once, and never served; while S3 cannot be read, there is plain artwork."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiobotocore.session import get_session
from redis.asyncio import Redis
from yarl import URL

from deploy.dev.local.ports import HOST
from renderer.content.picture_result import CacheStatus, PictureResult
from renderer.storage.base import Picture
from renderer.storage.memory import MemoryStorage
from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from renderer.storage.tiered import TieredStorage
from shared.domain.errors import SourceDown
from shared.domain.pictures import Format
from shared.queue.messages import Priority, RenderJob
from shared.settings.content_url import parse_content_address
from shared.stores.postgres import Pool
from tests.renderer.studio import MOVIE, Studio, a_title
from tests.stack.parts import BUCKET
from tests.stack.ports import free_contract
from tests.stack.relay import Relay, Trouble

Fields = dict[str, str]
Damage = Callable[[bytes, Fields], tuple[bytes, Fields]]


def flipped(body: bytes) -> bytes:
    return body[:99] + bytes([body[99] ^ 1]) + body[100:]


DAMAGES: dict[str, Damage] = {
    "truncated": lambda body, fields: (body[: len(body) // 2], fields),
    "empty": lambda _, fields: (b"", fields),
    "longer": lambda body, fields: (body + b"more", fields),
    "one bit": lambda body, fields: (flipped(body), fields),
    "one bit of an earlier version's": lambda body, fields: (flipped(body), without_length(fields)),
    "truncated, of an earlier version": lambda body, fields: (body[:500], without_length(fields)),
    "another program's": lambda _, __: (b"\xff\xd8something else", {}),
    "another program's with other metadata": lambda body, _: (body, {"made-by": "another program"}),
}


def without_length(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != "bytes"}


@asynccontextmanager
async def open_client(s3_url: str) -> AsyncIterator[object]:
    session = get_session()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    async with session.create_client("s3", endpoint_url=s3_url, region_name="us-east-1", **keys) as client:
        yield client


@asynccontextmanager
async def opened(studio: Studio) -> AsyncIterator[Studio]:
    """Run the worker and the subscription of a renderer."""
    async with studio.listening(), studio.drawing():
        yield studio


class Shop:
    """A renderer on S3 that keeps nothing in memory."""

    def __init__(self, studio: Studio, s3_url: str, job: RenderJob) -> None:
        self.studio, self.s3_url, self.job = studio, s3_url, job
        self.key = storage_key(job.settings_hash, MOVIE, Format.JPG)

    async def ask(self) -> PictureResult:
        address = parse_content_address(self.job.settings_hash, "imdb", "poster-default", "tt0017136.jpg")
        return await self.studio.content.find(address)

    async def replace(self, damage: Damage) -> None:
        async with open_client(self.s3_url) as client:
            found = await client.get_object(Bucket=BUCKET, Key=self.key)  # type: ignore[attr-defined]  # untyped
            body, fields = damage(await found["Body"].read(), found["Metadata"])
            await client.put_object(  # type: ignore[attr-defined]  # untyped
                Bucket=BUCKET, Key=self.key, Body=body, Metadata=fields, ContentType="image/jpeg"
            )

    @property
    def drawn(self) -> float:
        return self.studio.settled("drawn") + self.studio.settled("drawn", Priority.REFRESH)


@pytest.fixture
async def shop(pool: Pool, redis: Redis, s3: S3Storage, s3_url: str) -> AsyncIterator[Shop]:
    async with opened(Studio(pool, redis, wait_s=30.0, storage=TieredStorage(MemoryStorage(0), s3))) as studio:
        shop = Shop(studio, s3_url, await studio.job())
        await s3.remove([shop.key])
        yield shop


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("is_due", [False, True], ids=["fresh", "due"])
async def test_a_damaged_picture_is_drawn_once_more(shop: Shop, damage: Damage, *, is_due: bool) -> None:
    shop.studio.sources.title_known = a_title(film_date=None)
    first = await shop.ask()
    await shop.replace(damage)
    shop.studio.clock.advance(90_000 if is_due else 0)
    shop.studio.queue.announce(shop.job)

    answers = [await shop.ask() for _ in range(3)]

    assert [CacheStatus.MISS, CacheStatus.HIT, CacheStatus.HIT] == [answer.cache for answer in answers]
    assert {first.picture.body} == {answer.picture.body for answer in answers}
    assert 2 == shop.drawn


async def test_a_damaged_picture_is_drawn_for_callers_without_a_key(shop: Shop) -> None:
    first = await shop.ask()
    await shop.replace(DAMAGES["one bit"])
    shop.studio.clock.advance(3 * 86_400)  # its announcement is long forgotten

    again = await shop.ask()

    assert (CacheStatus.MISS, first.picture.body) == (again.cache, again.picture.body)


async def test_a_damaged_picture_is_no_complete_one_that_must_be_kept(shop: Shop) -> None:
    await shop.ask()
    await shop.replace(DAMAGES["truncated"])
    shop.studio.sources.answer = SourceDown("mdblist", "status 500")

    again = await shop.ask()

    assert (CacheStatus.MISS, True) == (again.cache, again.picture.metadata.degraded)


async def test_a_picture_of_an_earlier_version_is_served_and_stays(shop: Shop) -> None:
    first = await shop.ask()
    await shop.replace(lambda body, fields: (body, without_length(fields)))

    again = await shop.ask()

    metadata = msgspec.structs.replace(first.picture.metadata, cache_control="")  # it had no such header either
    assert (CacheStatus.HIT, Picture(first.picture.body, metadata)) == (again.cache, again.picture)
    assert 1 == shop.drawn


async def test_a_store_that_damages_all_it_gets_makes_no_loop(
    shop: Shop, s3: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = s3._writer.put

    async def cut(key: str, _: bytes, headers: Mapping[str, str], *, digest: str) -> None:  # noqa: ARG001 - of the whole body
        await put(key, b"half", headers)

    monkeypatch.setattr(s3._writer, "put", cut)

    answers = [await shop.ask() for _ in range(4)]

    assert {CacheStatus.FALLBACK} == {answer.cache for answer in answers}
    assert 1 == shop.drawn


@pytest.mark.parametrize("trouble", Trouble)
async def test_callers_get_plain_artwork_while_s3_cannot_be_read(
    pool: Pool, redis: Redis, s3_url: str, trouble: Trouble
) -> None:
    port = free_contract().gateway
    async with (
        Relay(port, URL(s3_url).port or 0) as relay,
        S3Storage.open(
            endpoint_url=f"http://{HOST}:{port}", region="us-east-1", bucket=BUCKET, access_key="a", secret_key="b"
        ) as s3,
        opened(Studio(pool, redis, wait_s=30.0, storage=TieredStorage(MemoryStorage(0), s3))) as studio,
    ):
        shop = Shop(studio, s3_url, await studio.job())
        await shop.ask()
        drawn = shop.drawn
        await relay.break_down(trouble)

        answer = await shop.ask()
        await relay.heal()

        assert CacheStatus.FALLBACK is answer.cache
        assert drawn == shop.drawn
