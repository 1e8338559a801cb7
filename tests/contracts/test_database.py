"""The SQL of each aggregate, on a real Postgres."""

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from gateway.db.admins import ensure_admin
from gateway.db.api_keys import ApiKeys, ManagedKey
from gateway.db.usage import UsageCounts
from gateway.keys.api_key import ApiKey
from gateway.keys.token import Form, KeyToken
from shared.domain.awards import Award
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.rating_merge import RatingReport
from shared.domain.ratings import Rating, RatingSite
from shared.settings.digest import SettingsHash, settings_hash, settings_text
from shared.settings.parameters import parse
from shared.stores.image_rows import ImageRow, mark_checked, record_image
from shared.stores.migrate import main, migrate
from shared.stores.postgres import Pool, connection, database_errors, lasting_transaction, open_pool
from shared.stores.postgres_server import newest_revision
from shared.stores.settings_rows import load_settings, save_settings
from shared.stores.title_reports import find_reports, save_reports
from shared.stores.title_rows import TitleMetadata, find_media, find_title, save_title
from tests.stack.api_keys import create_key
from tests.stack.parts import Stack

NOVEMBER = date(2026, 11, 21)
FILM = MediaId.parse("movie-278")
IMDB, TMDB = ExternalId.from_alias("imdb:tt0111161"), ExternalId.from_alias("tmdb:movie-278")


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


