"""A field that cannot be stored or counted spoils itself, and never the title."""

import json
from typing import Any

import pytest

from services.client.http import Http
from services.fanart.client import FanartSource
from services.mdblist.client import MdblistSource
from services.omdb import OmdbSource
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from shared.domain.ratings import RatingSite
from shared.stores.postgres import Pool
from shared.stores.title_rows import TitleMetadata, find_title, save_title
from tests.services.contract import FILM, KEY
from tests.services.test_fanart import FILM_BODY as FANART_BODY
from tests.services.test_mdblist import BODY as MDBLIST_BODY
from tests.services.test_omdb import BODY as OMDB_BODY
from tests.services.test_tmdb import FILM_BODY
from tests.services.upstream import Reply, Upstream

KEYS = (Secret(KEY),)
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000]


def sent(body: dict[str, Any], number: str = "NaN") -> Reply:
    """Return a reply with ``number`` in place of each value ``...``, as bytes that a strict encoder would refuse."""
    return Reply(200, json.dumps(body, default=lambda _: "@").replace('"@"', number).encode())


@pytest.fixture
def tmdb(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(http, KEYS, api_url=upstream.url, image_url=upstream.url)


@pytest.mark.parametrize("number", NO_NUMBERS)
async def test_a_number_that_is_none_leaves_the_title(tmdb: TmdbSource, upstream: Upstream, number: str) -> None:
    images = {"posters": [{"file_path": "/a.jpg", "width": ..., "height": ..., "vote_average": ...}]}
    upstream.plan("*", sent(FILM_BODY | {"popularity": ..., "vote_average": ..., "images": images}, number))

    title = await tmdb.title(FILM.media)

    assert title
    assert ("A Long Walk", {}, 0.0) == (title.name, title.ratings, title.popularity)
    assert ["/a.jpg", "/main.jpg"] == [art.path for art in title.gallery[Kind.POSTER]]


@pytest.mark.parametrize("number", NO_NUMBERS)
async def test_a_rating_that_is_none_leaves_the_other_ratings(http: Http, upstream: Upstream, number: str) -> None:
    imdb, *others = MDBLIST_BODY["ratings"]
    spoilt = imdb | {"value": ..., "score": ..., "votes": ...}
    upstream.plan("*", sent(MDBLIST_BODY | {"score": ..., "ratings": [spoilt, *others]}, number))
    source = MdblistSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)

    found = await source.ratings(FILM)

    assert found
    assert RatingSite.IMDB not in found.ratings
    assert {RatingSite.TMDB, RatingSite.LB} <= set(found.ratings)


async def test_a_number_that_is_none_leaves_omdbs_ratings_and_fanarts_pictures(http: Http, upstream: Upstream) -> None:
    poster = FANART_BODY["movieposter"][0] | {"likes": ...}
    upstream.plan("/", sent(OMDB_BODY | {"imdbVotes": ..., "Runtime": ...}))
    upstream.plan("*", sent(FANART_BODY | {"movieposter": [poster]}))
    omdb = OmdbSource(http, KEYS, api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
    fanart = FanartSource(http, KEYS, api_url=f"{upstream.url}/f")

    found = await omdb.ratings(FILM)
    gallery = await fanart.gallery(FILM)

    assert found
    assert 3 == len(found.ratings)
    assert (1, 0.0) == (len(gallery[Kind.POSTER]), gallery[Kind.POSTER][0].votes)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Caf\\u0000\\u00e9", "Café"),
        ("Caf\\u00e9\\ud83d", "Café\ufffd"),
        ("\\udc00Caf\\u00e9\\u0000\\udbff", "\ufffdCafé\ufffd"),
        ("\\u0000", "The Original"),
    ],
)
async def test_a_name_with_what_is_no_character_gets_into_postgres(
    tmdb: TmdbSource, upstream: Upstream, pool: Pool, written: str, kept: str
) -> None:
    body = json.dumps(FILM_BODY | {"title": "@", "original_title": "The Original", "status": "@"})
    upstream.plan("*", Reply(200, body.replace("@", written).encode()))
    title = await tmdb.title(FILM.media)
    assert title

    await save_title(pool, TitleMetadata(media=title.media, name=title.name, status=title.status), title.refs)

    record = await find_title(pool, FILM.media)
    assert record
    assert kept == record.facts.name


async def test_an_episodes_name_is_cleaned_too(tmdb: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, b'{"id":1,"name":"P\\u0000art\\ud800","images":{"stills":[{"file_path":"/s.jpg"}]}}'))

    title = await tmdb.title(MediaId.parse("series-1396:1:1"))

    assert title
    assert "Part\ufffd" == title.name
