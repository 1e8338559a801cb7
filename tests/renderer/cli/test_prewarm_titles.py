"""Are files of ids and the sources' lists read, and what is wrong in them named?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from deploy.dev.demo.app import build_app
from deploy.dev.demo.catalogue import ALL
from renderer.cli.prewarm_titles import read_file, read_lines, read_lists
from renderer.config import load_prewarm
from services.config import SourcesConfig
from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType, TitleKind


def test_a_file_has_ids_comments_and_empty_lines(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("\ufefftt0111161\n\n# films\nmovie-278  # by its TMDB number\r\n  tvdb:81189\n")

    titles, bad = read_file(str(file), None)

    assert ["imdb:tt0111161", "tmdb:movie-278", "tvdb:81189"] == [title.alias for title in titles]
    assert [] == bad


def test_a_bad_line_is_named_and_the_others_are_read() -> None:
    titles, bad = read_lines(
        "ids.txt", ["tt0111161\n", "\n", "278\n", "x" * 100_000, f"movie-{2**63}", "movie-278"], None
    )

    assert ["imdb:tt0111161", "tmdb:movie-278"] == [title.alias for title in titles]
    assert [("ids.txt", 3), ("ids.txt", 4), ("ids.txt", 5)] == [(line.file, line.number) for line in bad]
    assert all(len(line.sentence) < 350 for line in bad)


def test_no_more_are_read_than_were_asked_for() -> None:
    titles, _ = read_lines("ids.txt", [f"tmdb:{number}" for number in range(1, 10)], 3)

    assert [1, 2, 3] == [title.number for title in titles]


@pytest.fixture
async def config() -> AsyncIterator[SourcesConfig]:
    async with TestServer(build_app()) as demo:
        url = str(demo.make_url("")).rstrip("/")
        variables = {
            "DATABASE_URL": "postgresql://h/d",
            "REDIS_URL": "redis://h",
            "TMDB_API_KEY": "demo",
            "TMDB_API_URL": f"{url}/tmdb/3",
            "MDBLIST_API_KEY": "demo",
            "MDBLIST_API_URL": f"{url}/mdblist",
        }
        sources = load_prewarm(variables).sources
        assert sources
        yield sources


async def test_lists_are_asked_for_at_their_sources(config: SourcesConfig) -> None:
    films = await read_lists([("tmdb", "trending/movie/week")], 1000, config)
    both = await read_lists([("tmdb", "trending/all/day"), ("mdblist", "demo/silent-films")], 1000, config)

    assert {ExternalId(IdType.TMDB, t.tmdb, TitleKind.MOVIE) for t in ALL if t.kind == "movie"} == set(films)
    assert 2 * len(ALL) == len(both)
    assert set(both[: len(ALL)]) == set(both[len(ALL) :])


async def test_a_list_gives_no_more_than_was_asked_for(config: SourcesConfig) -> None:
    found = [
        await read_lists([name], 3, config) for name in (("tmdb", "trending/all/day"), ("mdblist", "demo/silent-films"))
    ]

    assert [3, 3] == [len(titles) for titles in found]


@pytest.mark.parametrize("name", [("omdb", "best"), ("tmdb", "best"), ("mdblist", "nobody/nothing")])
async def test_a_list_that_nobody_has_is_a_bad_request(config: SourcesConfig, name: tuple[str, str]) -> None:
    with pytest.raises(BadRequest):
        await read_lists([name], 10, config)


async def test_lists_need_keys() -> None:
    with pytest.raises(BadRequest):
        await read_lists([("tmdb", "trending/all/day")], 10, None)
