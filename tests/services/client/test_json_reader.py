"""The readers accept any JSON without a crash."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import omdb
from services.client.json_reader import json_object
from services.fanart.picture_hosts import PictureHosts
from services.fanart.reader import read_gallery
from services.mdblist import reader as mdblist_reading
from services.tmdb import reader as tmdb_reader
from services.tmdb.answer import answer_of
from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.ratings import GREATEST

WORDS = st.sampled_from(
    [
        *("id", "ids", "imdb", "imdb_id", "imdbID", "tmdb", "tvdb", "tvdb_id", "external_ids", "title", "name"),
        *("images", "posters", "backdrops", "logos", "poster_path", "file_path", "width", "height"),
        *("iso_639_1", "iso_3166_1", "vote_average", "vote_count", "popularity"),
        *("release_date", "first_air_date", "last_air_date"),
        *("stills", "still_path", "air_date", "tv_episode_results", "show_id", "season_number", "episode_number"),
        *("movieposter", "moviebackground", "hdmovielogo", "tvposter", "url", "lang", "likes", "season", "Awards"),
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
    st.sampled_from(["https://assets.fanart.tv/a b.jpg", "http://127.0.0.1/x.jpg", "00", "all", "Won 1 Oscar."]),
)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=40
)
TEXTS = st.text() | st.text('\0\ud800\udbff\udc00a\\"u', max_size=8)
NUMBERS = st.floats() | st.integers() | st.sampled_from([10**400, -(10**4000)])
OBJECTS = st.dictionaries(WORDS, JSON, max_size=12)
ANY_PACE = settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is not a failure
MEDIA = st.sampled_from([MediaId(TitleKind.MOVIE, 278), MediaId(TitleKind.SERIES, 1396)])


@ANY_PACE
@given(OBJECTS, MEDIA)
def test_any_tmdb_title_is_read(body: dict[str, Any], media: MediaId) -> None:
    title = tmdb_reader.read_title(media, answer_of(body))

    assert media == title.media
    assert all(0 <= rating.value <= GREATEST[site] for site, rating in title.ratings.items())


@ANY_PACE
@given(OBJECTS)
def test_any_tmdb_episode_is_read(body: dict[str, Any]) -> None:
    media = MediaId(TitleKind.SERIES, 1396, Episode(1, 1))

    title = tmdb_reader.read_episode(media, answer_of(body))

    assert media == title.media
    assert {TitleKind.EPISODE} >= {ref.kind for ref in title.refs}


@ANY_PACE
@given(OBJECTS)
def test_an_episode_found_by_tmdb_has_a_valid_media_id(body: dict[str, Any]) -> None:
    media = tmdb_reader.read_found(ExternalId(IdType.TVDB, 7, TitleKind.EPISODE), body)

    assert media is None or media == MediaId.parse(str(media))


@ANY_PACE
@given(OBJECTS, MEDIA)
def test_any_fanart_title_is_read_with_allowed_urls_only(body: dict[str, Any], media: MediaId) -> None:
    hosts = PictureHosts("https://webservice.fanart.tv/v3")

    gallery = read_gallery(media.kind, body, hosts.address)

    assert all(art.path.startswith("https://assets.fanart.tv/") for arts in gallery.values() for art in arts)
    assert all(art.votes >= 0 <= art.width <= 30_000 for arts in gallery.values() for art in arts)


@given(st.text() | st.text("htps:/@.\\fanrtv?#%[]0 \n", min_size=8).map(lambda path: f"https://{path}.jpg"))
def test_a_url_is_of_fanart_or_none(written: str) -> None:
    hosts = PictureHosts("https://webservice.fanart.tv/v3")

    address = hosts.address(written)

    assert address is None or re.match(r"https://[a-z0-9.-]+\.fanart\.tv/", address)


@ANY_PACE
@given(OBJECTS, MEDIA)
def test_any_mdblist_title_is_read(body: dict[str, Any], media: MediaId) -> None:
    response = mdblist_reading.read_mdblist_ratings(media, body)

    assert all(0 <= rating.value <= GREATEST[site] for site, rating in response.ratings.items())


@ANY_PACE
@given(OBJECTS)
def test_any_omdb_title_is_read(body: dict[str, Any]) -> None:
    response = omdb.read_omdb_ratings(TitleKind.MOVIE, body)

    assert all(0 <= rating.value <= GREATEST[site] for site, rating in response.ratings.items())


@given(st.binary())
def test_bytes_are_an_object_or_an_invalid_response(body: bytes) -> None:
    try:
        value = json_object("x", body)
    except SourceInvalidResponse:
        return

    assert value == msgspec.json.decode(msgspec.json.encode(value))


@given(st.recursive(TEXTS | NUMBERS, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner)))
def test_whatever_is_sent_can_be_stored_and_encoded(sent: Any) -> None:
    value = json_object("x", json.dumps({"sent": sent}).encode())

    assert value == msgspec.json.decode(msgspec.json.encode(value))
    assert b"\\u0000" not in msgspec.json.encode(value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a":NaN,"b":1}', {"a": None, "b": 1}),
        (b'{"a":Infinity,"b":1}', {"a": None, "b": 1}),
        (b'{"a":[-Infinity,2],"b":1}', {"a": [None, 2], "b": 1}),
        (b'{"a":1e999,"b":1}', {"a": None, "b": 1}),
        (b'{"a":-1E+999,"b":1}', {"a": None, "b": 1}),
        (b'{"a":' + b"9" * 5000 + b',"b":1}', {"a": None, "b": 1}),
        (b'{"a":"x\\u0000y","b":1}', {"a": "xy", "b": 1}),
        (b'{"a":"x\x00y","b":1}', {"a": "xy", "b": 1}),
        (b'{"a":"x\\ud83d","b":1}', {"a": "x\ufffd", "b": 1}),
        (b'{"a":"\\ude00\\ud83d","b":1}', {"a": "\ufffd\ufffd", "b": 1}),
        (b'{"a":"\\ud83d\\ude00","b":NaN}', {"a": "\U0001f600", "b": None}),
        (b'{"a":"x\ty\nz","b":1}', {"a": "x\ty\nz", "b": 1}),
        (b'{"a":"\\\\u0000","b":1}', {"a": "\\u0000", "b": 1}),
        ('{"a":"é\\u0000","b":NaN}'.encode("utf-16"), {"a": "é", "b": None}),
    ],
)
def test_what_cannot_be_stored_spoils_only_its_own_field(body: bytes, expected: dict[str, Any]) -> None:
    assert expected == json_object("x", body)


@pytest.mark.parametrize("body", [b"", b"[]", b"NaN", b"[" * 200_000, b'{"a":' * 50_000, b'{"a":nan}', b'{"a":1e}'])
def test_a_body_that_is_not_an_object_is_an_invalid_response(body: bytes) -> None:
    with pytest.raises(SourceInvalidResponse):
        json_object("x", body)


@pytest.mark.parametrize(
    "body",
    [
        '{"a":"é"}'.encode(),
        '\ufeff{"a":"é"}'.encode("utf-16-le"),
        '\ufeff{"a":"é"}'.encode("utf-16-be"),
        '{"a":"é"}'.encode("utf-32-le"),
    ],
)
def test_a_body_in_any_unicode_encoding_is_read(body: bytes) -> None:
    assert {"a": "é"} == json_object("x", body)


def test_a_byte_that_is_no_character_spoils_only_its_own_text() -> None:
    assert {"id": 1, "title": "Caf\ufffd"} == json_object("x", b'{"id":1,"title":"Caf\xe9"}')
