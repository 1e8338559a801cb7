"""Lists of a title's artwork, from which a person chooses: through real HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from renderer.content.app import content_app
from renderer.content.artwork_lists import MOST_AT_ONCE, ArtworkLists
from renderer.jobs import candidates
from services.artwork import Art
from shared.domain.errors import SourceDown
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.observability.health import Probes
from shared.settings.parameters import parse
from tests.renderer.studio import ART, IMDB, Studio, a_title

GERMAN = Art("/german.jpg", 2000, 3000, "de", "AT")
LIKED = Art("https://assets.fanart.tv/fanart/movies/19/movieposter/liked.jpg", 1000, 1426, None)
Client = TestClient[web.Request, web.Application]


def app_of(studio: Studio, timeout_s: float = 10.0) -> web.Application:
    lists = ArtworkLists(studio.dependencies, studio.queue, metrics=studio.metrics, timeout_s=timeout_s)
    return content_app(
        content=studio.content,
        dependencies=studio.dependencies,
        metrics=studio.metrics,
        probes=Probes(),
        artwork=lists,
    )


@pytest.fixture
async def client(studio: Studio) -> AsyncIterator[Client]:
    studio.sources.title_known = a_title(ART, GERMAN)
    studio.other_art.pictures = {Kind.POSTER: (LIKED,)}
    async with TestClient(TestServer(app_of(studio))) as client:
        yield client


async def ask(client: Client, studio: Studio, title: ExternalId = IMDB, **query: str) -> ClientResponse:
    job = await studio.job(title, **query)
    return await client.get(f"/c/{job.settings_hash}/imdb/poster-default/{title}.jpg/artwork")


async def test_all_pictures_of_all_sources_are_listed_the_settings_choice_first(client: Client, studio: Studio) -> None:
    answer = await ask(client, studio, lang="de")

    assert (200, "*", "public, max-age=300") == (
        answer.status,
        answer.headers["Access-Control-Allow-Origin"],
        answer.headers["Cache-Control"],
    )
    german = {
        "source": "sources",
        "file": "german.jpg",
        "language": "de",
        "region": "AT",
        "width": 2000,
        "height": 3000,
    }
    pictures = (await answer.json())["pictures"]
    assert german == pictures[0]
    assert ["german.jpg", "poster.jpg", "liked.jpg"] == [each["file"] for each in pictures]
    assert ["sources", "sources", "other"] == [each["source"] for each in pictures]
    assert "fetch" not in studio.sources.calls


async def test_the_ratings_that_a_picture_shows_are_listed_in_its_order(client: Client, studio: Studio) -> None:
    async def sites(**query: str) -> list[str]:
        job = await studio.job(IMDB, **query)
        answer = await client.get(f"/c/{job.settings_hash}/imdb/poster-default/{IMDB}.jpg/ratings")
        assert (200, "public, max-age=300") == (answer.status, answer.headers["Cache-Control"])
        return list((await answer.json())["sites"])

    assert ["imdb", "rt", "tmdb"] == await sites()
    assert ["rt", "imdb"] == await sites(ratings_order="mc,rt,imdb", ratings_limit="2")
    assert ["tmdb"] == await sites(ratings_exclude="imdb,rt")
    unknown = await studio.job(ExternalId(IdType.IMDB, 7_777_777))
    path = f"/c/{unknown.settings_hash}/imdb/poster-default/tt7777777.jpg/ratings"
    assert 404 == (await client.get(path)).status


async def test_a_named_file_comes_first_however_long_the_list_is(
    client: Client, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MOST_LISTED", 2)

    named = await (await ask(client, studio, art=LIKED.file)).json()
    absent = await (await ask(client, studio, art="unknown.jpg")).json()

    assert [("other", "liked.jpg"), ("sources", "poster.jpg")] == [
        (each["source"], each["file"]) for each in named["pictures"]
    ]
    assert ["poster.jpg", "liked.jpg"] == [each["file"] for each in absent["pictures"]]
    assert "movie-19" == named["media"]


async def test_each_listed_file_can_be_chosen(client: Client, studio: Studio) -> None:
    for picture in (await (await ask(client, studio)).json())["pictures"]:
        settings = parse(Kind.POSTER, Format.JPG, {"art": picture["file"]})

        assert picture["file"] == settings.art_file


async def test_a_source_that_is_down_is_left_out(client: Client, studio: Studio) -> None:
    studio.other_art.pictures = SourceDown("other", "status 500")

    assert ["poster.jpg", "german.jpg"] == [
        each["file"] for each in (await (await ask(client, studio)).json())["pictures"]
    ]


async def test_no_list_is_made_for_strangers_or_of_unknown_titles(client: Client, studio: Studio) -> None:
    known = await studio.dependencies.settings_registry.remember(parse(Kind.POSTER, Format.JPG, {}))

    unannounced = await client.get(f"/c/{known}/imdb/poster-default/tt0017136.jpg/artwork")
    unissued = await client.get(f"/c/{'0' * 32}/imdb/poster-default/tt0017136.jpg/artwork")
    invalid = await client.get(f"/c/{known}/imdb/poster-default/x.jpg/artwork")

    assert [404, 404, 400] == [each.status for each in (unannounced, unissued, invalid)]
    assert {"no-store"} == {each.headers["Cache-Control"] for each in (unannounced, unissued, invalid)}
    assert {} == studio.sources.calls
    assert 404 == (await ask(client, studio, ExternalId(IdType.IMDB, 7_777_777))).status


async def test_lists_are_limited_in_number_and_in_time(studio: Studio) -> None:
    studio.other_art.hold = asyncio.Event()
    async with TestClient(TestServer(app_of(studio, timeout_s=0.5))) as client:
        answers = await asyncio.gather(*(ask(client, studio) for _ in range(MOST_AT_ONCE + 4)))

    assert {503} == {each.status for each in answers}
    assert {"no-store"} == {each.headers["Cache-Control"] for each in answers}
