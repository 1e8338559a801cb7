"""AIOStreams: asks whether a key is good, then with HEAD whether there is a poster, for three services."""

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Client, Site
from tests.clients.titles import FILM, NOBODY, SERIES, SERIES_TMDB, SERIES_TVDB

KEYS = ["whole", "share", "free", "direct"]
BAD_KEYS = ["refused", "of RPDB", "nonsense"]
IDS = [FILM["imdb"], FILM["tmdb"], SERIES["tmdb"], f"tvdb/poster-default/{SERIES_TVDB}"]


class AIOStreams(Client):
    rules = CLIENTS["AIOStreams"]

    async def takes_key(self, address: str) -> bool:
        """Its schema wants a boolean; whatever else comes is no."""
        return await self.accepts_key(address)

    async def has_poster(self, address: str) -> bool:
        """A poster that is not there within three seconds is none."""
        return (await self.look(address))[1]


@pytest.fixture
def client(site: Site) -> AIOStreams:
    return AIOStreams(site)


@pytest.mark.parametrize("prefix", ["", "api/"])
@pytest.mark.parametrize("key", KEYS)
async def test_good_keys_are_taken(client: AIOStreams, site: Site, *, prefix: str, key: str) -> None:
    assert await client.takes_key(f"{prefix}{site.keys[key]}")


@pytest.mark.parametrize(("prefix", "key"), [*(("", key) for key in BAD_KEYS), ("api/", "refused")])
async def test_bad_keys_are_refused_as_its_messages_expect(
    client: AIOStreams, site: Site, *, prefix: str, key: str
) -> None:
    seen = await client.ask(f"{prefix}{site.keys[key]}/isValid", within_s=10)
    poster = await client.has_poster(f"{prefix}{site.keys[key]}/{FILM['imdb']}.jpg?fallback=true")

    assert (401, {"valid": False, "validity": False}) == (seen.status, seen.json)
    assert not poster


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("poster", IDS)
async def test_as_rpdb_it_finds_posters(client: AIOStreams, site: Site, *, key: str, poster: str) -> None:
    assert await client.has_poster(f"{site.keys[key]}/{poster}.jpg?fallback=true")


@pytest.mark.parametrize("poster", NOBODY.values())
async def test_as_rpdb_it_finds_a_stand_in_for_what_nobody_knows(client: AIOStreams, site: Site, poster: str) -> None:
    stand_in = await client.has_poster(f"{site.keys['whole']}/{poster}.jpg?fallback=true")
    without = await client.has_poster(f"{site.keys['whole']}/{poster}.jpg")

    assert (True, False) == (stand_in, without)


@pytest.mark.parametrize("poster", IDS)
@pytest.mark.parametrize("query", ["", "?ratings_limit=4&badge_style=v&label_style=i&position=l"])
async def test_as_openposterdb_it_needs_no_extension(
    client: AIOStreams, site: Site, *, poster: str, query: str
) -> None:
    seen = await client.ask(f"{site.keys['whole']}/{poster}{query}", within_s=30)

    assert await client.has_poster(f"{site.keys['whole']}/{poster}{query}")
    assert ("JPEG", (580, 859)) == seen.form_and_size


async def test_as_openposterdb_its_base_address_may_end_in_a_slash(client: AIOStreams, site: Site) -> None:
    valid = await client.takes_key(f"/{site.keys['whole']}")
    poster = await client.has_poster(f"/{site.keys['whole']}/{FILM['imdb']}")

    assert (True, True) == (valid, poster)


async def test_a_key_whose_posters_are_a_design_is_like_any_other(client: AIOStreams, site: Site) -> None:
    pictures = {}
    for key in ("designed", "whole"):
        address = f"{site.keys[key]}/{FILM['imdb']}"
        seen = await client.ask(address, within_s=30)
        assert await client.takes_key(site.keys[key])
        assert await client.has_poster(address)
        assert ("JPEG", (580, 859)) == seen.form_and_size
        pictures[key] = seen.body

    assert await client.has_poster(f"api/{site.keys['designed']}/imdb/default/{FILM['imdb'].rpartition('/')[2]}.jpg")
    assert pictures["designed"] != pictures["whole"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "poster",
    [FILM["imdb"], FILM["tmdb"], f"tmdb/poster-default/tv-{SERIES_TMDB}", SERIES["tvdb"]],
)
async def test_as_aioratings_it_asks_below_api(client: AIOStreams, site: Site, *, key: str, poster: str) -> None:
    default = poster.replace("poster-default", "default")

    assert await client.has_poster(f"api/{site.keys[key]}/{default}.jpg")


async def test_as_aioratings_a_title_that_nobody_knows_has_no_poster(client: AIOStreams, site: Site) -> None:
    seen = await client.ask(f"api/{site.keys['whole']}/imdb/default/tt7777777.jpg", within_s=3, method="HEAD")

    assert 404 == seen.status
