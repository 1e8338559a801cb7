"""TMDB's answer is read alike in one pass and in full, whatever is wrong with it."""

import json
import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.client.http import Http
from services.client.json_reader import json_object
from services.titles import Title
from services.tmdb.answer import PictureLists, answer_of, decode_answer
from services.tmdb.client import TmdbSource
from services.tmdb.collection_reader import read_collection
from services.tmdb.reader import read_episode, read_title
from services.tmdb.title_parts import read_season
from shared.config.environment import Secret
from shared.domain.errors import SourceError, SourceInvalidResponse, SourceRefused
from shared.domain.ids import Episode, MediaId, TitleKind
from shared.domain.pictures import Kind
from tests.services.contract import FILM, KEY
from tests.services.test_tmdb import FILM_BODY
from tests.services.test_tmdb_collections import FILMS as SEQUELS
from tests.services.upstream import Reply, Upstream

FILM_ID, SERIES_ID = MediaId(TitleKind.MOVIE, 278), MediaId(TitleKind.SERIES, 1396)
PART_ID = MediaId(TitleKind.SERIES, 1396, Episode(1, 1))
SEASON_ID, COLLECTION_ID = MediaId(TitleKind.SERIES, 1396, season=1), MediaId(TitleKind.COLLECTION, 1241)
TODAY = date(2026, 11, 30)
LANGUAGES = ("en", "de", "pt", "xx", "zh", None)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 2.0, 2.5, 1e300, 10**12, 2**31 - 1, 2**31, "", " 7 ", "7", "8.5", "tt0111161"),
    *("/a.jpg", "/../a.jpg", "2024-02-30", "1994-09-23T", "en", "EN", "x\ty", "\ud83c\udfac", "a" * 1200, "1,234"),
    *(
        [],
        [None],
        ["a"],
        [[]],
        [{}],
        {},
        {"id": 1},
        {"file_path": "/b.jpg"},
        [{"file_path": "/c.jpg", "width": "9"}, 5],
    ),
)
SPLICES = (b"NaN", b"1e999", b"-1e999", b"9" * 400, b"9" * 5000, b'"\\ud83d"', b'"\\u0000"', b'"\\udc00a"', b'"\xff"')
ANY_PACE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def series_body() -> dict[str, Any]:
    """Return a title with every field that is used, and some that are not."""
    rows = [
        {
            "aspect_ratio": 0.667,
            "file_path": f"/p{nth}.jpg",
            "width": 2000,
            "height": 3000,
            "iso_639_1": LANGUAGES[nth % len(LANGUAGES)],
            "iso_3166_1": ("US", "BR", None)[nth % 3],
            "vote_average": 5.5 - nth / 100,
            "vote_count": nth,
        }
        for nth in range(12)
    ]
    return {
        **FILM_BODY,
        "overview": "A caf\u00e9 \U0001f3ac",
        "genres": [{"id": 18, "name": "Drama"}],
        "name": "A Long Run",
        "original_name": "Der lange Lauf",
        "first_air_date": "2008-01-20",
        "last_air_date": "2013-09-29",
        "air_date": "2008-01-20",
        "status": "Ended",
        "in_production": False,
        "next_episode_to_air": None,
        "still_path": "/p3.jpg",
        "external_ids": {"imdb_id": "tt0903747", "tvdb_id": 81189},
        "images": dict.fromkeys(("posters", "backdrops", "logos", "stills"), rows),
        "episodes": [{"id": nth, "air_date": f"2008-01-{nth:02}", "crew": []} for nth in range(1, 4)],
        "parts": SEQUELS,
    }


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container within a value with each of its keys."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def read_both_ways(body: bytes) -> list[list[Title]]:
    """Return the titles read in full and, if it is possible, those read in one pass."""
    try:
        answers = [answer_of(json_object("tmdb", body))]
    except SourceInvalidResponse:
        assert decode_answer(body) is None
        return []
    quick = decode_answer(body)
    return [
        [
            read_title(FILM_ID, each),
            read_title(SERIES_ID, each),
            read_episode(PART_ID, each),
            read_season(SEASON_ID, each),
            read_collection(COLLECTION_ID, each, PictureLists(), TODAY),
        ]
        for each in (*answers, *([quick] if quick else []))
    ]


