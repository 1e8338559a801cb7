import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
import structlog
from prometheus_client import CollectorRegistry

from gateway.keys import usage as usage_module
from gateway.keys.usage import Usage, today
from gateway.metrics import GatewayMetrics
from shared.domain.errors import StoreDown
from tests.gateway.doubles import KEY_ID, MemoryStores, MemoryUsage, Outside
from tests.gateway.edge import POSTER, running


class Calendar:
    def __init__(self) -> None:
        self.month = date(2026, 10, 1)

    def __call__(self) -> date:
        return self.month


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def usage(stores: MemoryStores, calendar: Calendar) -> Usage:
    return Usage(stores.usage, GatewayMetrics(CollectorRegistry()), today=calendar)


def count(usage: Usage, times: int) -> None:
    for _ in range(times):
        usage.count(KEY_ID)


async def test_usage_is_stored_by_key_and_month(usage: Usage, stores: MemoryStores, calendar: Calendar) -> None:
    count(usage, 2)
    await usage.flush()
    calendar.month = date(2026, 11, 1)
    count(usage, 1)
    await usage.flush()

    assert {(KEY_ID, date(2026, 10, 1)): 2, (KEY_ID, date(2026, 11, 1)): 1} == dict(stores.usage.stored)


async def test_nothing_used_asks_nobody(usage: Usage, stores: MemoryStores) -> None:
    await usage.flush()

    assert 0 == stores.calls


async def test_usage_outlasts_an_outage_in_its_own_month(
    usage: Usage, stores: MemoryStores, calendar: Calendar
) -> None:
    stores.postgres.is_down = True
    count(usage, 2)
    await usage.flush()
    calendar.month = date(2026, 11, 1)
    count(usage, 1)
    await usage.flush()
    stores.postgres.is_down = False

    await usage.flush()
    await usage.flush()

    assert {(KEY_ID, date(2026, 10, 1)): 2, (KEY_ID, date(2026, 11, 1)): 1} == dict(stores.usage.stored)


async def test_counts_of_many_keys_are_stored_in_parts_and_each_once(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "PART", 2)
    stored: list[dict[int, int]] = []

    class Rows(MemoryUsage):
        async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
            if len(stored) == 1 and not is_up:
                raise StoreDown("in the middle")
            stored.append(dict(counts))
            return await super().add(counts, day)

    is_up = False
    usage = Usage(Rows(Outside()), GatewayMetrics(CollectorRegistry()), today=calendar)
    for key_id in (1, 2, 2, 3, 4, 5):
        usage.count(key_id)
    await usage.flush()
    left = [usage.unstored(key_id) for key_id in range(1, 6)]
    is_up = True
    usage.count(5)
    await usage.flush()

    assert [0, 0, 1, 1, 1] == left
    assert [{1: 1, 2: 2}, {3: 1, 4: 1}, {5: 2}] == stored
    assert [0] * 5 == [usage.unstored(key_id) for key_id in range(1, 6)]


async def test_what_an_outage_left_of_a_day_is_stored_for_that_day(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "PART", 2)
    stored: dict[date, Counter[int]] = {}

    class Rows(MemoryUsage):
        async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
            totals = await super().add(counts, day)
            stored.setdefault(day, Counter()).update(counts)
            return totals

    outside = Outside(is_down=True)
    usage = Usage(Rows(outside), GatewayMetrics(CollectorRegistry()), today=calendar)
    for day in (1, 2):
        calendar.month = date(2026, 10, day)
        for key_id in range(1, 6):
            usage.count(key_id)
        await usage.flush()
    left = [usage.unstored(key_id) for key_id in range(1, 6)]
    outside.is_down = False
    await usage.flush()

    assert [2] * 5 == left
    assert [dict.fromkeys(range(1, 6), 1)] * 2 == [stored[date(2026, 10, day)] for day in (1, 2)]


async def test_a_flush_that_takes_too_long_loses_nothing(calendar: Calendar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_module, "PART", 2)
    hangs = asyncio.Event()

    class Rows(MemoryUsage):
        async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
            if self.stored:
                await hangs.wait()
            return await super().add(counts, day)

    rows = Rows(Outside())
    usage = Usage(rows, GatewayMetrics(CollectorRegistry()), today=calendar)
    for key_id in range(1, 8):
        usage.count(key_id)
    with monkeypatch.context() as patch:
        patch.setattr(usage_module, "FLUSH_DEADLINE_S", 0.05)
        await usage.flush()
    left = sum(usage.unstored(key_id) for key_id in range(1, 8))
    hangs.set()
    await usage.flush()

    assert 5 == left
    assert dict.fromkeys(((key_id, calendar.month) for key_id in range(1, 8)), 1) == dict(rows.stored)


async def test_use_includes_what_is_not_stored_yet(usage: Usage) -> None:
    count(usage, 2)
    await usage.flush()
    count(usage, 3)

    assert 5 == await usage.of(KEY_ID)


async def test_use_is_what_is_known_here_without_postgres(usage: Usage, stores: MemoryStores) -> None:
    stores.postgres.is_down = True
    count(usage, 2)
    await usage.flush()
    count(usage, 3)

    assert 5 == await usage.of(KEY_ID)


async def test_usage_is_stored_when_the_process_stops(stores: MemoryStores) -> None:
    async with running(stores) as edge:
        await edge.location(POSTER)

    assert [1] == list(stores.usage.stored.values())


async def test_a_stop_without_postgres_does_not_hang_and_says_what_is_lost(stores: MemoryStores) -> None:
    async with asyncio.timeout(60):
        with structlog.testing.capture_logs() as lines:
            async with running(stores) as edge:
                await edge.location(POSTER)
                stores.postgres.is_down = stores.redis.is_down = True

    assert [1] == [line["requests"] for line in lines if line["event"] == "usage_lost"]


def test_a_day_is_one_of_utc() -> None:
    assert datetime.now(UTC).date() - today() <= timedelta(days=1)


def test_a_month_is_spent_by_what_all_replicas_used(usage: Usage, stores: MemoryStores) -> None:
    count(usage, 2)
    early = usage.is_spent(KEY_ID, 3)
    stores.usage.stored[KEY_ID, date(2026, 10, 1)] = 7  # another replica's
    asyncio.run(usage.flush())

    assert (False, True, False) == (early, usage.is_spent(KEY_ID, 9), usage.is_spent(KEY_ID, 10))
    assert not usage.is_spent(KEY_ID, 0)


def test_a_new_month_is_not_spent(usage: Usage, calendar: Calendar) -> None:
    count(usage, 3)
    spent = usage.is_spent(KEY_ID, 3)
    asyncio.run(usage.flush())
    calendar.month = date(2026, 11, 1)
    asyncio.run(usage.flush())

    assert (True, False) == (spent, usage.is_spent(KEY_ID, 3))
