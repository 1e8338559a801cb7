"""What is asked for is noted once a day, and nobody waits for it."""

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

LOOK = SettingsHash("ab" * 16)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


class Notes:
    """Notes with a clock and numbers of their own."""

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
            [(LOOK, each) for each in media],
        )


async def test_a_picture_is_noted_once_a_day(pool: Pool) -> None:
    await keep(pool, "movie-1", "movie-2")
    taken = Notes(pool)

    for _ in range(3):
        taken.notes.note(LOOK, "movie-1", Format.JPG)
    once = taken.waiting
    await taken.notes.flush()
    taken.notes.note(LOOK, "movie-1", Format.JPG)
    same_day = taken.waiting
    taken.now += 43_200
    taken.notes.note(LOOK, "movie-1", Format.JPG)

    assert (1, 0, 1) == (once, same_day, taken.waiting)
    assert [True, False] == await asked_today(pool)


async def test_notes_are_written_in_batches(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_access, "BATCH", 2)
    await keep(pool, *(f"movie-{number}" for number in range(1, 6)))
    taken = Notes(pool)
    for number in range(1, 6):
        taken.notes.note(LOOK, f"movie-{number}", Format.JPG)

    await taken.notes.flush()

    assert [True] * 5 == await asked_today(pool)


async def test_what_postgres_does_not_take_is_dropped_counted_and_noted_again(pool: Pool) -> None:
    await keep(pool, "movie-1")
    async with open_pool("postgresql://postgres@127.0.0.1:9/nowhere") as nowhere:
        taken = Notes(nowhere)
        taken.notes.note(LOOK, "movie-1", Format.JPG)
        await taken.notes.flush()
        after = taken.waiting
        taken.notes.note(LOOK, "movie-1", Format.JPG)

    assert (0, 1, 1) == (after, taken.dropped, taken.waiting)


async def test_no_more_notes_wait_than_the_limit_allows(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_access, "MOST_WAITING", 2)
    taken = Notes(pool)

    for number in (1, 2):
        taken.notes.note(LOOK, f"movie-{number}", Format.JPG)
    at_the_limit = taken.dropped
    taken.notes.note(LOOK, "movie-3", Format.JPG)

    assert (0, 2, 1) == (at_the_limit, taken.waiting, taken.dropped)


async def test_what_is_served_is_noted(working: Studio, pool: Pool) -> None:
    taken = Notes(pool)
    library = ContentService(
        tools=working.tools,
        queue=working.queue,
        plain=working.plain,
        wait_s=2.0,
        metrics=working.metrics,
        asked=taken.notes,
    )
    asked_for = ContentAddress((await working.job()).settings_hash, Kind.POSTER, IMDB, Format.JPG)
    await working.library.find(asked_for)  # drawn; and this library notes nothing
    async with connection(pool) as db:
        await db.execute("UPDATE images SET asked_on = current_date - 9")
        await db.execute("UPDATE settings_registry SET asked_on = current_date - 9")

    await library.find(asked_for)
    await taken.notes.flush()

    assert [True] == await asked_today(pool)
    async with connection(pool) as db:
        assert await db.fetchval("SELECT asked_on = current_date FROM settings_registry")
