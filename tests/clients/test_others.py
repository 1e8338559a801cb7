"""Smaller clients: each has one way of asking, and its own idea of what an answer means."""

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Browser, Client, Site
from tests.clients.titles import (
    FILM,
    FILM_IMDB,
    FILM_TMDB,
    NOBODY,
    NOBODY_IMDB,
    SERIES,
    SERIES_IMDB,
    SERIES_TMDB,
    SERIES_TVDB,
)

KEYS = ["whole", "share", "free", "direct share"]
BAD_KEYS = ["refused", "of RPDB", "nonsense"]


class AiSearch(Client):
    """stremio-ai-search: a whole GET tells whether there is a poster, and trouble is tried twice more."""

    rules = CLIENTS["AI Search"]

    async def has_poster(self, key: str, style: str, title: str) -> bool:
        for _ in range(3):
            seen, will_do = await self.look(f"{key}/imdb/{style}/{title}.jpg")
            if seen.status < 500:
                return will_do
        return False


class CatalogProviders(Client):
    """stremio-catalog-providers: TMDB only; exactly 200 to HEAD."""

    name = "stremio-catalog-providers"
    redirects = 5

    async def has_poster(self, key: str, title: str, language: str) -> bool:
        ending = "" if key.startswith(("t0-", "t1-")) else f"?lang={language}"
        return (
            await self.ask(f"{key}/tmdb/poster-default/{title}.jpg{ending}", within_s=10, method="HEAD")
        ).status == 200


class Mdblist(Browser):
    """stremio-mdblist: jQuery on its page, IMDb with a stand-in."""

    name = "stremio-mdblist"

    async def takes_key(self, key: str) -> bool:
        return (await self.ask(f"{key}/isValid", within_s=30)).says_valid


class Watchly(Client):
    """Watchly: the status of one answer, without redirects, says whether a key is good."""

    rules = CLIENTS["Watchly"]

    async def takes_key(self, key: str) -> bool:
        return await self.accepts_key(key)


class Companion(Client):
    """Stremio AI Companion: looks for one poster to learn whether the key is good; 404 says nothing against it."""

    name = "Stremio AI Companion"
    redirects = 20

    async def takes_key(self, key: str) -> bool:
        seen = await self.ask(f"{key}/imdb/poster-default/tt0111161.jpg", within_s=10, method="HEAD")
        return seen.status == 404 or seen.status < 400


class CatalogWorker(Client):
    """A worker of a catalogue: 401 and 403 are bad keys, all other trouble is trouble."""

    name = "a catalogue's worker"
    redirects = 20
    headers: ClassVar[Mapping[str, str]] = {"User-Agent": "catalog-manager/2.1"}

    async def takes_key(self, key: str) -> bool:
        seen = await self.ask(f"{key}/isValid", within_s=10)
        assert seen.is_ok or seen.status in {401, 403}, "it would blame the service"
        return seen.is_ok


class Picture(Browser):
    """Whatever loads a picture into a page, as letterboxd's addon, builders of addresses and Nuvio leave it to do."""

    name = "an <img>"

    async def loads(self, address: str) -> bool:
        return (await self.ask(address, within_s=15)).is_picture


class Player(Client):
    """A player in QML: exactly 200 to HEAD within five seconds, for an address without a key of its own."""

    name = "a QML player"
    redirects = 50

    async def has_poster(self, address: str) -> bool:
        return (await self.ask(address, within_s=5, method="HEAD")).status == 200


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "style", ["poster-default", "poster-clean", "poster-imdb", "poster-metacritic", "rating-order", "textless-default"]
)
async def test_ai_search_finds_every_style_of_its_menu(site: Site, *, key: str, style: str) -> None:
    client = AiSearch(site)

    assert await client.has_poster(site.keys[key], style, FILM_IMDB)
    assert not await client.has_poster(site.keys[key], style, NOBODY_IMDB)


async def test_ai_search_gets_a_404_for_what_has_no_poster(site: Site) -> None:
    seen = await AiSearch(site).ask(f"{site.keys['free']}/imdb/poster-default/{NOBODY_IMDB}.jpg", within_s=10)

    assert (404, ["error"]) == (seen.status, list(seen.json))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", ["en", "fr", "pt-BR"])
@pytest.mark.parametrize("title", [f"movie-{FILM_TMDB}", f"series-{SERIES_TMDB}"])
async def test_catalog_providers_find_posters_with_a_language(
    site: Site, *, key: str, language: str, title: str
) -> None:
    assert await CatalogProviders(site).has_poster(site.keys[key], title, language)


