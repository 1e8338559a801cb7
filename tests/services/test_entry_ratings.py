"""AniList and Kitsu rate entries of their own, many in one call, within their limits."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web

from services.anilist import AnilistSource
from services.client.http import Http
from services.client.priority import background_priority
from services.entry_ratings import EntryRatings
from services.kitsu import KitsuSource
from services.titles import SourceRatings, Title
from shared.domain.errors import SourceInvalidResponse, SourceRefused
from shared.domain.ids import ExternalId, IdType
from shared.domain.ratings import Rating, RatingSite
from tests.services.contract import FILM, RatingSourceContract
from tests.services.upstream import Reply, Upstream, replies


def page(*scores: tuple[int, int | None]) -> Reply:
    """Return AniList's answer."""
    return replies({"data": {"Page": {"media": [{"id": number, "averageScore": score} for number, score in scores]}}})


def collection(*scores: tuple[int, str | None]) -> Reply:
    """Return Kitsu's answer: JSON:API, with numbers as text."""
    rows = [
        {"id": str(number), "type": "anime", "links": {"self": "…"}, "attributes": {"averageRating": score}}
        for number, score in scores
    ]
    return replies({"data": rows, "meta": {"count": len(rows)}, "links": {"first": "…", "last": "…"}})


class Posted(Upstream):
    """Keeps the bodies too, and answers about any entry whose number is no multiple of 7."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[int]] = []

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if body:
            query = json.loads(body)
            assert query["query"].startswith(
                "query ($ids: [Int]) { Page(perPage: 50) { media(id_in: $ids, type: ANIME)"
            )
            self.asked.append(query["variables"]["ids"])
        else:
            self.asked.append([int(number) for number in request.query.get("filter[id]", "0").split(",")])
        known = [number for number in reversed(self.asked[-1]) if number % 7]
        if not self._plans:
            made = page(*((number, number % 100) for number in known))
            other = collection(*((number, f"{number % 100}.25") for number in known))
            self.plan("/", made)
            self.plan("/anime", other)
            try:
                return await super()._handle(request)
            finally:
                self._plans.clear()
        return await super()._handle(request)


@pytest.fixture
async def upstream() -> AsyncIterator[Posted]:
    async with Posted() as server:
        yield server


@pytest.fixture
def timeout_s() -> float:
    """Return the timeout of one attempt; a batch is sent later than the contract's cancelled caller waits."""
    return 1.0


@pytest.fixture
def anilist(http: Http, upstream: Posted) -> AnilistSource:
    return AnilistSource(http, api_url=upstream.url, ratings_ttl_s=lambda _: 3600.0)


@pytest.fixture
def kitsu(http: Http, upstream: Posted) -> KitsuSource:
    return KitsuSource(http, api_url=upstream.url, ratings_ttl_s=lambda _: 3600.0)


class TestAnilist(RatingSourceContract):
    source_name = "anilist"
    refusal = None
    good = page((21, 86))
    no_such = page()

    @pytest.fixture(name="source")
    def entries(self, anilist: AnilistSource) -> EntryRatings:
        return anilist

    @pytest.fixture
    def send(self, anilist: AnilistSource) -> Callable[[], Awaitable[Any]]:
        return lambda: anilist.ratings(FILM)


class TestKitsu(RatingSourceContract):
    source_name = "kitsu"
    refusal = None
    good = collection((21, "84.23"))
    no_such = collection()

    @pytest.fixture(name="source")
    def entries(self, kitsu: KitsuSource) -> EntryRatings:
        return kitsu

    @pytest.fixture
    def send(self, kitsu: KitsuSource) -> Callable[[], Awaitable[Any]]:
        return lambda: kitsu.ratings(FILM)


def entry(number: int) -> Title:
    """Return a title with this number on both sites."""
    return msgspec.structs.replace(FILM, refs=(ExternalId(IdType.ANILIST, number), ExternalId(IdType.KITSU, number)))


