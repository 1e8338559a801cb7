"""Prewarming on request: what is queued, what is refused, and how it ends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from gateway.admin.prewarm_api import MAX_BAD_LINES, MAX_IDS
from gateway.admin.prewarm_state import PrewarmState, PrewarmStatus
from gateway.keys.token import FREE_KEY
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_job
from shared.queue.redis_keys import STREAMS
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import Pool
from shared.stores.settings_rows import load_settings
from tests.gateway.auth.caller import CREDENTIALS, Caller, gateway

FAST = {"pace": 100}


async def queued(redis: Redis, count: int) -> list[RenderJob]:
    """Return the jobs that wait, once there are so many."""
    async with asyncio.timeout(60):
        while await redis.xlen(STREAMS[Priority.REFRESH]) < count:  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.02)
    entries: Any = await redis.xrange(STREAMS[Priority.REFRESH])
    return [decode_job(entry[b"job"]) for _, entry in entries]


async def until_free(admin: Caller) -> None:
    """Wait until the run has ended."""
    async with asyncio.timeout(60):
        while admin.count("gateway_limit_used", limit="warm_ups"):  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.02)


async def settled(redis: Redis, count: int) -> None:
    """Draw so many of the pictures that wait."""
    queue, left = RedisStreamQueue(redis, consumer="painter"), count
    async with asyncio.timeout(60):
        while left:
            for delivery in await queue.claim(left, 0.1):
                job = delivery.job
                await queue.ack(delivery, RenderDone(settings_hash=job.settings_hash, title=job.title, media="movie-1"))
                left -= 1


async def state_when(admin: Caller, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return how the run stands, once it stands so."""
    async with asyncio.timeout(60):
        while not ready(state := (await admin.get("/api/admin/warm")).json):  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.05)
    return dict(state)


async def test_titles_are_queued_for_nobody_in_a_look_that_is_kept(admin: Caller, redis: Redis, pool: Pool) -> None:
    ids = ["tt0111161", "movie-278", "tvdb:81189", "series-1396:1:1", "TT0111161"]

    answer = await admin.post("/api/admin/warm", {"ids": ids, "look": "imageSize=large&lang=de"} | FAST)

    jobs = await queued(redis, 4)
    assert (202, {"queued": 4, "bad": [], "bad_total": 0}) == (answer.status, answer.json)
    assert ["imdb:tt0111161", "tmdb:movie-278", "tvdb:81189", "tmdb:series-1396"] == [job.title.alias for job in jobs]
    assert {Priority.REFRESH} == {job.lane for job in jobs}
    look = await load_settings(pool, jobs[0].settings_hash)
    assert look is not None
    assert ("large", "de", "jpg") == (look.size, look.lang, look.format)


async def test_titles_are_queued_as_a_preset_shows_them(admin: Caller, redis: Redis) -> None:
    overrides = {"settings": {"backdrop": {"imageSize": "small"}}}
    await admin.ask("PUT", "/api/admin/settings", overrides)
    design = {"kind": "backdrop", "elements": [{"type": "text", "text": "{title}"}]}
    await admin.ask("PUT", "/api/admin/presets/den", {"design": design})

    unknown = await admin.post("/api/admin/warm", {"ids": ["movie-278"], "preset": "none"})
    answer = await admin.post("/api/admin/warm", {"ids": ["movie-278"], "preset": "den"} | FAST)

    (job,) = await queued(redis, 1)
    address = await admin.get(f"/{FREE_KEY}/tmdb/preset-den/movie-278.jpg")
    assert (400, "preset") == (unknown.status, unknown.json["field"])
    assert (202, 1) == (answer.status, answer.json["queued"])
    assert f"/c/{job.settings_hash}/tmdb/backdrop-default/movie-278.jpg" in address.headers["Location"]


async def test_bad_lines_are_named_and_left_out(admin: Caller, redis: Redis) -> None:
    answer = await admin.post("/api/admin/warm", {"ids": ["278", "movie-278", "", "x" * 100, f"movie-{2**63}"]} | FAST)

    assert (202, 1, 4, [1, 3, 4, 5]) == (
        answer.status,
        answer.json["queued"],
        answer.json["bad_total"],
        [line["line"] for line in answer.json["bad"]],
    )
    assert all(line["error"].endswith(".") for line in answer.json["bad"])
    assert 1 == len(await queued(redis, 1))


async def test_as_many_as_may_be_are_taken_and_not_one_more(admin: Caller, redis: Redis) -> None:
    most = [f"imdb:tt{number:07d}" for number in range(1, MAX_IDS + 1)]

    more = await admin.post("/api/admin/warm", {"ids": [*most, "tt0111161"]})
    all_bad = await admin.post("/api/admin/warm", {"ids": ["x" * 90] * MAX_IDS})
    await until_free(admin)
    taken = await admin.post("/api/admin/warm", {"ids": most} | FAST)

    assert (400, True) == (more.status, "ids: " in more.complaint)
    assert (202, 0, MAX_BAD_LINES, MAX_IDS) == (
        all_bad.status,
        all_bad.json["queued"],
        len(all_bad.json["bad"]),
        all_bad.json["bad_total"],
    )
    assert (202, MAX_IDS) == (taken.status, taken.json["queued"])
    assert len(await queued(redis, 1)) < MAX_IDS