async def ask(pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute("SELECT 1")


def every_error(of: type[BaseException]) -> Iterator[type[BaseException]]:
    for error in of.__subclasses__():
        yield error
        yield from every_error(error)


def test_every_error_of_the_library_becomes_ours() -> None:
    theirs = {
        error
        for error in every_error(Exception)
        if error.__module__.startswith("asyncpg.exceptions")
        and not issubclass(error, Warning | asyncpg.PostgresLogMessage)
    }
    for error in theirs:
        raised = error("why") if issubclass(error, asyncpg.InterfaceError) else error.__new__(error, "why")
        with pytest.raises(StoreDown), database_errors():
            raise raised

    assert len(theirs) > 200


async def test_migrating_twice_and_by_many_at_once_does_no_harm(stack: Stack) -> None:
    dsn = await asyncio.to_thread(stack.postgres)
    try:
        said = await asyncio.gather(*(migrate(dsn) for _ in range(4)))
        again = await migrate(dsn)
    finally:
        await asyncio.to_thread(stack.stop, "postgres")

    assert 1 == sum(line == f"database migrated from nothing to {newest_revision()}" for line in said)
    assert 3 == sum(line == f"database is at {newest_revision()}: nothing to do" for line in said)
    assert f"database is at {newest_revision()}: nothing to do" == again


def test_the_migration_program_says_in_one_line_what_it_did(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)

    main()

    assert f"database is at {newest_revision()}: nothing to do\n" == capsys.readouterr().out


def test_the_migration_program_fails_in_one_line_without_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres:sesame@127.0.0.1:9/marquee")

    with pytest.raises(SystemExit) as ended:
        main()

    said = capsys.readouterr().err
    assert 1 == ended.value.code
    assert said.startswith("marquee cannot migrate: postgres: ")
    assert 1 == said.count("\n")
    assert "sesame" not in said


async def test_migrating_what_is_not_there_is_store_down() -> None:
    with pytest.raises(StoreDown):
        await migrate("postgresql://postgres@127.0.0.1:9/marquee")


async def test_the_free_key_is_a_row(pool: Pool) -> None:
    (free,) = await ApiKeys(pool).find([KeyToken(Form.FREE, digest("t0-free-rpdb"))])

    assert free == ApiKey(free.id if free else 0, is_free=True)


async def test_a_key_is_found_by_both_of_its_forms(pool: Pool) -> None:
    made = await create_key(
        pool,
        name="home",
        key_hash=digest("key"),
        key_prefix="abcdef01",
        share_hash=digest("share"),
        tier=1,
        monthly_limit=1000,
        direct=True,
    )

    tokens = [KeyToken(Form.KEY, digest(text)) for text in ("share", "unknown", "key")]
    found = await ApiKeys(pool).find(tokens)

    key = ApiKey(made.id, 1000, is_direct=True)
    assert [key, None, key] == found


async def test_a_disabled_key_is_not_found(pool: Pool) -> None:
    made = await create_key(pool, name="gone", key_hash=digest("key"), key_prefix="abcdef01")
    async with connection(pool) as db:
        await db.execute("UPDATE api_keys SET disabled_at = now() WHERE id = $1", made.id)

    assert [None] == await ApiKeys(pool).find([KeyToken(Form.KEY, digest("key"))])


async def test_an_unknown_key_is_not_found(pool: Pool) -> None:
    assert [None] == await ApiKeys(pool).find([KeyToken(Form.KEY, digest("unknown"))])


async def test_a_look_survives_and_the_first_write_stays(pool: Pool) -> None:
    settings = parse(Kind.BACKDROP, Format.WEBP, {"lang": "pt-br", "ratings_limit": "2", "position": "tl"})
    name = settings_hash(settings)

    await asyncio.gather(*(save_settings(pool, name, settings) for _ in range(8)))
    await save_settings(pool, name, parse(Kind.POSTER, Format.JPG, {}))

    async with connection(pool) as db:
        row = await db.fetchrow("SELECT kind, format, text FROM settings_registry WHERE hash = $1", name)
    assert settings == await load_settings(pool, name)
    assert ("backdrop", "webp", settings_text(settings)) == tuple(row)


async def test_a_look_that_nobody_issued_is_none(pool: Pool) -> None:
    assert None is await load_settings(pool, SettingsHash("0" * 32))


async def test_a_look_of_another_version_is_an_accident(pool: Pool) -> None:
    name = SettingsHash("1" * 32)
    body = '{"kind": "poster", "format": "jpg", "hologram": true}'
    async with connection(pool) as db:
        await db.execute("INSERT INTO settings_registry VALUES ($1, 'poster', 'jpg', $2, '')", name, body)

    with pytest.raises(StoreDown):
        await load_settings(pool, name)


async def test_all_ids_of_a_title_find_it(pool: Pool) -> None:
    await save_title(
        pool,
        TitleMetadata(media=FILM, name="The Shawshank Redemption", film_date=date(1994, 9, 23)),
        [IMDB, TMDB, IMDB],
    )

    assert [FILM, FILM] == [await find_media(pool, IMDB), await find_media(pool, TMDB)]
    assert None is await find_media(pool, ExternalId(IdType.TVDB, 1))


async def test_an_id_can_move_to_another_title(pool: Pool) -> None:
    other = MediaId.parse("series-1396")
    await save_title(pool, TitleMetadata(media=FILM, name="wrong"), [IMDB])
    await save_title(pool, TitleMetadata(media=other, name="right"), [IMDB])

    assert other == await find_media(pool, IMDB)


async def test_titles_saved_at_once_do_not_lock_up(pool: Pool) -> None:
    refs = [ExternalId(IdType.IMDB, number) for number in range(1, 30)]

    await asyncio.gather(
        *(
            save_title(pool, TitleMetadata(media=FILM, name=str(nth)), refs if nth % 2 else reversed(refs))
            for nth in range(10)
        )
    )

    assert FILM == await find_media(pool, refs[0])


def image(**changes: object) -> ImageRow:
    row = ImageRow(
        hash=SettingsHash("a" * 32),
        media=FILM,
        ext=Format.JPG,
        etag="e" * 32,
        bytes=80_000,
        fingerprint="f" * 32,
        degraded=False,
        drawn_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    return msgspec.structs.replace(row, **changes)


async def stored_image(pool: Pool) -> tuple[object, ...]:
    async with connection(pool) as db:
        (row,) = await db.fetch("SELECT etag, drawn_at, checked_at FROM images")
    return tuple(row)


async def test_a_later_image_replaces_an_earlier_and_not_the_other_way(pool: Pool) -> None:
    later = image(etag="later", drawn_at=image().drawn_at + timedelta(days=1))

    for row in (image(), later, image()):
        await record_image(pool, row)

    assert ("later", later.drawn_at, later.drawn_at) == await stored_image(pool)


async def test_a_checked_image_says_when(pool: Pool) -> None:
    checked_at = image().drawn_at + timedelta(days=2)
    await record_image(pool, image())

    await mark_checked(pool, image().hash, FILM, Format.JPG, checked_at)
    await mark_checked(pool, image().hash, FILM, Format.JPG, image().drawn_at)

    assert ("e" * 32, image().drawn_at, checked_at) == await stored_image(pool)


async def a_key(pool: Pool, name: str) -> ManagedKey:
    return await create_key(pool, name=name, key_hash=digest(name), key_prefix=name[:8])


async def test_usage_adds_up_by_key_and_month(pool: Pool) -> None:
    one, two = await a_key(pool, "one"), await a_key(pool, "two")

    await UsageCounts(pool).add({one.id: 2, two.id: 5}, NOVEMBER)
    await UsageCounts(pool).add({one.id: 3}, date(2026, 11, 1))
    await UsageCounts(pool).add({one.id: 7}, date(2026, 12, 1))
    await UsageCounts(pool).add({}, NOVEMBER)

    used = [await UsageCounts(pool).find(key.id, NOVEMBER) for key in (one, two)]
    assert [5, 5] == used
    assert 7 == await UsageCounts(pool).find(one.id, date(2026, 12, 31))


async def test_use_is_told_back_of_keys_with_a_monthly_limit(pool: Pool) -> None:
    limited, unlimited = await a_key(pool, "one"), await a_key(pool, "two")
    async with connection(pool) as db:
        await db.execute("UPDATE api_keys SET monthly_limit = 9 WHERE id = $1", limited.id)
        await db.execute("UPDATE api_keys SET monthly_limit = 0 WHERE id = $1", unlimited.id)
    await UsageCounts(pool).add({limited.id: 2}, NOVEMBER)

    told = await UsageCounts(pool).add({limited.id: 3, unlimited.id: 4}, NOVEMBER)

    assert {limited.id: 5} == told


async def test_usage_of_a_deleted_key_is_passed_over(pool: Pool) -> None:
    one = await a_key(pool, "one")

    await UsageCounts(pool).add({one.id: 2, one.id + 1000: 9}, NOVEMBER)

    assert [2, 0] == [await UsageCounts(pool).find(key, NOVEMBER) for key in (one.id, one.id + 1000)]


async def test_usage_added_at_once_loses_nothing(pool: Pool) -> None:
    one, two = await a_key(pool, "one"), await a_key(pool, "two")
    batches = [{one.id: 1, two.id: 1}, {two.id: 1, one.id: 1}] * 10

    await asyncio.gather(*(UsageCounts(pool).add(batch, NOVEMBER) for batch in batches))

    assert [20, 20] == [await UsageCounts(pool).find(key.id, NOVEMBER) for key in (one, two)]


async def test_there_is_one_first_admin(pool: Pool) -> None:
    made = await asyncio.gather(*(ensure_admin(pool, f"admin{nth}", "$argon2id$…") for nth in range(5)))

    async with connection(pool) as db:
        count = await db.fetchval("SELECT count(*) FROM admin_users")
    assert 1 == sum(made)
    assert 1 == count


async def test_a_lost_postgres_is_store_down_and_works_again_when_it_is_back(stack: Stack) -> None:
    dsn = await asyncio.to_thread(stack.postgres)
    port = int(dsn.rsplit(":", 1)[1].split("/")[0])
    async with open_pool(dsn) as pool:
        await ask(pool)
        await asyncio.to_thread(stack.stop, "postgres")

        with pytest.raises(StoreDown):
            await ask(pool)

        await asyncio.to_thread(stack.postgres, port)
        await ask(pool)
        await asyncio.to_thread(stack.stop, "postgres")


async def test_a_postgres_that_is_down_at_the_start_stops_nobody() -> None:
    async with open_pool("postgresql://postgres@127.0.0.1:9/marquee") as pool:
        with pytest.raises(StoreDown):
            await ask(pool)


async def test_a_query_that_takes_too_long_is_store_down(pool: Pool) -> None:
    with pytest.raises(StoreDown):
        async with connection(pool) as db:
            await db.execute("SELECT pg_sleep(10)", timeout=0.1)
    await ask(pool)


REPORT = RatingReport(
    source="omdb",
    ratings={RatingSite.IMDB: Rating(9.3, 2_900_000), RatingSite.RT: Rating(89)},
    award=Award.OSCAR,
    heard_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
)


async def test_what_a_source_said_last_is_kept_as_a_word_of_an_earlier_time(pool: Pool) -> None:
    await save_title(pool, TitleMetadata(media=FILM), [IMDB])
    older = msgspec.structs.replace(REPORT, ratings={}, award=None, heard_at=REPORT.heard_at - timedelta(days=1))
    for report in (older, REPORT, older):
        await save_reports(pool, FILM, [report])

    assert (msgspec.structs.replace(REPORT, is_fresh=False),) == await find_reports(pool, FILM)


async def test_a_report_of_a_title_that_is_not_kept_is_refused(pool: Pool) -> None:
    with pytest.raises(StoreDown):
        await save_reports(pool, MediaId(TitleKind.MOVIE, 777), [REPORT])


async def test_all_that_is_kept_of_a_title_can_be_read(pool: Pool) -> None:
    series = MediaId(TitleKind.SERIES, 1396)
    facts = TitleMetadata(
        media=series,
        name="Breaking Bad",
        film_date=date(2013, 9, 29),
        released=date(2008, 1, 20),
        last_aired=date(2013, 9, 29),
        status="Ended",
    )
    await save_title(pool, facts, [ExternalId(IdType.TVDB, 81189, TitleKind.SERIES)])
    await save_reports(pool, series, [REPORT])

    record = await find_title(pool, series)

    assert record is not None
    assert (facts, ("tvdb:series-81189",)) == (record.facts, record.aliases)
    assert ["omdb"] == [report.source for report in record.reports]
    assert None is await find_title(pool, MediaId(TitleKind.SERIES, 1))


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_the_locks_and_settings_of_a_transaction_end_with_its_block(
    postgres_url: str, *, is_cancelled: bool
) -> None:
    async def change_it(pool: Pool, changed: asyncio.Event) -> None:
        async with lasting_transaction(pool) as db:
            await db.execute("SELECT pg_advisory_xact_lock(77)")
            changed.set()
            if is_cancelled:
                await asyncio.Event().wait()

    async with open_pool(postgres_url, most_connections=1) as pool, open_pool(postgres_url) as other:
        changed = asyncio.Event()
        task = asyncio.create_task(change_it(pool, changed))
        await changed.wait()
        if is_cancelled:
            task.cancel()
        await asyncio.wait([task])

        async with connection(pool) as db:
            setting = await db.fetchval("SELECT current_setting('idle_in_transaction_session_timeout')")
        async with lasting_transaction(other) as db:
            is_free = await db.fetchval("SELECT pg_try_advisory_xact_lock(77)")
            inside = await db.fetchval("SELECT current_setting('tcp_keepalives_idle')")

    assert ("0", True, "10") == (setting, is_free, inside)


async def test_a_connection_that_comes_back_costs_no_question(postgres_url: str) -> None:
    asked: list[object] = []
    async with open_pool(postgres_url, most_connections=1) as pool:
        async with connection(pool) as db:
            db.add_query_logger(asked.append)
            await db.execute("SELECT 1")
        async with connection(pool) as db:
            await db.execute("SELECT 2")

    assert 2 == len(asked)


async def test_a_transaction_that_was_left_open_is_rolled_back(pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute("BEGIN")
        await db.execute("CREATE TABLE left_open ()")

    async with connection(pool) as db:
        assert not db.is_in_transaction()
        assert await db.fetchval("SELECT to_regclass('left_open')") is None


async def test_a_short_statement_starts_no_task(pool: Pool) -> None:
    await ask(pool)
    started: list[object] = []

    def note(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **rest: Any) -> asyncio.Task[Any]:
        started.append(work)
        return asyncio.Task(work, loop=loop, **rest)

    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(note)  # type: ignore[arg-type]  # a task is a future
    try:
        for _ in range(3):
            await ask(pool)
    finally:
        loop.set_task_factory(before)

    assert [] == started
    assert 0 == pool.count().used


async def test_a_statement_that_is_given_up_leaves_a_connection_for_the_next(pool: Pool) -> None:
    async def ask_slowly() -> None:
        with suppress(asyncio.CancelledError):
            async with connection(pool) as db, asyncio.timeout(0.05):
                await db.execute("SELECT pg_sleep(30)")

    for _ in range(2):
        with suppress(StoreDown, TimeoutError):
            await ask_slowly()
    await ask(pool)

    assert 0 == pool.count().used
