"""The anime id map is parsed from either of its shapes, from the first address that has a readable list."""

import gzip
import json
from typing import Any

import pytest

from services.anime_map import MAP_BYTES, AnimeEntry, AnimeMapSource, read_anime_map
from services.client.byte_budget import ByteBudget
from services.client.http import Http
from services.client.metrics import SourceMetrics
from services.client.retry import RetryPolicy
from shared.domain.errors import SourceDown, SourceInvalidResponse, SourceTooLarge
from shared.domain.ids import ExternalId, IdType
from tests.services.upstream import Reply, Upstream, replies

IDS = {"anidb_id": 4, "anilist_id": 3, "kitsu_id": 1, "mal_id": 2}
NOW: dict[str, Any] = {
    **IDS,
    "type": "TV",
    "imdb_id": ["tt0988824", "tt0988825"],
    "themoviedb_id": {"tv": 31910},
    "tvdb_id": 79824,
    "season": {"tvdb": 2, "tmdb": 3},
    "episode_offset": {"tvdb": 4, "tmdb": 5},
}


def read(*rows: object) -> tuple[AnimeEntry, ...]:
    return read_anime_map("anime_map", json.dumps(rows).encode())


def one(row: object) -> AnimeEntry:
    (entry,) = read(row)
    return entry


def test_the_present_shape_is_read() -> None:
    entry = one(NOW)

    assert {"kitsu:1", "mal:2", "anilist:3", "anidb:4"} == {ref.alias for ref in entry.ids}
    assert ("TV", (988824, 988825), (), 31910, 79824) == (
        entry.type,
        entry.imdb,
        entry.tmdb_movies,
        entry.tmdb_tv,
        entry.tvdb,
    )
    assert (3, 2, 5) == (entry.season_tmdb, entry.season_tvdb, entry.offset)


@pytest.mark.parametrize(
    ("written", "imdb"),
    [
        ("tt0988824", (988824,)),
        (["tt0988824"], (988824,)),
        ("tt0988824,tt0988825", (988824, 988825)),
        (["tt0988824", None, 7, "unknown", "tt0988824"], (988824,)),
        ("", ()),
        (None, ()),
        ("unknown", ()),
        ({"tv": "tt0988824"}, ()),
    ],
)
def test_imdbs_id_is_a_text_or_an_array(written: object, imdb: tuple[int, ...]) -> None:
    assert imdb == one({**NOW, "imdb_id": written}).imdb


@pytest.mark.parametrize(
    ("written", "kind", "films", "series"),
    [
        ({"tv": 31910}, "TV", (), 31910),
        ({"movie": 128}, "MOVIE", (128,), None),
        ({"movie": [128, 129]}, "MOVIE", (128, 129), None),
        ({"movie": [128], "tv": 31910}, "SPECIAL", (128,), 31910),
        (31910, "TV", (), 31910),
        (128, "MOVIE", (128,), None),
        ("128", "MOVIE", (128,), None),
        ("unknown", "TV", (), None),
        (None, "TV", (), None),
        (-1, "TV", (), None),
        (2**31, "TV", (), None),
        ({"tv": None, "movie": [True, 0, {}]}, "TV", (), None),
    ],
)
def test_tmdbs_id_is_a_number_or_an_object(
    written: object, kind: str, films: tuple[int, ...], series: int | None
) -> None:
    entry = one({**NOW, "type": kind, "themoviedb_id": written})

    assert (films, series) == (entry.tmdb_movies, entry.tmdb_tv)


