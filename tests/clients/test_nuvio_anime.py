"""Nuvio writes the id types of anime sites by itself, and an add-on for anime writes Kitsu's in RPDB's form."""

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Client, Site
from tests.clients.titles import ANIME_KITSU

PATTERN = "{id_type}/poster-default/{typed_id}.jpg"


class Nuvio(Client):
    rules = CLIENTS["Nuvio"]
    headers: ClassVar[Mapping[str, str]] = {"User-Agent": "Nuvio/1.0"}


@pytest.mark.parametrize(
    "known",
    [
        {"id_type": "kitsu", "typed_id": str(ANIME_KITSU)},
        {"id_type": "kitsu", "typed_id": f"kitsu:{ANIME_KITSU}"},
        {"id_type": "anilist", "typed_id": "880012"},
        {"id_type": "mal", "typed_id": "880023"},
        {"id_type": "anidb", "typed_id": "880044"},
    ],
)
async def test_its_one_line_gives_a_poster_for_every_anime_id(site: Site, known: dict[str, str]) -> None:
    address = f"{site.keys['share']}/{re.sub('{([a-z_]+)}', lambda match: known[match[1]], PATTERN)}"

    seen = await Nuvio(site).ask(address, within_s=10)

    assert ("JPEG", (580, 859)) == seen.form_and_size


@pytest.mark.parametrize(("id_type", "status"), [("unknown", 400), ("simkl", 400), ("kitsu", 404)])
async def test_an_id_that_means_nothing_gets_no_picture(site: Site, id_type: str, status: int) -> None:
    seen = await Nuvio(site).ask(f"{site.keys['share']}/{id_type}/poster-default/9999999.jpg", within_s=10)

    assert status == seen.status
    assert not seen.is_picture


async def test_an_unknown_number_is_a_fact_for_five_minutes(site: Site) -> None:
    seen = await Nuvio(site).ask(f"{site.keys['whole']}/kitsu/poster-default/9999998.jpg", within_s=10)

    assert (404, "public, max-age=300") == (seen.status, seen.headers["cache-control"])


async def test_an_add_on_for_anime_gets_its_poster_or_a_placeholder(site: Site) -> None:
    found = [
        await Nuvio(site).ask(f"{site.keys['whole']}/kitsu/poster-default/{number}.jpg?fallback=true", within_s=10)
        for number in (ANIME_KITSU, 9999997)
    ]

    assert [True, True] == [seen.is_picture for seen in found]
    assert found[0].body != found[1].body