@pytest.mark.parametrize(("name", "most"), [("anilist", 50), ("kitsu", 20)])
async def test_a_page_of_entries_is_one_call(
    name: str, most: int, anilist: AnilistSource, kitsu: KitsuSource, upstream: Posted
) -> None:
    source = anilist if name == "anilist" else kitsu
    numbers = range(1, most + 1)

    found = await asyncio.gather(*(source.ratings(entry(number)) for number in numbers))

    assert [sorted(numbers)] == [sorted(asked) for asked in upstream.asked]
    value = 8.0 if name == "anilist" else 8.25
    assert SourceRatings({source.site: Rating(value)}) == found[7]
    assert None is found[6]  # which the answer does not have


@pytest.mark.parametrize(("name", "per_minute"), [("anilist", 30), ("kitsu", 60)])
async def test_calls_of_a_minute_are_limited_and_the_last_quarter_is_for_callers(
    name: str, per_minute: int, anilist: AnilistSource, kitsu: KitsuSource, upstream: Posted
) -> None:
    source = anilist if name == "anilist" else kitsu
    in_background = per_minute - -(-per_minute // 4)

    async def call() -> object:
        try:
            return await source._fetch([1])  # a call of its own, without the wait for a batch
        except SourceRefused as error:
            return error.retry_after_s or 0

    with background_priority():
        refusals = [await call() for _ in range(in_background + 1)]
    asked_behind = len(upstream.asked)
    refusals += [await call() for _ in range(per_minute - in_background + 1)]

    assert (in_background, per_minute) == (asked_behind, len(upstream.asked))
    waits = [found for found in refusals if isinstance(found, float)]
    assert 2 == len(waits)
    assert all(0 < wait_s <= 60 for wait_s in waits)


async def test_a_batch_in_the_background_does_not_use_the_callers_part(
    anilist: AnilistSource, upstream: Posted
) -> None:
    async def behind() -> SourceRatings | None:
        with background_priority():
            return await anilist.ratings(entry(1))

    await asyncio.gather(behind(), anilist.ratings(entry(2)))

    assert [[1], [2]] == sorted(upstream.asked)


@pytest.mark.parametrize("score", [None, 0])
async def test_an_entry_without_a_score_is_known_and_has_no_rating(
    anilist: AnilistSource, upstream: Posted, score: int | None
) -> None:
    upstream.plan("*", page((21, score)))

    assert SourceRatings({}) == await anilist.ratings(FILM)


async def test_kitsus_null_is_no_rating(kitsu: KitsuSource, upstream: Posted) -> None:
    upstream.plan("*", collection((21, None)))

    assert SourceRatings({}) == await kitsu.ratings(FILM)


async def test_an_error_of_graphql_with_status_200_is_an_invalid_response(
    anilist: AnilistSource, upstream: Posted
) -> None:
    upstream.plan("*", replies({"errors": [{"message": "Internal Server Error", "status": 500}], "data": None}))

    with pytest.raises(SourceInvalidResponse, match="Internal Server Error"):
        await anilist.ratings(FILM)


@pytest.mark.parametrize("name", ["anilist", "kitsu"])
async def test_a_title_that_the_map_does_not_have_is_not_asked_about(
    name: str, anilist: AnilistSource, kitsu: KitsuSource, upstream: Posted
) -> None:
    source = anilist if name == "anilist" else kitsu

    found = await source.ratings(msgspec.structs.replace(FILM, refs=FILM.refs[:2]))

    assert (None, []) == (found, upstream.asked)


async def test_each_speaks_its_own_format(anilist: AnilistSource, kitsu: KitsuSource, upstream: Posted) -> None:
    await anilist.ratings(FILM)
    await kitsu.ratings(FILM)

    first, second = upstream.received
    assert ("application/json", "application/json") == (first.headers["Accept"], first.headers["Content-Type"])
    assert ("/anime", "application/vnd.api+json") == (second.path, second.headers["Accept"])
    assert {"filter[id]": "21", "fields[anime]": "averageRating", "page[limit]": "20"} == second.query


def test_each_rates_one_site_only() -> None:
    assert (RatingSite.ANILIST, RatingSite.KITSU) == (AnilistSource.site, KitsuSource.site)
