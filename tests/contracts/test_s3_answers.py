"""What counts as a missing picture: S3's own NoSuchKey, and no other 404."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pytest

from renderer.db.index_rebuild import image_names
from renderer.maintenance.index_restore import IndexRestore
from renderer.storage.s3 import S3Storage
from renderer.storage.s3_check import check_s3
from shared.domain.errors import StoreDown, StoreRefused
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool
from tests.contracts.stand_in import answering
from tests.contracts.test_storage import picture
from tests.stack.strict_s3 import BUCKET, KEY_ID, REGION, SECRET, StrictS3

KEY = "c/0123456789abcdef0123456789abcdef/movie-1.jpg"
NO_BUCKET = "^s3: NoSuchBucket: The specified bucket does not exist$"


@pytest.fixture
async def store() -> AsyncIterator[StrictS3]:
    store = StrictS3()
    async with answering(store.answer) as store.url:
        yield store


def opened(store: StrictS3, *, bucket: str = BUCKET, secret: str = SECRET) -> AbstractAsyncContextManager[S3Storage]:
    return S3Storage.open(endpoint_url=store.url, region=REGION, bucket=bucket, access_key=KEY_ID, secret_key=secret)


async def test_what_was_stored_is_there_and_what_was_not_is_missing(store: StrictS3) -> None:
    async with opened(store) as s3:
        await s3.put(KEY, picture())

        assert picture() == await s3.get(KEY)
        assert picture().metadata == await s3.head(KEY)
        assert None is await s3.get(f"{KEY}x")
        assert None is await s3.head(f"{KEY}x")
        assert not await s3.is_sound(f"{KEY}x")
        assert not s3.is_damaged(f"{KEY}x")


async def test_a_missing_bucket_is_no_missing_picture(store: StrictS3) -> None:
    async with opened(store, bucket="others") as s3:
        for ask in (s3.get, s3.head, s3.is_sound):
            with pytest.raises(StoreRefused, match=NO_BUCKET):
                await ask(KEY)
        with pytest.raises(StoreRefused, match=NO_BUCKET):
            await s3.ping()


@pytest.mark.parametrize("status", [404, 403, 400])
async def test_a_page_of_a_proxy_is_no_missing_picture(store: StrictS3, status: int) -> None:
    store.page = (status, "<html><h1>Not found</h1></html>")
    said = f"^s3: status {status}: not an answer of S3 but text/html; is S3_ENDPOINT_URL right\\?$"
    async with opened(store) as s3:
        for ask in (s3.get, s3.head, s3.is_sound):
            with pytest.raises(StoreDown, match=said):
                await ask(KEY)


async def test_a_bare_404_is_no_missing_picture(store: StrictS3) -> None:
    store.page = (404, "")
    async with opened(store) as s3:
        for ask in (s3.get, s3.head):
            with pytest.raises(StoreDown, match=r"^s3: status 404$"):
                await ask(KEY)


async def test_every_refusal_has_its_code_and_sentence(store: StrictS3) -> None:
    said = "^s3: SignatureDoesNotMatch: The request signature we calculated does not match"
    async with opened(store, secret="another") as s3:
        for ask in (s3.get, s3.head):
            with pytest.raises(StoreRefused, match=said):
                await ask(KEY)
        with pytest.raises(StoreRefused, match=said):
            await s3.ping()
        with pytest.raises(StoreRefused, match=said):
            await check_s3(s3)


async def test_rows_are_not_pruned_because_a_proxy_answers(store: StrictS3, pool: Pool) -> None:
    row = ImageRow(
        hash=SettingsHash("0123456789abcdef" * 2),
        media=MediaId.parse("movie-1"),
        ext=Format.JPG,
        etag="e" * 32,
        bytes=1,
        fingerprint="f" * 32,
        degraded=False,
        drawn_at=datetime.now(UTC),
    )
    await record_image(pool, row)
    store.page = (404, "<html>no backend</html>")
    async with opened(store) as s3:
        restore = IndexRestore(s3, pool, at_once=2, on_batch=lambda _: None, on_skip=lambda *_: None)
        with pytest.raises(StoreDown):
            await restore.prune()

    assert 1 == len(await image_names(pool, None, 10))
