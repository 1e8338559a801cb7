"""What a link to a look shows where it is posted."""

import re
from collections.abc import Mapping
from html import unescape

import pytest

from gateway.web.look_cards import look_words
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from shared.stores.settings_rows import load_settings
from tests.gateway.auth.caller import Caller, gateway
from tests.gateway.edge import CONTENT

_META = re.compile(r'<meta property="og:([a-z_:]+)" content="([^"]*)">')


async def card(caller: Caller, path: str) -> Mapping[str, str]:
    answer = await caller.get(path)
    assert answer.status == 200, answer.body
    return {name: unescape(value) for name, value in _META.findall(answer.body.decode())}


@pytest.mark.parametrize("page", ["/", "/configure"])
async def test_a_link_with_a_look_has_its_picture_and_its_words(caller: Caller, pool: Pool, page: str) -> None:
    look = parse(Kind.POSTER, Format.JPG, {"badge_shape": "p", "position": "bl"})

    shown = await card(caller, f"{page}?id=tt0013442&badge_shape=p&position=bl&key=never-to-be-seen&utm_source=x")

    assert {
        "site_name": "Marquee",
        "type": "website",
        "title": "Nosferatu (1922): a poster by Marquee",
        "description": "Corners: Pill. Position of the badges: Bottom left.",
        "image": f"{CONTENT}/c/{settings_hash(look)}/imdb/poster-default/tt0013442.jpg",
        "image:width": "580",
        "image:height": "859",
        "image:alt": "Nosferatu (1922): poster with its ratings",
    } == dict(shown)
    assert look == await load_settings(pool, settings_hash(look))


@pytest.mark.parametrize("query", ["preset=big-score", "poster.preset=big-score"])
async def test_a_link_to_a_preset_has_its_picture_and_its_name(caller: Caller, query: str) -> None:
    drawn = await caller.get("/t0-free-rpdb/imdb/preset-big-score/tt0017136.jpg")

    shown = await card(caller, f"/configure?{query}")

    assert (drawn.headers["Location"], "In the preset “Big score”.") == (shown["image"], shown["description"])


async def test_the_parameters_of_the_kind_that_is_shown_count(caller: Caller) -> None:
    look = parse(Kind.BACKDROP, Format.JPG, {"ratings_limit": "2", "title": "logo"})

    shown = await card(caller, "/configure?kind=backdrop&poster.ratings_limit=1&backdrop.ratings_limit=2&title=logo")

    assert f"{CONTENT}/c/{settings_hash(look)}/imdb/backdrop-default/tt0017136.jpg" == shown["image"]
    assert shown["title"].startswith("Metropolis (1927): a backdrop")


async def test_the_first_page_has_a_picture_and_the_other_pages_have_words(caller: Caller) -> None:
    home, plain = await card(caller, "/"), await card(caller, "/docs/clients")

    assert home["image"].startswith(f"{CONTENT}/c/")
    assert ("Clients – Marquee", None) == (plain["title"], plain.get("image"))


@pytest.mark.parametrize("query", ["badge_shape=round", "id=nothing", "lang=" + "x" * 500, "id=%3Cscript%3E"])
async def test_a_look_that_cannot_be_leaves_the_page_as_it_is(caller: Caller, query: str) -> None:
    assert await card(caller, "/configure") == await card(caller, f"/configure?{query}")


async def test_a_link_makes_no_pictures_where_strangers_have_none(
    pool: Pool, postgres_url: str, valkey_url: str
) -> None:
    look = parse(Kind.POSTER, Format.JPG, {"badge_shape": "p"})
    async with gateway(postgres_url, valkey_url, FREE_KEY_ENABLED="false") as caller:
        shown = await card(caller, "/configure?badge_shape=p")

    assert "image" not in shown
    assert await load_settings(pool, settings_hash(look)) is None


def test_the_defaults_have_no_words() -> None:
    assert "" == look_words(parse(Kind.LOGO, Format.PNG, {}))
