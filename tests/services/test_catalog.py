"""Every source with a key is built, passes the suites of its roles, and is documented."""

import re
from pathlib import Path

import pytest

from services.catalog import Catalog, build_catalog
from services.client.http import Http
from services.config import SourcesConfig
from shared.config.environment import Secret
from tests.services import test_entry_ratings, test_fanart, test_mdblist, test_omdb, test_tmdb
from tests.services.contract import (
    ArtSourceContract,
    RatingSourceContract,
    TitleSourceContract,
)

SERVICES = Path(__file__).parents[2] / "services"
README = SERVICES / "README.md"
SUITES = {
    "tmdb": (test_tmdb.TestTitles, test_tmdb.TestPictures),
    "mdblist": (test_mdblist.TestRatings,),
    "omdb": (test_omdb.TestRatings,),
    "fanart": (test_fanart.TestGalleries, test_fanart.TestPictures),
    "anilist": (test_entry_ratings.TestAnilist,),
    "kitsu": (test_entry_ratings.TestKitsu,),
}


def catalog(
    http: Http, *, mdblist: str | None = "m", omdb: str | None = "o", fanart: str | None = "f", trakt: bool = True
) -> Catalog:
    config = SourcesConfig(
        tmdb_api_keys=(Secret("t"),),
        tmdb_api_url="http://tmdb.example/3",
        tmdb_image_url="http://images.example",
        mdblist_api_keys=(Secret(mdblist),) if mdblist else (),
        mdblist_api_url="http://mdblist.example",
        omdb_api_keys=(Secret(omdb),) if omdb else (),
        omdb_api_url="http://omdb.example",
        fanart_api_keys=(Secret(fanart),) if fanart else (),
        fanart_api_url="http://fanart.example/v3",
        trakt_client_ids=(Secret("client"),) if trakt else (),
        trakt_api_url="http://trakt.example",
        anilist_api_url="http://anilist.example",
        kitsu_api_url="http://kitsu.example/api/edge",
    )
    return build_catalog(config, http, lambda _: 3600.0)


@pytest.mark.parametrize(
    ("mdblist", "omdb", "expected"),
    [("m", "o", ["mdblist", "omdb"]), ("m", None, ["mdblist"]), (None, "o", ["omdb"]), (None, None, [])],
)
async def test_only_sources_with_a_key_are_built_and_those_that_need_none(
    http: Http, mdblist: str | None, omdb: str | None, expected: list[str]
) -> None:
    built = catalog(http, mdblist=mdblist, omdb=omdb)

    assert [*expected, "anilist", "kitsu"] == [source.name for source in built.ratings]
    assert [None] * len(expected) + ["anilist", "kitsu"] == [source.only_rates for source in built.ratings]
    assert expected[:1] * bool(mdblist) == [source.name for source in built.film_names]
    assert ["omdb"] * bool(omdb) == [source.name for source in built.ratings if source.knows_awards]


@pytest.mark.parametrize(("fanart", "expected"), [("f", ["tmdb", "fanart"]), (None, ["tmdb"])])
async def test_fanart_is_the_second_art_source_if_it_has_a_key(
    http: Http, fanart: str | None, expected: list[str]
) -> None:
    built = catalog(http, fanart=fanart)

    assert expected == [source.name for source in built.art]


async def test_every_source_passes_the_suites_of_its_roles(http: Http) -> None:
    built = catalog(http)

    for sources, contract in (
        ((built.titles,), TitleSourceContract),
        (built.art, ArtSourceContract),
        (built.ratings, RatingSourceContract),
    ):
        for source in sources:
            assert any(issubclass(suite, contract) for suite in SUITES[source.name])


def test_every_source_has_a_row_in_the_readme() -> None:
    assert source_files() <= set(re.findall(r"^\| `([^`]+)` \|", README.read_text(), re.MULTILINE))


async def test_every_built_source_is_a_file_or_folder_of_its_name(http: Http) -> None:
    built = catalog(http)

    names = {built.titles.name, *(source.name for source in built.art), *(source.name for source in built.ratings)}

    assert names <= {name.removesuffix(".py").removesuffix("/") for name in source_files()}


NO_SOURCES = ("__init__", "artwork", "catalog", "config", "entry_ratings", "source", "titles")


def source_files() -> set[str]:
    """Return the modules and folders that are sources, as the README writes them."""
    folders = {f"{path.parent.name}/" for path in SERVICES.glob("*/__init__.py")}
    modules = {path.name for path in SERVICES.glob("*.py")}
    return (folders | modules) - {"client/", *(f"{name}.py" for name in NO_SOURCES)}