async def test_one_run_goes_on_at_a_time(admin: Caller, redis: Redis) -> None:
    slow = {"ids": ["movie-1", "movie-2", "movie-3"], "pace": 0.1}
    first = await admin.post("/api/admin/warm", slow)
    second = await admin.post("/api/admin/warm", slow)

    assert [202, 409] == [first.status, second.status]
    assert 1 == len(await queued(redis, 1))


async def test_a_run_that_has_ended_makes_way_for_the_next(admin: Caller, redis: Redis) -> None:
    first = await admin.post("/api/admin/warm", {"ids": ["movie-1"]} | FAST)
    await settled(redis, 1)
    await until_free(admin)
    second = await admin.post("/api/admin/warm", {"ids": ["movie-2"]} | FAST)

    assert [202, 202] == [first.status, second.status]


async def test_a_gateway_that_stops_ends_the_run(pool: Pool, redis: Redis, postgres_url: str, valkey_url: str) -> None:
    assert pool is not None
    async with gateway(postgres_url, valkey_url) as admin:
        await admin.sign_in("/api/auth/setup", CREDENTIALS)
        await admin.post("/api/admin/warm", {"ids": [f"movie-{number}" for number in range(1, 100)], "pace": 0.1})
        await queued(redis, 1)

    tasks = [task.get_coro() for task in asyncio.all_tasks()]
    assert [] == [work for work in tasks if "_go_through" in repr(work)]


async def test_without_a_run_there_is_nothing_to_see_or_stop(admin: Caller) -> None:
    seen, stopped = await admin.get("/api/admin/warm"), await admin.ask("DELETE", "/api/admin/warm")

    assert (200, False, 0, None) == (seen.status, seen.json["running"], seen.json["total"], seen.json["began_at"])
    assert 404 == stopped.status


async def test_how_a_run_goes_on_is_seen_to_its_end(admin: Caller, redis: Redis) -> None:
    await admin.post("/api/admin/warm", {"ids": ["movie-1", "movie-2", "movie-3"], "kind": "backdrop"} | FAST)
    began = await state_when(admin, lambda state: state["queued"] == 3)
    await settled(redis, 3)
    ended = await state_when(admin, lambda state: not state["running"])

    assert (True, 3, 0, "backdrop") == (began["running"], began["total"], began["drawn"], began["kind"])
    assert (3, "done", None) == (ended["drawn"], ended["ending"], ended["left_s"])


async def test_another_replica_sees_refuses_and_stops_a_run(admin: Caller, postgres_url: str, valkey_url: str) -> None:
    slow = {"ids": [f"movie-{number}" for number in range(1, 100)], "pace": 0.1}
    await admin.post("/api/admin/warm", slow)
    async with gateway(postgres_url, valkey_url) as other:
        other.token = admin.token
        await state_when(other, lambda state: bool(state["running"] and state["queued"]))
        second = await other.post("/api/admin/warm", slow)
        stopped = await other.ask("DELETE", "/api/admin/warm")
        ended = await state_when(other, lambda state: not state["running"])
        await until_free(admin)

    assert (409, 200, True) == (second.status, stopped.status, stopped.json["stopping"])
    assert "stopped" == ended["ending"]


async def test_a_run_whose_replica_is_gone_makes_way(admin: Caller, redis: Redis) -> None:
    board = PrewarmState(redis)
    await board.claim("gone")
    await board.publish("gone", PrewarmStatus(running=True, total=5))
    refused = await admin.post("/api/admin/warm", {"ids": ["movie-1"]})
    await redis.delete("marquee:warm:turn")  # as its time ends it

    lost = await admin.get("/api/admin/warm")
    accepted = await admin.post("/api/admin/warm", {"ids": ["movie-1"]})

    assert (409, False, "lost", 202) == (refused.status, lost.json["running"], lost.json["ending"], accepted.status)


async def test_a_bad_request_leaves_no_run_behind(admin: Caller, redis: Redis) -> None:
    await admin.post("/api/admin/warm", {"ids": ["movie-1"], "look": "imageSize=huge"})

    assert [] == await redis.keys("marquee:warm:*")


async def test_a_run_is_in_the_audit_log(admin: Caller) -> None:
    await admin.post("/api/admin/warm", {"ids": ["movie-1"], "look": "lang=de"})

    (entry, *_) = (await admin.get("/api/admin/audit")).json["entries"]
    assert ("warm_up_asked", "poster", 1, "lang=de") == (
        entry["action"],
        entry["target"],
        entry["details"]["pictures"],
        entry["details"]["look"],
    )


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"ids": []}, "ids"),
        ({"ids": "movie-278"}, "ids"),
        ({"ids": [278]}, "ids"),
        ({"ids": ["x" * 101]}, "ids"),
        ({"kind": "banner"}, "kind"),
        ({"format": "gif"}, "format"),
        ({"pace": 0}, "pace"),
        ({"pace": 101}, "pace"),
        ({"look": "imagesize=large"}, "imagesize"),
        ({"look": "imageSize=huge"}, "imageSize"),
        ({"look": "huge"}, "huge"),
        ({"lane": "interactive"}, "lane"),
    ],
)
async def test_a_bad_request_says_what_is_wrong(admin: Caller, change: dict[str, Any], word: str) -> None:
    answer = await admin.post("/api/admin/warm", {"ids": ["movie-278"]} | change)

    assert 400 == answer.status
    assert word in answer.complaint
