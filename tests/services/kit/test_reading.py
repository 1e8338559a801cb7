"""Does any JSON at all come through the readers without a crash?"""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import mdblist, omdb, tmdb
from services.kit.reading import json_object
from shared.errors import SourceGarbled
from shared.ids import MediaId, TitleKind
from shared.ratings import GREATEST

WORDS = st.sampled_from(
    [
        *("id", "ids", "imdb", "imdb_id", "imdbID", "tmdb", "tvdb", "tvdb_id", "external_ids", "title", "name"),
        *("images", "posters", "backdrops", "logos", "poster_path", "file_path", "width", "height"),
        *("iso_639_1", "iso_3166_1", "vote_average", "vote_count", "popularity"),
        *("release_date", "first_air_date", "last_air_date"),
        *("ratings", "source", "value", "score", "votes"),
        *("Ratings", "Source", "Value", "imdbRating", "Metascore", "imdbVotes"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["tt0111161", "imdb", "letterboxd", "9.3/10", "89%", "/a.jpg", "2008-01-20", "Metacritic", "en"]),
)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=40
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=12)
ANY_PACE = settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding
MEDIA = st.sampled_from([MediaId(TitleKind.MOVIE, 278), MediaId(TitleKind.SERIES, 1396)])


@ANY_PACE
@given(OBJECTS, MEDIA)
def test_whatever_tmdb_says_is_read(body: dict[str, Any], media: MediaId) -> None:
    title = tmdb.read_title(media, body)

    assert media == title.media
    assert all(0 < rating.value <= GREATEST[site] for site, rating in title.ratings.items())


@ANY_PACE
@given(OBJECTS, MEDIA)
def test_whatever_mdblist_says_is_read(body: dict[str, Any], media: MediaId) -> None:
    answer = mdblist.read_ratings(media, body)

    assert all(0 < rating.value <= GREATEST[site] for site, rating in answer.ratings.items())


@ANY_PACE
@given(OBJECTS)
def test_whatever_omdb_says_is_read(body: dict[str, Any]) -> None:
    answer = omdb.read_ratings(body)

    assert all(0 < rating.value <= GREATEST[site] for site, rating in answer.ratings.items())


@given(st.binary())
def test_bytes_are_an_object_or_garbled(body: bytes) -> None:
    try:
        value = json_object("x", body)
    except SourceGarbled:
        return

    assert msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf")) == value


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 200_000, b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\xff"}'])
def test_what_is_no_object_is_garbled(body: bytes) -> None:
    with pytest.raises(SourceGarbled):
        json_object("x", body)
