"""The installation in numbers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from gateway.db.stats import (
    DAYS,
    Count,
    PictureCount,
    count_pictures,
    count_requests,
    count_settings,
    count_titles,
)
from gateway.db.usage import UsageCounts
from gateway.keys.token import FREE_KEY
from shared.domain.errors import Cause
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Format, Kind
from shared.queue.dead_letters import waiting_s
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import MAX_ATTEMPTS
from shared.queue.redis_keys import DEAD_STREAM
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool, connection
from shared.stores.settings_rows import save_settings
from shared.stores.title_rows import TitleMetadata, save_title
from tests.gateway.auth.caller import Caller
from tests.gateway.keys.holder import new_holder, new_key
from tests.waiting import until_true

PATH = "/api/admin/stats"
POSTER = "/imdb/poster-default/tt0017136.jpg"
NOW = datetime.now(UTC)
TODAY = date(2024, 3, 1)


async def store(pool: Pool, kind: Kind, *sizes: int) -> SettingsHash:
    """Keep a look of this kind and a picture of each of these sizes."""
    look = parse(kind, Format.PNG, {})
    name = settings_hash(look)
    await save_settings(pool, name, look)
    for number, size in enumerate(sizes, 1):
        await record_image(pool, picture(name, f"movie-{number}", size))
    return name


def picture(look: SettingsHash, media: str, size: int) -> ImageRow:
    return ImageRow(
        hash=look,
        media=MediaId.parse(media),
        ext=Format.PNG,
        etag="e",
        bytes=size,
        fingerprint="f",
        degraded=False,
        drawn_at=NOW,
    )


def job(number: int, lane: Priority = Priority.INTERACTIVE) -> RenderJob:
    return RenderJob(settings_hash=SettingsHash("ab" * 16), title=ExternalId(IdType.IMDB, number), lane=lane)


def queue_of(redis: Redis, **limits: float) -> RedisStreamQueue:
    return RedisStreamQueue(redis, consumer="test", **limits)  # type: ignore[arg-type]  # seconds, as they are


async def test_a_new_installation_has_nothing(admin: Caller) -> None:
    numbers = (await admin.get(PATH)).json

    assert {"count": 0, "bytes": 0, "is_estimate": False, "by_kind": {}} == numbers["pictures"]
    assert [] == numbers["clients"]
    assert {"count": 0, "is_estimate": False} == numbers["titles"] == numbers["looks"]
    assert {"all": 0, "disabled": 0, "used_last_day": 0} == numbers["keys"]
    assert (0, 0, DAYS) == (
        numbers["requests"]["today"],
        numbers["requests"]["this_month"],
        len(numbers["requests"]["by_day"]),
    )
    idle = {"waiting": 0, "taken": 0, "oldest_waiting_s": None}
    assert {"interactive": idle, "refresh": idle, "prefetch": idle} == numbers["queue"]
    assert {"count": 0, "newest": []} == numbers["dead_letters"]


async def test_pictures_are_counted_by_kind(admin: Caller, pool: Pool) -> None:
    await store(pool, Kind.POSTER, 1000, 2000, 3000)
    await store(pool, Kind.LOGO, 50)
    await record_image(pool, picture(SettingsHash("f" * 32), "movie-1", 7))  # of a look that was removed
    await save_title(pool, TitleMetadata(media=MediaId.parse("movie-1"), name="One"), [])

    numbers = (await admin.get(PATH)).json

    assert {
        "count": 5,
        "bytes": 6057,
        "is_estimate": False,
        "by_kind": {"poster": {"count": 3, "bytes": 6000}, "logo": {"count": 1, "bytes": 50}},
    } == numbers["pictures"]
    assert (2, 1) == (numbers["looks"]["count"], numbers["titles"]["count"])


async def test_large_tables_are_estimated(pool: Pool) -> None:
    look = await store(pool, Kind.POSTER)
    async with connection(pool) as db:
        await db.execute(
            "INSERT INTO images SELECT $1, 'movie-' || n, 'png', 'e', 10, 'f', false, now(), now()"
            " FROM generate_series(1, 500) AS n",
            look,
        )
        await db.execute("ANALYZE images")

    estimated = await count_pictures(pool, exact_up_to=400)
    counted = await count_pictures(pool, exact_up_to=500)

    expected = {"poster": PictureCount(500, 5000)}
    assert (500, 5000, True, expected) == (
        estimated.count,
        estimated.bytes,
        estimated.is_estimate,
        estimated.by_kind,
    )
    assert (False, expected) == (counted.is_estimate, counted.by_kind)


async def test_what_has_grown_since_it_was_estimated_is_counted_up_to_the_bound(pool: Pool) -> None:
    for kind in Kind:
        await store(pool, kind)
    async with connection(pool) as db:
        await db.execute("ANALYZE titles, settings_registry")
        await db.execute(
            "INSERT INTO titles SELECT 'movie-' || n, 'movie', '', null, now() FROM generate_series(1, 9) n"
        )

    assert Count(5, is_estimate=True) == await count_titles(pool, exact_up_to=5)
    assert Count(9, is_estimate=False) == await count_titles(pool, exact_up_to=9)
    assert Count(4, is_estimate=False) == await count_settings(pool, exact_up_to=4)


async def test_keys_are_counted_without_the_free_one(admin: Caller, pool: Pool) -> None:
    ids = [(await new_key(pool))[0] for _ in range(3)]
    async with connection(pool) as db:
        await db.execute("UPDATE api_keys SET disabled_at = now() WHERE id = $1", ids[0])
        await db.execute("UPDATE api_keys SET last_used_at = now() - interval '2 days' WHERE id = $1", ids[1])
        await db.execute("UPDATE api_keys SET last_used_at = now() WHERE id = $1 OR key_prefix = 't0-free-'", ids[2])

    assert {"all": 3, "disabled": 1, "used_last_day": 1} == (await admin.get(PATH)).json["keys"]


async def test_requests_are_counted_by_day_and_month(pool: Pool) -> None:
    one, two = [(await new_key(pool))[0] for _ in range(2)]
    for day, counts in {
        TODAY: {one: 1, two: 2},
        TODAY - timedelta(days=1): {one: 10},
        TODAY - timedelta(days=DAYS - 1): {two: 100},
        TODAY - timedelta(days=DAYS): {two: 1000},
        TODAY + timedelta(days=1): {one: 10_000},
    }.items():
        await UsageCounts(pool).add(counts, day)

    requests = await count_requests(pool, TODAY)

    assert (3, 10_003) == (requests.today, requests.this_month)
    assert {TODAY: 3, TODAY - timedelta(days=1): 10, TODAY - timedelta(days=DAYS - 1): 100} == {
        each.day: each.requests for each in requests.by_day if each.requests
    }
    assert [TODAY - timedelta(days=number) for number in reversed(range(DAYS))] == [
        each.day for each in requests.by_day
    ]


async def test_a_client_is_named_once_it_has_its_first_picture(admin: Caller) -> None:
    for path, client in (
        (POSTER, "AIOMetadata/2.16"),
        ("/imdb/logo-default/tt0017136.png", "curl/8"),
        ("/imdb/poster-default/nothing.jpg", "Kodi/21"),
    ):
        await admin.stranger().get(f"/{FREE_KEY}{path}", User_Agent=client)

    seen: list[dict[str, Any]] = []

    async def are_known() -> bool:
        seen[:] = (await admin.get(PATH)).json["clients"]
        return len(seen) > 1

    await until_true(are_known)
    assert {("AIOMetadata", "poster", "GET"), ("curl", "logo", "GET")} == {
        (each["name"], each["kind"], each["method"]) for each in seen
    }
    assert all(0 <= each["age_s"] < 60 for each in seen)


async def test_the_queue_is_shown_by_lane(admin: Caller, redis: Redis) -> None:
    queue = queue_of(redis)
    await queue.enqueue([job(1), job(2), job(3), job(4, Priority.REFRESH)])
    await queue.claim(1, 0)

    lanes = (await admin.get(PATH)).json["queue"]

    assert {"interactive": (2, 1), "refresh": (1, 0), "prefetch": (0, 0)} == {
        lane: (numbers["waiting"], numbers["taken"]) for lane, numbers in lanes.items()
    }
    assert all(0 <= lanes[lane]["oldest_waiting_s"] < 60 for lane in ("interactive", "refresh"))


async def test_the_oldest_waiting_job_is_the_first_that_nobody_took(redis: Redis) -> None:
    seconds, _ = await redis.time()
    stream = "marquee:jobs:interactive"
    for age_s in (300, 200, 100):
        await redis.xadd(stream, {"job": b"x"}, id=f"{(seconds - age_s) * 1000}-0")
    before = await waiting_s(redis, Priority.INTERACTIVE)
    await redis.xgroup_create(stream, "painters", id=f"{(seconds - 300) * 1000}-0")
    after = await waiting_s(redis, Priority.INTERACTIVE)

    assert (300, 200) == tuple(age_s and age_s // 10 * 10 for age_s in (before, after))
    assert None is await waiting_s(redis, Priority.REFRESH)


async def test_dead_letters_are_shown_the_newest_first(admin: Caller, redis: Redis) -> None:
    queue = queue_of(redis, lease_s=0, sweep_s=0)
    await queue.enqueue([job(7)])
    for _ in range(MAX_ATTEMPTS):
        (delivery,) = await queue.claim(1, 1)
        await queue.retry(delivery, Cause.SOURCE_DOWN, "tmdb: 500")
    await redis.xadd(DEAD_STREAM, {"job": b"garbled", "reason": "x" * 400, "tries": 1, "at": 0})

    letters = (await admin.get(PATH)).json["dead_letters"]

    assert 2 == letters["count"]
    newest, older = letters["newest"]
    assert (None, "x" * 200, 1) == (newest["picture"], newest["reason"], newest["tries"])
    assert (f"{'ab' * 16}:imdb:tt0000007", "source_down: tmdb: 500", MAX_ATTEMPTS) == (
        older["picture"],
        older["reason"],
        older["tries"],
    )


async def test_no_more_dead_letters_are_shown_than_fit_a_page(admin: Caller, redis: Redis) -> None:
    for number in range(25):
        await redis.xadd(DEAD_STREAM, {"job": b"", "reason": str(number), "tries": 3, "at": 0})

    letters = (await admin.get(PATH)).json["dead_letters"]

    assert (25, [str(number) for number in range(24, 4, -1)]) == (
        letters["count"],
        [letter["reason"] for letter in letters["newest"]],
    )


@pytest.mark.parametrize("path", [PATH, "/api/admin/images"])
async def test_numbers_are_for_admins(admin: Caller, pool: Pool, path: str) -> None:
    holder = await new_holder(pool, admin)

    got = [(await who.get(path)).status for who in (admin.stranger(), holder.caller, admin)]

    assert [401, 403, 200] == got
