from pathlib import Path

import pytest

from deploy.dev.local.environment import (
    embedded_parts,
    kept_secret,
    outside_environment,
    read_run_env,
    service_defaults,
    write_run_env,
)
from deploy.dev.local.ports import Contract
from renderer.config import load_renderer

PARTS = {"postgres": 1, "valkey": 2, "s3": 3, "demo": 4}


def test_every_part_is_embedded_unless_the_outside_has_one() -> None:
    assert ["postgres", "valkey", "s3", "demo"] == embedded_parts({})


@pytest.mark.parametrize(
    ("variable", "part"),
    [("DATABASE_URL", "postgres"), ("REDIS_URL", "valkey"), ("S3_ENDPOINT_URL", "s3"), ("TMDB_API_KEY", "demo")],
)
def test_an_outside_value_replaces_its_part_and_an_empty_one_does_not(variable: str, part: str) -> None:
    assert part not in embedded_parts(outside_environment({variable: "set"}))
    assert part in embedded_parts(outside_environment({variable: ""}))


def test_an_empty_variable_counts_as_unset() -> None:
    assert {"A": "outside"} == outside_environment({"A": "outside", "B": ""})


def test_services_are_told_where_every_embedded_part_is() -> None:
    told = service_defaults(Contract(3000), PARTS, "secret")

    assert "postgresql://postgres@127.0.0.1:1/marquee" == told["DATABASE_URL"]
    assert "redis://127.0.0.1:2/0" == told["REDIS_URL"]
    assert "http://127.0.0.1:3" == told["S3_ENDPOINT_URL"]
    assert "http://127.0.0.1:4/tmdb/3" == told["TMDB_API_URL"]
    assert "http://127.0.0.1:3001" == told["CONTENT_BASE_URL"]


def test_every_source_is_the_demo_with_a_key_of_its_own() -> None:
    told = service_defaults(Contract(3000), PARTS, "secret")

    config = load_renderer(told)
    sources = config.sources
    assert ("http://127.0.0.1:4/anime-map/anime-list-mini.json",) == config.anime_map.urls
    keys = (sources.tmdb_api_keys, sources.mdblist_api_keys, sources.omdb_api_keys, sources.fanart_api_keys)
    assert (("demo",),) * 5 == (*keys, sources.trakt_client_ids)
    assert {
        "http://127.0.0.1:4/tmdb/3",
        "http://127.0.0.1:4/tmdb-images/t/p",
        "http://127.0.0.1:4/trakt",
        "http://127.0.0.1:4/mdblist",
        "http://127.0.0.1:4/omdb",
        "http://127.0.0.1:4/fanart/v3",
        "http://127.0.0.1:4/anilist",
        "http://127.0.0.1:4/kitsu/api/edge",
    } == {value for name in sources.__struct_fields__ if "127.0.0.1:4" in (value := str(getattr(sources, name)))}


def test_an_outside_s3_is_not_given_made_up_credentials() -> None:
    told = service_defaults(Contract(3000), {"postgres": 1}, "secret")

    assert "AWS_ACCESS_KEY_ID" not in told


def test_the_signing_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "jwt_secret"

    first = kept_secret(file)

    assert 64 == len(first)
    assert 0o600 == file.stat().st_mode & 0o777
    assert first == kept_secret(file)


def test_a_damaged_signing_secret_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "jwt_secret"
    file.write_text("half of i")

    assert 64 == len(kept_secret(file))


def test_a_run_tells_its_neighbours_what_they_need_and_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "run.env"
    needed = {"DATABASE_URL": "postgresql://me@h/d", "REDIS_URL": "redis://h", "TMDB_API_KEY": "it's $HOME"}

    write_run_env(file, needed | {"JWT_SECRET": "secret", "HOME": "/", "OMDB_API_KEY": ""})

    assert needed == read_run_env(file)
    assert 0o600 == file.stat().st_mode & 0o777


@pytest.mark.parametrize("text", ["HOME=/", "DATABASE_URL", "rm -r x", "'"])
def test_another_file_is_not_taken_for_a_runs(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.env"
    file.write_text(text)

    with pytest.raises(ValueError):  # noqa: PT011 - it says which file
        read_run_env(file)
