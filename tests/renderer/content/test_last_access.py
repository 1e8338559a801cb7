"""Requests are recorded once a day per picture, in the background."""

from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from renderer.content import last_access
from renderer.content.last_access import LastAccess
from renderer.content.service import ContentService
from renderer.metrics import RendererMetrics
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import ContentAddress
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool, connection, open_pool
from tests.renderer.studio import IMDB, Studio

HASH = SettingsHash("ab" * 16)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


class Notes:
    """Recorded requests, with a clock and metrics of their own."""

    def __init__(self, pool: Pool) -> None:
        self.registry = CollectorRegistry()
        self.now = NOON
        self.notes = LastAccess(pool, RendererMetrics(self.registry), clock=lambda: self.now)

    @property
    def waiting(self) -> float | None:
        return self.registry.get_sample_value("renderer_asked_waiting")

    @property
    def dropped(self) -> float | None:
        return self.registry.get_sample_value("renderer_asked_dropped_total")


async def asked_today(pool: Pool) -> list[bool]:
    async with connection(pool) as db:
        rows = await db.fetch("SELECT asked_on = current_date AS today FROM images ORDER BY media_id")
    return [row["today"] for row in rows]


async def keep(pool: Pool, *media: str) -> None:
    async with connection(pool) as db:
        await db.executemany(
            """
            INSERT INTO images (hash, media_id, ext, etag, bytes, fingerprint, degraded, drawn_at, checked_at, asked_on)
            VALUES ($1, $2, 'jpg', 'e', 1, 'f', false, now(), now(), current_date - 9)
            """,
            [(HASH, each) for each in media],
        )


async def test_a_picture_is_recorded_once_a_day(pool: Pool) -> None:
    await keep(pool, "movie-1", "movie-2")
    recorded = Notes(pool)

    for _ in range(3):
        recorded.notes.note(HASH, "movie-1", Format.JPG)
    once = recorded.waiting
    await recorded.notes.flush()
    recorded.notes.note(HASH, "movie-1", Format.JPG)
    same_day = recorded.waiting
    recorded.now += 43_200
    recorded.notes.note(HASH, "movie-1", Format.JPG)

    assert (1, 0, 1) == (once, same_day, recorded.waiting)
    assert [True, False] == await asked_today(pool)


async def test_requests_are_written_in_batches(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_access, "BATCH", 2)
    await keep(pool, *(f"movie-{number}" for number in range(1, 6)))
    recorded = Notes(pool)
    for number in range(1, 6):
        recorded.notes.note(HASH, f"movie-{number}", Format.JPG)

    await recorded.notes.flush()

    assert [True] * 5 == await asked_today(pool)


async def test_what_postgres_does_not_take_is_dropped_counted_and_collected_again(pool: Pool) -> None:
    await keep(pool, "movie-1")
    async with open_pool("postgresql://postgres@127.0.0.1:9/nowhere") as nowhere:
        recorded = Notes(nowhere)
        recorded.notes.note(HASH, "movie-1", Format.JPG)
        await recorded.notes.flush()
        after = recorded.waiting
        recorded.notes.note(HASH, "movie-1", Format.JPG)

    assert (0, 1, 1) == (after, recorded.dropped, recorded.waiting)


async def test_no_more_requests_wait_than_the_limit(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_access, "MOST_WAITING", 2)
    recorded = Notes(pool)

    for number in (1, 2):
        recorded.notes.note(HASH, f"movie-{number}", Format.JPG)
    at_the_limit = recorded.dropped
    recorded.notes.note(HASH, "movie-3", Format.JPG)

    assert (0, 2, 1) == (at_the_limit, recorded.waiting, recorded.dropped)


async def test_a_served_picture_is_recorded(working: Studio, pool: Pool) -> None:
    recorded = Notes(pool)
    content = ContentService(
        dependencies=working.dependencies,
        queue=working.queue,
        fallback=working.fallback,
        wait_s=2.0,
        metrics=working.metrics,
        last_access=recorded.notes,
    )
    asked_for = ContentAddress((await working.job()).settings_hash, Kind.POSTER, IMDB, Format.JPG)
    await working.content.find(asked_for)  # drawn; this service records nothing
    async with connection(pool) as db:
        await db.execute("UPDATE images SET asked_on = current_date - 9")
        await db.execute("UPDATE settings_registry SET asked_on = current_date - 9")

    await content.find(asked_for)
    await recorded.notes.flush()

    assert [True] == await asked_today(pool)
    async with connection(pool) as db:
        assert await db.fetchval("SELECT asked_on = current_date FROM settings_registry")
