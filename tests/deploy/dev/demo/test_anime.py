"""The demo's anime sites answer as the real ones do, and the renderer's own sources read them."""

import pytest
from prometheus_client import CollectorRegistry

from deploy.dev.demo.catalogue import ALL
from services.anilist import AnilistSource
from services.anime_map import AnimeMapSource
from services.client.http import Http
from services.client.metrics import SourceMetrics
from services.kitsu import KitsuSource
from services.titles import Title
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.ratings import Rating, RatingSite
from tests.deploy.dev.demo.conftest import Demo

ENTRIES = [(title, each) for title in ALL for each in title.anime]
TITLE = Title(
    media=MediaId.parse("series-1"), refs=(ExternalId(IdType.ANILIST, 880032), ExternalId(IdType.KITSU, 880031))
)


async def test_the_map_has_every_entry_with_its_place(demo: Demo) -> None:
    async with Http(SourceMetrics(CollectorRegistry())) as http:
        found = await AnimeMapSource(http, [str(demo.make_url("/anime-map/anime-list-mini.json"))]).entries()

    assert [each.kitsu for _, each in ENTRIES] == [
        ref.number for entry in found for ref in entry.ids if ref.id_type is IdType.KITSU
    ]
    assert [(None, 0), (1, 0), (2, 0), (1, 0), (1, 2)] == [(entry.season_tmdb, entry.offset) for entry in found]
    assert (99300001,) == found[0].tmdb_movies


async def test_both_sites_have_the_scores_of_the_catalogue(demo: Demo) -> None:
    async with Http(SourceMetrics(CollectorRegistry())) as http:
        anilist = AnilistSource(http, api_url=str(demo.make_url("/anilist")), ratings_ttl_s=lambda _: 60.0)
        kitsu = KitsuSource(http, api_url=str(demo.make_url("/kitsu/api/edge")), ratings_ttl_s=lambda _: 60.0)
        found = [await anilist.ratings(TITLE), await kitsu.ratings(TITLE)]

    assert [{RatingSite.ANILIST: Rating(88)}, {RatingSite.KITSU: Rating(86.71)}] == [
        each and each.ratings for each in found
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"query": "{ Viewer { id } }"}'])
async def test_a_query_that_anilist_would_not_take_is_a_bad_request(demo: Demo, body: bytes) -> None:
    answer = await demo.post("/anilist", data=body)

    assert 400 == answer.status


async def test_kitsu_has_pages_of_twenty_at_most(demo: Demo) -> None:
    answers = [await demo.get("/kitsu/api/edge/anime", params={"page[limit]": text}) for text in ("20", "21", "x")]

    assert [200, 400, 400] == [answer.status for answer in answers]
