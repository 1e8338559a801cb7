"""Purges at the CDN: in calls of a limited size, retried, and failed after the last attempt."""

import pytest

from renderer.maintenance.cdn_orders import MAX_ATTEMPTS, CdnOrders
from shared.domain.errors import SourceDown
from shared.stores.invalidation_message import settings_folder
from shared.stores.postgres import Pool
from tests.renderer.maintenance.picture_stores import SETTINGS, RecordingCdn

FOLDERS = [settings_folder(each) for each in SETTINGS] * 31


def orders(pool: Pool, edge: RecordingCdn) -> CdnOrders:
    return CdnOrders(edge, pool, base_url="https://posters.example/base", batch=30, pause_s=0.0)


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