@pytest.mark.parametrize(
    ("season", "offset", "read_as"),
    [
        ({"tmdb": 2}, {"tmdb": 13}, (2, None, 13)),
        ({"tvdb": 2}, {"tvdb": 13}, (None, 2, 13)),
        ({"tvdb": 2, "tmdb": 1}, {"tvdb": 13}, (1, 2, 0)),
        ({"tmdb": 0}, {}, (0, None, 0)),
        ({"tvdb": "a"}, {"tvdb": -1}, (None, None, 0)),
        (None, None, (None, None, 0)),
        (2, 13, (None, None, 0)),
    ],
)
def test_the_place_in_the_series_is_that_of_one_site(
    season: object, offset: object, read_as: tuple[int | None, int | None, int]
) -> None:
    entry = one({**NOW, "season": season, "episode_offset": offset})

    assert read_as == (entry.season_tmdb, entry.season_tvdb, entry.offset)


def test_a_row_without_imdb_is_read() -> None:
    entry = one({"mal_id": 2, "themoviedb_id": {"tv": 31910}, "type": "TV"})

    assert ((ExternalId(IdType.MAL, 2),), (), 31910) == (entry.ids, entry.imdb, entry.tmdb_tv)


def test_rows_that_lead_nowhere_are_left_out() -> None:
    rows: list[object] = [
        7,
        None,
        "text",
        [],
        {},
        IDS,
        {"themoviedb_id": {"tv": 1}},
        {**NOW, "mal_id": 10_000_000},
        NOW,
    ]

    assert [3, 4] == [len(entry.ids) for entry in read(*rows)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[{}]",
        b"null",
        b"{}",
        b'{"data": []}',
        b"<!DOCTYPE html><html><body>Rate limited</body></html>",
        json.dumps([NOW] * 3).encode()[:-9],
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_list_of_entries_is_refused(body: bytes) -> None:
    with pytest.raises(SourceInvalidResponse):
        read_anime_map("anime_map", body)


def test_a_list_with_far_too_many_rows_is_refused() -> None:
    with pytest.raises(SourceInvalidResponse, match="200001 rows"):
        read_anime_map("anime_map", b"[" + b"1," * 200_000 + b"1]")


@pytest.fixture
def source(http: Http, upstream: Upstream) -> AnimeMapSource:
    return AnimeMapSource(http, [f"{upstream.url}/list.json", f"{upstream.url}/mirror.json"])


async def test_the_mirror_is_asked_only_when_the_first_address_fails(
    source: AnimeMapSource, upstream: Upstream
) -> None:
    upstream.plan("/list.json", replies([NOW]), Reply(404, b"404: Not Found"))
    upstream.plan("/mirror.json", Reply(200, gzip.compress(json.dumps([NOW, NOW]).encode())))

    first, second = await source.entries(), await source.entries()

    assert (1, 2) == (len(first), len(second))
    assert ["/list.json", "/list.json", "/mirror.json"] == upstream.paths


@pytest.mark.parametrize(("reply", "error"), [(Reply(503), SourceDown), (Reply(200, b"<html>"), SourceInvalidResponse)])
async def test_what_the_last_address_does_wrong_is_raised(
    source: AnimeMapSource, upstream: Upstream, reply: Reply, error: type[Exception]
) -> None:
    upstream.plan("*", reply)

    with pytest.raises(error):
        await source.entries()

    assert {"/list.json", "/mirror.json"} == set(upstream.paths)


async def test_a_list_is_read_up_to_64_mb_and_no_byte_more(registry: Any, upstream: Upstream) -> None:
    """Compressed, so that the test sends little; the limit counts what comes out."""
    body = json.dumps([NOW]).encode()
    memory = ByteBudget(2 * MAP_BYTES)
    upstream.plan("/just.json", Reply(200, gzip.compress(body.ljust(MAP_BYTES), 1)))
    upstream.plan("/over.json", Reply(200, gzip.compress(body.ljust(MAP_BYTES + 1), 1)))

    async with Http(SourceMetrics(registry), retry_policy=RetryPolicy(attempts=1), memory=memory) as http:
        found = await AnimeMapSource(http, [f"{upstream.url}/just.json"]).entries()
        with pytest.raises(SourceTooLarge):
            await AnimeMapSource(http, [f"{upstream.url}/over.json"]).entries()

    assert (MAP_BYTES, 1) == (64 << 20, len(found))