@ANY_PACE
@given(st.integers(0, 2**32 - 1))
def test_an_odd_value_anywhere_is_read_alike_both_ways(seed: int) -> None:
    chance, body = random.Random(seed), json.loads(json.dumps(series_body()))  # noqa: S311 - a test's choices
    for _ in range(chance.randint(1, 3)):
        within, key = chance.choice(list(places(body)))
        within[key] = chance.choice(ODD)

    read = read_both_ways(json.dumps(body).encode())

    assert 1 <= len(read)
    assert all(each == read[0] for each in read)


@ANY_PACE
@given(st.integers(0, 2**32 - 1), st.sampled_from(SPLICES))
def test_bytes_that_are_no_json_are_read_alike_both_ways(seed: int, written: bytes) -> None:
    chance, body = random.Random(seed), series_body()  # noqa: S311 - a test's choices
    body = json.loads(json.dumps(body))
    within, key = chance.choice(list(places(body)))
    within[key] = "@@"

    read = read_both_ways(json.dumps(body, ensure_ascii=chance.random() < 0.5).encode().replace(b'"@@"', written))

    assert all(each == read[0] for each in read)


@ANY_PACE
@given(st.integers(0, 2**32 - 1))
def test_a_damaged_answer_is_read_alike_both_ways(seed: int) -> None:
    chance, body = random.Random(seed), bytearray(json.dumps(series_body()).encode())  # noqa: S311 - a test's choices
    for _ in range(chance.randint(1, 4)):
        body[chance.randrange(len(body))] = chance.choice(b'"\\{}[]:,0u\x00\x1f\xff\xc3 ')

    read = read_both_ways(bytes(body))

    assert all(each == read[0] for each in read)


def test_a_sound_answer_is_decoded_in_one_pass() -> None:
    answer = decode_answer(json.dumps(series_body()).encode())

    assert answer
    assert answer.is_title
    assert 12 == len((answer.images and answer.images.posters) or ())


@pytest.mark.parametrize(("nth", "added"), [(0, []), (15, []), (25, []), (99, ["/99.jpg"])])
def test_the_main_picture_is_added_only_when_the_list_is_without_it(nth: int, added: list[str]) -> None:
    rows = [{"file_path": f"/{row}.jpg", "iso_639_1": "en", "width": 500} for row in range(30)]
    body = series_body() | {"poster_path": f"/{nth}.jpg", "images": {"posters": rows}}

    posters = read_both_ways(json.dumps(body).encode())[1][0].gallery[Kind.POSTER]

    assert ["/0.jpg", "/1.jpg", "/2.jpg", *added] == [art.path for art in posters]


@pytest.mark.parametrize("lists", ["posters", "backdrops", "logos"])
def test_a_list_that_is_none_leaves_the_other_lists(lists: str) -> None:
    body = series_body()
    body["images"] = body["images"] | {lists: None}

    title, *_ = read_both_ways(json.dumps(body).encode())[1]

    others = {Kind.POSTER: "posters", Kind.BACKDROP: "backdrops", Kind.LOGO: "logos"}
    assert all(len(title.gallery.get(kind, ())) > 1 for kind, name in others.items() if name != lists)


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ({"success": False}, SourceInvalidResponse),
        ({"status_code": 7, "status_message": "-"}, SourceRefused),
        ({"status_message": "Invalid API key"}, SourceRefused),
    ],
)
async def test_a_title_with_a_word_of_an_error_is_no_title(
    http: Http, upstream: Upstream, field: dict[str, Any], error: type[SourceError]
) -> None:
    source = TmdbSource(http, (Secret(KEY),), api_url=upstream.url, image_url=upstream.url)
    upstream.plan("*", Reply(200, json.dumps(series_body() | field).encode()))

    with pytest.raises(error):
        await source.title(FILM.media)