async def test_catalog_providers_find_none_for_what_nobody_knows(site: Site) -> None:
    client = CatalogProviders(site)

    assert not await client.has_poster(site.keys["whole"], "movie-7777777", "fr")


@pytest.mark.parametrize("client", [Mdblist, Watchly, Companion, CatalogWorker])
@pytest.mark.parametrize(("key", "is_taken"), [*((key, True) for key in KEYS), *((key, False) for key in BAD_KEYS)])
async def test_each_way_of_testing_a_key_tells_good_from_bad(
    site: Site,
    *,
    client: type[Mdblist | Watchly | Companion | CatalogWorker],
    key: str,
    is_taken: bool,
) -> None:
    assert is_taken is await client(site).takes_key(site.keys[key])


@pytest.mark.parametrize(
    "address",
    [
        *(f"{title}.jpg?fallback=true" for title in (*FILM.values(), *SERIES.values(), *NOBODY.values())),
        f"imdb/background-default/{FILM_IMDB}.png?fallback=true&lang=es-MX",
        f"imdb/backdrop-default/{FILM_IMDB}.jpg?fallback=true&lang=zh-TW",
        f"imdb/logo-default/{FILM_IMDB}.png?fallback=true",
        f"tmdb/poster-default/movie-{FILM_TMDB}.png?fallback=true&lang=de",
        f"tmdb/poster-default/tv-{SERIES_TMDB}.jpg?fallback=true",
        f"tmdb/background-default/TV-{SERIES_TMDB}.JPG",
        f"tvdb/poster-default/{SERIES_TVDB}.jpg",
        f"imdb/poster-default/{FILM_IMDB.upper()}.JPG",
        f"imdb/episode-default/episode-{SERIES_IMDB}-S1E1.jpg",
        f"tvdb/episode-default/episode-{SERIES_TVDB}-S1E1",
        f"tmdb/episode-default/episode-{SERIES_TMDB}-S1E1.png",
        f"imdb/poster-default/{SERIES_IMDB}:1:1.jpg",
    ],
)
@pytest.mark.parametrize("key", ["whole", "free", "direct"])
async def test_what_builders_of_addresses_write_loads_in_a_page(site: Site, *, address: str, key: str) -> None:
    assert await Picture(site).loads(f"{site.keys[key]}/{address}")


@pytest.mark.parametrize("key", ["whole", "share"])
@pytest.mark.parametrize(
    ("id_type", "typed_id"),
    [("imdb", FILM_IMDB), ("tmdb", f"movie-{FILM_TMDB}"), ("tvdb", f"series-{SERIES_TVDB}")],
)
@pytest.mark.parametrize(("prefix", "style"), [("", "poster-default"), ("api/", "default"), ("", "backdrop-default")])
async def test_a_template_of_nuvio_loads(
    site: Site, *, key: str, id_type: str, typed_id: str, prefix: str, style: str
) -> None:
    address = f"{prefix}{site.keys[key]}/{id_type}/{style}/{typed_id}.jpg?fallback=true"

    assert await Picture(site).loads(address)


@pytest.mark.parametrize("ending", ["", "?ratings_limit=4&label_style=i", "?"])
async def test_the_jellyfin_plugin_with_a_base_address_loads_its_test_poster(site: Site, ending: str) -> None:
    page = Picture(site)

    assert await page.loads(f"{site.keys['whole']}/{FILM['imdb']}.jpg{ending}")
    assert await page.loads(f"/{site.keys['whole']}/{FILM['imdb']}.jpg{ending}")
    assert not await page.loads(f"{site.keys['refused']}/{FILM['imdb']}.jpg{ending}")


async def test_a_player_finds_posters_when_the_key_is_in_its_base_address(site: Site) -> None:
    player = Player(site)

    assert await player.has_poster(f"{site.keys['free']}/{FILM['imdb']}.jpg")
    assert not await player.has_poster(f"{site.keys['free']}/{NOBODY['imdb']}.jpg")
    assert not await player.has_poster(f"{FILM['imdb']}.jpg")


@pytest.mark.parametrize("key", KEYS)
async def test_a_client_that_knows_how_keys_look_takes_ours(site: Site, key: str) -> None:
    assert re.fullmatch("[A-Za-z0-9_-]{1,64}", site.keys[key])
    assert await Picture(site).loads(f"{site.keys[key]}/{FILM['imdb']}.jpg")


async def test_a_rating_as_text_is_refused_and_is_no_number(site: Site) -> None:
    seen = await Watchly(site).ask(f"{site.keys['whole']}/imdb/rating/{FILM_IMDB}", within_s=10)

    assert (422, "application/json") == (seen.status, seen.content_type)
