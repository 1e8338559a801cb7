"""Purges at the CDN: in calls of a limited size, retried, and failed after the last attempt."""

from datetime import UTC, datetime

import pytest

from renderer.db.index_rebuild import ImageName
from renderer.maintenance.cdn_orders import MAX_ATTEMPTS, CdnOrders
from renderer.maintenance.maintenance_tasks import is_same_site
from shared.domain.errors import SourceDown
from shared.domain.pictures import Format
from shared.settings.digest import settings_hash
from shared.stores.invalidation_message import settings_folder
from shared.stores.postgres import Pool
from tests.renderer.maintenance.picture_stores import (
    EPISODE,
    FILM,
    NAMES,
    PLAIN,
    SETTINGS,
    PictureStores,
    RecordingCdn,
)

FOLDERS = [settings_folder(each) for each in SETTINGS] * 31


def orders(pool: Pool, edge: RecordingCdn, bucket_url: str | None = None) -> CdnOrders:
    base = "https://posters.example/base"
    return CdnOrders(edge, pool, base_url=base, bucket_url=bucket_url, batch=30, pause_s=0.0)


async def test_no_call_has_more_addresses_than_the_cdn_takes(pool: Pool) -> None:
    edge = RecordingCdn()

    await orders(pool, edge).purge_folders(FOLDERS)

    assert [30, 30, 2] == edge.calls
    assert [f"posters.example/base/{folder}" for folder in FOLDERS] == edge.prefixes


async def test_a_failed_call_is_retried(pool: Pool) -> None:
    edge = RecordingCdn(error=SourceDown("cloudflare", "status 500"), failures=MAX_ATTEMPTS - 1)

    await orders(pool, edge).purge_folders(FOLDERS[:2])

    assert [2] * MAX_ATTEMPTS == edge.calls
    assert 2 == len(edge.prefixes)


async def test_after_the_last_attempt_the_error_is_raised(pool: Pool) -> None:
    edge = RecordingCdn(error=SourceDown("cloudflare", "status 500"))

    with pytest.raises(SourceDown):
        await orders(pool, edge).purge_folders(FOLDERS)

    assert [30] * MAX_ATTEMPTS == edge.calls


async def test_what_callers_fetch_from_the_bucket_is_purged_there_too(stores: PictureStores) -> None:
    edge = stores.edge
    await stores.draw(PLAIN, FILM)
    await stores.draw(PLAIN, EPISODE)
    there = orders(stores.pool, edge, "https://pictures.posters.example")
    (folder,) = {settings_folder(settings_hash(PLAIN))}
    drawn = datetime(2026, 11, 14, tzinfo=UTC)
    names = [ImageName(settings_hash(PLAIN), media, Format.JPG, drawn) for media in (FILM, EPISODE)]

    await there.purge_pictures(names, NAMES[FILM])
    await there.purge_folders([folder])

    assert [
        f"pictures.posters.example/{folder}movie-278.jpg",
        f"pictures.posters.example/{folder}series-139%3A1%3A2.jpg",
        f"posters.example/base/{folder}",
        f"pictures.posters.example/{folder}",
    ] == edge.prefixes


@pytest.mark.parametrize(
    ("bucket", "content", "is_same"),
    [
        ("https://pictures.marquee.example", "https://posters.marquee.example", True),
        ("https://posters.marquee.example/bucket", "https://posters.marquee.example", True),
        ("https://d1.cloudfront.example", "https://posters.marquee.example", False),
        ("https://marquee.example", "https://posters.marquee.example", False),
        ("https://other.example", "https://posters.example", False),
    ],
)
def test_a_bucket_of_another_site_is_not_purged_in_the_zone(bucket: str, content: str, *, is_same: bool) -> None:
    assert is_same is is_same_site(bucket, content)
