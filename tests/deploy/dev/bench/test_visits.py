"""Visits are drawn, played and added up as the page says."""

from collections import Counter
from itertools import islice

import pytest
from aiohttp.test_utils import TestClient, TestServer

from deploy.dev.bench.callers import REDIRECT, WHOLE, Pressure, Target, Visit
from deploy.dev.bench.capacity import capacity
from deploy.dev.bench.servers import COUNTS, Bucket, objects
from deploy.dev.bench.stage import Spent
from deploy.dev.bench.visits_page import COLD, COLD_LARGE, HITS, REDIRECTS, bottleneck
from deploy.load.zipf import drawn, looks


def a_total(*, renderer_s: float = 9.0, machine_s: float = 12.0, gateway_s: float = 0.5) -> Spent:
    renderers = {"renderer-1": renderer_s / 2, "renderer-2": renderer_s / 2}
    cpu = Counter({**renderers, "gateway": gateway_s, "machine": machine_s})
    return Spent(
        100,
        10.0,
        {"302": [0.001] * 3, "HIT": [0.002], "MISS": [0.1, 0.3, 0.2]},
        cpu,
        Counter({"s3 PUT": 50, "s3 bytes": 5_000_000}),
    )


def test_the_first_of_a_hundred_is_drawn_about_twice_as_often_as_the_second() -> None:
    seen = Counter(islice(drawn(range(100), seed=3), 50_000))

    assert pytest.approx(2.0, rel=0.1) == seen[0] / seen[1]
    assert [0, 1, 2] == [rank for rank, _ in seen.most_common(3)]


def test_the_same_seed_draws_the_same() -> None:
    once, again, other = (list(islice(drawn("abcdef", seed=seed), 50)) for seed in (1, 1, 2))

    assert once == again
    assert once != other


def test_looks_are_distinct_and_the_first_is_that_of_no_query() -> None:
    made = looks(20)

    assert "" == made[0][0]
    assert 20 == len({name for _, name in made})
    assert 4 == sum("imageSize=large" in query for query, _ in made)


def test_rounds_of_one_kind_are_added_up() -> None:
    spent = Spent(5, 2.0, {"HIT": [0.1]}, Counter({"renderer-1": 1.0}), Counter({"s3 PUT": 5}))

    both = spent + spent

    assert (10, 4.0, [0.1, 0.1], 2.5, 200.0, 1.0) == (
        both.visits,
        both.seconds,
        both.times["HIT"],
        both.rate,
        both.cpu_ms("renderer"),
        both.each("s3 PUT"),
    )


def test_the_share_of_hits_counts_pictures_only() -> None:
    assert 0.25 == a_total().share("HIT")


@pytest.mark.parametrize(
    ("two", "named"),
    [
        (a_total(renderer_s=19.0, machine_s=20.0), "the 2.0 cores that the renderers may use"),
        (a_total(renderer_s=9.5, machine_s=15.0), "waiting: no core is fully used"),
        (a_total(renderer_s=14.0, machine_s=19.5), "the 2 cores of this machine"),
        (a_total(renderer_s=5.0, machine_s=9.0), "waiting: no core is fully used"),
    ],
)
def test_the_bottleneck_is_named_by_what_is_used_up(two: Spent, named: str) -> None:
    assert bottleneck(two, 2).startswith(named)


def test_renderers_with_half_a_core_each_are_their_own_bottleneck_when_they_use_it() -> None:
    assert bottleneck(a_total(renderer_s=9.5, machine_s=15.0), 2, 0.5).startswith("the 1.0 cores that the renderers")


def test_the_capacity_follows_from_what_visits_cost() -> None:
    totals = {what: a_total() for what in (HITS, COLD, COLD_LARGE)} | {REDIRECTS: a_total(gateway_s=0.06)}

    text = capacity(totals, {"picture": 400.0, "title": 1500.0})

    assert "10,000/s × 600 µs ÷ 60%" in text
    assert "6.00 cores used, 10 to have" in text
    assert "10,000,000 × 1,500 B + 15,000,000 × 400 B" in text
    assert "0.50 × $5.00" in text


async def test_the_bucket_keeps_objects_with_their_metadata_and_counts() -> None:
    async with TestClient(TestServer(Bucket().app())) as client:
        put = await client.put(
            "/b/a/key", data=b"bytes", headers={"x-amz-meta-film": "1927", "Content-Type": "image/x"}
        )
        got = await client.get("/b/a/key")
        missing = await client.get("/b/other")
        bucket = await client.head("/b")
        counts = await (await client.get(COUNTS)).json()

        assert [200, 200, 404, 200] == [put.status, got.status, missing.status, bucket.status]
        assert (b"bytes", "1927", "image/x") == (await got.read(), got.headers["x-amz-meta-film"], got.content_type)
        assert {"PUT": 1, "bytes": 5, "GET": 2} == counts


async def test_callers_follow_each_visit_once_and_note_what_was_wrong() -> None:
    async with TestServer(Bucket().app()) as server:
        port = server.port or 0
        target = Target(gateway=port, content=port, visits=[Visit(content=f"/b/{nth}") for nth in range(5)], callers=2)

        seen = await Pressure(target).press(0)

    assert (5, 5) == (seen.visits, seen.failed)
    assert {} == seen.times
    assert seen.first_failure.startswith("HTTP/1.1 404")


async def test_callers_note_the_time_of_each_response_and_of_the_whole_visit() -> None:
    async with TestServer(Bucket().app()) as server:
        port = server.port or 0
        made = [Visit(f"/b/{nth}", f"/b/{nth}") for nth in range(5)]
        both = Target(gateway=port, content=port, visits=made, callers=2, notes_times=True)

        times = (await Pressure(both).press(0)).times

    assert 5 == len(times[REDIRECT]) == len(times[WHOLE])
    assert sum(times[REDIRECT]) < sum(times[WHOLE])


async def test_the_bare_server_answers_with_the_object_under_the_path() -> None:
    async with TestServer(Bucket().app()) as s3, TestClient(TestServer(objects(str(s3.make_url("/"))[:-1]))) as client:
        await client.session.put(s3.make_url("/b/a%20key"), data=b"bytes")

        found, missing = await client.get("/b/a%20key"), await client.get("/b/other")

        assert (200, b"bytes", "HIT", 404) == (
            found.status,
            await found.read(),
            found.headers["X-Cache-Status"],
            missing.status,
        )
