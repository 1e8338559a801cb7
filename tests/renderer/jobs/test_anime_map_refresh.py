"""The anime id map is fetched by one renderer, checked, and replaced as a whole."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from renderer.db.anime_ids import (
    AnimeRow,
    anime_map_lock,
    find_anime_row,
    load_anime_map_state,
    replace_anime_ids,
)
from renderer.jobs.anime_map_refresh import RETRY, AnimeMapRefresh
from renderer.metrics import RendererMetrics
from services.anime_map import AnimeMapSource
from services.client.byte_budget import ByteBudget
from services.client.http import Http
from services.client.metrics import SourceMetrics
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, IdType
from shared.stores.postgres import Pool, connection
from tests.renderer.studio import Clock
from tests.services.upstream import Reply, Upstream, replies

DAY = timedelta(hours=24)


def rows(count: int, *, tmdb: int = 1) -> list[dict[str, Any]]:
    return [{"mal_id": number, "themoviedb_id": {"tv": tmdb}, "type": "TV"} for number in range(1, count + 1)]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async def at_once(_: float) -> None:
        """Wait for nothing between attempts."""

    async with Http(SourceMetrics(CollectorRegistry()), sleep=at_once) as client:
        yield client


class Renderer:
    """What one renderer does about the map."""

    def __init__(self, pool: Pool, http: Http, upstream: Upstream, clock: Clock, origin: str = "here") -> None:
        self.registry = CollectorRegistry()
        self.refresh = AnimeMapRefresh(
            pool,
            AnimeMapSource(http, [f"{upstream.url}/list.json"]),
            origin=origin,
            every=DAY,
            memory=ByteBudget(320 << 20),
            metrics=RendererMetrics(self.registry),
            now=clock,
        ).refresh

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"renderer_anime_map_{name}", labels)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def renderer(pool: Pool, http: Http, upstream: Upstream, clock: Clock) -> Renderer:
    return Renderer(pool, http, upstream, clock)


async def tmdb_of(pool: Pool, mal: int) -> int | None:
    row = await find_anime_row(pool, ExternalId(IdType.MAL, mal))
    return None if row is None else row.tmdb_tv


async def test_a_map_is_fetched_at_once_and_again_when_it_is_old(
    renderer: Renderer, pool: Pool, upstream: Upstream, clock: Clock
) -> None:
    upstream.plan("*", replies(rows(5)), replies(rows(6, tmdb=2)))

    await renderer.refresh()
    await renderer.refresh()
    clock.advance(DAY.total_seconds() - 1)
    await renderer.refresh()
    first = (len(upstream.received), await tmdb_of(pool, 5), await tmdb_of(pool, 6))
    clock.advance(1)
    await renderer.refresh()

    assert (1, 1, None) == first
    assert (2, 2, 2) == (len(upstream.received), await tmdb_of(pool, 5), await tmdb_of(pool, 6))
    assert (6, 0, 2) == (renderer.value("rows"), renderer.value("age_seconds"), done(renderer))


def done(renderer: Renderer) -> float | None:
    return renderer.value("refreshes_total", outcome="done")


async def test_of_many_renderers_one_fetches(pool: Pool, http: Http, upstream: Upstream, clock: Clock) -> None:
    upstream.plan("*", replies(rows(5)))
    renderers = [Renderer(pool, http, upstream, clock) for _ in range(4)]

    await asyncio.gather(*(renderer.refresh() for renderer in renderers))
    for renderer in renderers:
        await renderer.refresh()

    assert 1 == len(upstream.received)
    assert [5.0] * 4 == [renderer.value("rows") for renderer in renderers]


async def test_a_renderer_that_is_not_elected_fetches_nothing(
    renderer: Renderer, pool: Pool, upstream: Upstream
) -> None:
    async with anime_map_lock(pool) as is_other:
        await renderer.refresh()

    assert (True, []) == (is_other, upstream.received)


TRUNCATED = json.dumps(rows(10)).encode()[:-20]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (replies([]), "failed"),
        (Reply(200, TRUNCATED), "failed"),
        (Reply(200, b"<!DOCTYPE html><html><title>Unicorn!</title></html>"), "failed"),
        (Reply(404, b"404: Not Found"), "failed"),
        (Reply(503), "failed"),
        (replies([{"title": "no ids"}] * 10), "failed"),
        (replies(rows(6, tmdb=2)), "refused"),
        (replies(rows(7, tmdb=2)), "refused"),
        (replies(rows(8, tmdb=2)), "done"),
    ],
)
async def test_a_list_that_cannot_be_right_leaves_the_old_one(
    renderer: Renderer, pool: Pool, upstream: Upstream, clock: Clock, reply: Reply, outcome: str
) -> None:
    upstream.plan("*", replies(rows(10)))
    await renderer.refresh()
    clock.advance(DAY.total_seconds())
    upstream.plan("*", reply)

    await renderer.refresh()

    is_new = outcome == "done"
    assert (2 if is_new else 1) == await tmdb_of(pool, 1)
    assert (8 if is_new else 10) == renderer.value("rows")
    assert (0 if is_new else DAY.total_seconds()) == renderer.value("age_seconds")
    assert (2.0 if is_new else 1.0) == renderer.value("refreshes_total", outcome=outcome)


async def test_a_failure_is_tried_again_after_a_pause_whichever_renderer_it_is(
    pool: Pool, http: Http, upstream: Upstream, clock: Clock
) -> None:
    upstream.plan("*", Reply(200, b"<html>"), replies(rows(3)))
    one, other = (Renderer(pool, http, upstream, clock) for _ in range(2))
    await one.refresh()
    await other.refresh()
    clock.advance(RETRY.total_seconds() - 1)
    await other.refresh()
    before = len(upstream.received)

    clock.advance(1)
    await other.refresh()

    assert (1, 2, 3.0) == (before, len(upstream.received), other.value("rows"))


async def test_another_address_is_another_list_and_may_be_shorter(
    renderer: Renderer, pool: Pool, http: Http, upstream: Upstream, clock: Clock
) -> None:
    upstream.plan("*", replies(rows(10)), replies(rows(2, tmdb=2)))
    await renderer.refresh()
    clock.advance(RETRY.total_seconds())

    await Renderer(pool, http, upstream, clock, origin="there").refresh()

    assert (2, None) == (await tmdb_of(pool, 1), await tmdb_of(pool, 3))


async def test_a_map_that_never_came_is_as_old_as_the_first_attempt(
    renderer: Renderer, upstream: Upstream, clock: Clock
) -> None:
    upstream.plan("*", Reply(503))
    await renderer.refresh()
    clock.advance(3 * DAY.total_seconds())

    await renderer.refresh()

    assert (0, 3 * DAY.total_seconds()) == (renderer.value("rows"), renderer.value("age_seconds"))


async def test_readers_have_the_old_map_until_the_new_one_is_complete(
    renderer: Renderer, pool: Pool, upstream: Upstream, clock: Clock
) -> None:
    upstream.plan("*", replies(rows(3)))
    await renderer.refresh()

    def broken() -> Any:
        for number in range(1, 5_002):
            yield AnimeRow(site=IdType.MAL, number=number, type="TV", tmdb_tv=2)
        raise StoreDown("the connection is lost half-way")

    with pytest.raises(StoreDown):
        await replace_anime_ids(pool, broken(), "here", clock())
    async with connection(pool) as db:
        count = await db.fetchval("SELECT count(*) FROM anime_ids")

    assert (1, 3) == (await tmdb_of(pool, 3), count)


async def test_of_two_entries_with_the_same_number_the_first_counts(
    renderer: Renderer, pool: Pool, upstream: Upstream
) -> None:
    upstream.plan("*", replies([*rows(1, tmdb=7), *rows(1, tmdb=8)]))

    await renderer.refresh()

    assert 7 == await tmdb_of(pool, 1)


async def test_a_map_of_more_rows_than_one_statement_writes_is_complete(
    renderer: Renderer, pool: Pool, upstream: Upstream
) -> None:
    upstream.plan("*", replies(rows(12_001)))

    await renderer.refresh()

    state = await load_anime_map_state(pool)
    assert state is not None
    assert (12_001, 1) == (state.number_of_rows, await tmdb_of(pool, 12_001))
