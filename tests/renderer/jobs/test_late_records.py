"""Index rows that Postgres did not take are written when it does; on a real Postgres behind a relay."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from yarl import URL

from deploy.dev.local.ports import free_ports
from renderer.jobs import late_records
from renderer.jobs.late_records import LateRecords
from renderer.metrics import RendererMetrics
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool, connection, open_pool
from tests.stack.relay import Relay, Trouble

ROW = ImageRow(
    hash=SettingsHash("a" * 32),
    media=MediaId.parse("movie-278"),
    ext=Format.JPG,
    etag="e" * 32,
    bytes=80_000,
    fingerprint="f" * 32,
    degraded=False,
    drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
)
NEWER = msgspec.structs.replace(ROW, etag="d" * 32, drawn_at=datetime(2026, 11, 22, tzinfo=UTC))
OTHER = msgspec.structs.replace(ROW, media=MediaId.parse("movie-19"))


class Ground:
    """A pool whose way to Postgres can be cut off, and what waits."""

    def __init__(self, relay: Relay, distant: Pool, near: Pool) -> None:
        self.relay, self.near = relay, near
        self.registry = CollectorRegistry()
        self.distant = distant
        self.late = LateRecords(distant, RendererMetrics(self.registry), most_waiting=2)

    def keep(self, row: ImageRow) -> None:
        self.late.keep(row.media, partial(record_image, self.distant, row), "gone")

    async def indexed(self) -> list[tuple[str, str]]:
        async with connection(self.near) as db:
            rows = await db.fetch("SELECT media_id, etag FROM images ORDER BY media_id")
        return [(row["media_id"], row["etag"]) for row in rows]

    def lost(self) -> float | None:
        return self.registry.get_sample_value("renderer_records_lost_total")


@pytest.fixture
async def ground(pool: Pool, postgres_url: str) -> AsyncIterator[Ground]:
    (port,) = free_ports(1, apart_from=())
    address = URL(postgres_url)
    async with Relay(port, address.port or 0) as relay, open_pool(str(address.with_port(port))) as distant:
        yield Ground(relay, distant, pool)


async def test_what_waits_is_written_when_postgres_is_back_the_newest_row_of_each_picture(ground: Ground) -> None:
    await ground.relay.break_down(Trouble.REFUSES)
    for row in (ROW, OTHER, NEWER):
        ground.keep(row)
    await ground.late.write()
    meanwhile = await ground.indexed()
    await ground.relay.heal()
    await ground.late.write()

    assert [] == meanwhile
    assert [("movie-19", ROW.etag), ("movie-278", NEWER.etag)] == await ground.indexed()
    assert 0 == ground.lost()


async def test_more_rows_than_may_wait_are_lost_and_counted(ground: Ground) -> None:
    for nth in range(5):
        ground.keep(msgspec.structs.replace(ROW, media=MediaId.parse(f"movie-{nth + 1}")))
    await ground.late.write()

    assert ["movie-4", "movie-5"] == [media for media, _ in await ground.indexed()]
    assert 3 == ground.lost()


async def test_a_row_that_postgres_can_never_take_holds_up_no_other(ground: Ground) -> None:
    ground.keep(msgspec.structs.replace(ROW, etag="\0"))
    ground.keep(OTHER)
    await ground.late.write()

    assert [("movie-19", OTHER.etag)] == await ground.indexed()
    assert 1 == ground.lost()


@pytest.mark.parametrize("is_back", [True, False])
async def test_the_end_of_the_process_writes_what_waits_or_counts_it(ground: Ground, *, is_back: bool) -> None:
    if not is_back:
        await ground.relay.break_down(Trouble.REFUSES)
    ground.keep(ROW)
    running = asyncio.create_task(ground.late.run())
    await asyncio.sleep(0)
    await cancel_and_wait(running)

    assert (int(is_back), int(not is_back)) == (len(await ground.indexed()), ground.lost())


async def test_it_writes_by_itself(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_records, "EVERY_S", 0.01)
    ground.keep(ROW)
    running = asyncio.create_task(ground.late.run())
    async with asyncio.timeout(5):
        while not await ground.indexed():  # noqa: ASYNC110 - a row in Postgres signals nothing
            await asyncio.sleep(0.01)
    await cancel_and_wait(running)
