"""RPDB's own clients: plugins of Jellyfin, Emby and Plex, and the program that writes posters into folders."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import ClassVar
from urllib.parse import quote

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Browser, Client, Seen, Site
from tests.clients.conftest import SPENT_AFTER
from tests.clients.titles import (
    FILM_IMDB,
    FILM_TMDB,
    FILM_TVDB,
    NOBODY_IMDB,
    SERIES_IMDB,
    SERIES_TMDB,
    SERIES_TVDB,
)

KEYS = ["whole", "share", "free", "direct"]
STYLES = [
    *("poster-default", "poster-certs", "poster-rt", "poster-mc", "rating-order"),
    *("textless-default", "textless-certs", "textless-rt", "textless-mc", "textless-order"),
]
DRESSED = {
    "order": "imdb,tomatoes-critics,metacritic-audience,letterboxd,commonsense,trakt",
    "badges": "4k,dolbyvision,remuxgold,country.us",
    "badgePos": "bottom|left",
    "badgeSize": "small",
    "imageSize": "verylarge",
    "ratingBarPos": "left-center",
    "ratingBarOpacity": "0.94",
    "ratingBarColor": "rebeccapurple",
    "fontColor": "white",
    "label": "New Season",
}
DRESSED_IN_OUR_WORDS = (
    "ratings_order=imdb,rt,mcu,lb,trakt&age_rating=commonsense&badges=4k,dolbyvision,remux"
    "&badgePos=bottom|left&badgeSize=small&imageSize=very-large&position=l&badge_colour=663399"
)
SIZES = {"medium": (580, 859), "large": (1280, 1896), "verylarge": (2000, 2962)}
SPENT_S = 60.0


def written(parameters: Mapping[str, str]) -> str:
    """Write a query as the plugins do, commas and bars as escapes."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())


class Jellyfin(Client):
    rules = CLIENTS["Jellyfin"]
    headers: ClassVar[Mapping[str, str]] = {"User-Agent": "Jellyfin-Server/10.10.7"}

    async def image(self, address: str) -> Seen:
        """Raises ``AssertionError`` where the plugin's ``EnsureSuccessStatusCode`` would throw."""
        seen, will_do = await self.look(address)
        assert will_do, seen.status
        return seen


class SettingsPage(Browser):
    """The plugins' page, on which a key is typed."""

    name = "the plugins' page"

    async def takes_key(self, key: str) -> bool:
        return bool(re.match("^t[0-9]-", key)) and (await self.ask(f"{key}/isValid", within_s=30)).says_valid


class Emby(Client):
    rules = CLIENTS["Emby"]
    headers: ClassVar[Mapping[str, str]] = {"User-Agent": "Emby/4.9.1"}

    async def image(self, address: str) -> bytes | None:
        assert self._site.url.startswith("http://")
        seen, will_do = await self.look(address)
        return seen.body if will_do else None


class PlexAgent(Client):
    rules = CLIENTS["Plex, RPDB’s agent"]
    headers: ClassVar[Mapping[str, str]] = {
        "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/15.4 Safari/605.1.15",
        "Referer": "https://ratingposterdb.com/",
    }

    async def image(self, address: str) -> bytes | None:
        seen, will_do = await self.look(address)
        return seen.body if will_do else None


class Folders(Client):
    """Writes a poster beside each film, one after the other."""

    rules = CLIENTS["RPDB’s folder program"]
    headers: ClassVar[Mapping[str, str]] = {"User-Agent": "Needle/3.3.1 (Node.js v20.11.0; linux x64)"}

    async def write(self, key: str, titles: Iterable[str]) -> dict[str, bytes]:
        """Go through a queue and return what was written; a 403 ends it, all else is tried again another day."""
        files = {}
        for title in titles:
            seen, will_do = await self.look(f"{key}/imdb/poster-default/{title}.jpg")
            if seen.status == 403:
                break
            if will_do:
                files[title] = seen.body
        return files


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("style", STYLES)
async def test_jellyfin_gets_every_style(site: Site, *, key: str, style: str) -> None:
    seen = await Jellyfin(site).image(f"{site.keys[key]}/imdb/{style}/{FILM_IMDB}.jpg?fallback=true")

    assert ("JPEG", (580, 859)) == seen.form_and_size


@pytest.mark.parametrize(
    "title",
    [
        f"imdb/poster-default/{FILM_IMDB}.jpg",
        f"tmdb/poster-default/movie-{FILM_TMDB}.jpg",
        f"tmdb/poster-default/{FILM_TMDB}.jpg",
        f"imdb/poster-default/{SERIES_IMDB}.jpg",
        f"tvdb/poster-default/{SERIES_TVDB}.jpg",
    ],
)
async def test_jellyfin_gets_a_poster_for_the_ids_that_it_has(site: Site, title: str) -> None:
    seen = await Jellyfin(site).image(f"{site.keys['whole']}/{title}")

    assert ("JPEG", (580, 859)) == seen.form_and_size


@pytest.mark.parametrize(("word", "size"), SIZES.items())
async def test_jellyfin_gets_the_size_that_it_asks_for_with_all_that_goes_with_it(
    site: Site, *, word: str, size: tuple[int, int]
) -> None:
    query = written(DRESSED | {"imageSize": word})

    seen = await Jellyfin(site).image(f"{site.keys['share']}/imdb/rating-order/{FILM_IMDB}.jpg?{query}")

    assert size == seen.form_and_size[1]


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (DRESSED, DRESSED_IN_OUR_WORDS),
        ({"order": "letterboxd,imdb", "ratingBarPos": "top"}, "ratings_order=lb,imdb&position=tc"),
        ({"ratingBarOpacity": "0.5", "fontColor": "gold"}, "badge_opacity=50&font_colour=ffd700"),
        ({"badges": "4k,hdrcolor", "badgePos": "right"}, "badges=4k,hdr&badgePos=right"),
    ],
)
async def test_jellyfin_gets_the_look_that_its_words_mean(site: Site, *, words: Mapping[str, str], ours: str) -> None:
    jellyfin, key = Jellyfin(site), site.keys["whole"]

    asked = await jellyfin.image(f"{key}/imdb/rating-order/{FILM_IMDB}.jpg?{written(words)}")
    meant = await jellyfin.image(f"{key}/imdb/poster-default/{FILM_IMDB}.jpg?{ours}")

    assert meant.body == asked.body


async def test_jellyfin_gets_no_poster_for_what_nobody_knows(site: Site) -> None:
    seen = await Jellyfin(site).ask(f"{site.keys['whole']}/imdb/poster-default/{NOBODY_IMDB}.jpg", within_s=30)

    assert (404, "application/json") == (seen.status, seen.content_type)


async def test_the_plugins_page_takes_the_free_key(site: Site) -> None:
    page = SettingsPage(site)

    assert [True, False, False] == [await page.takes_key(site.keys[key]) for key in ("free", "of RPDB", "whole")]


@pytest.mark.parametrize("key", ["direct", "direct share"])
@pytest.mark.parametrize("query", ["", written(DRESSED)])
@pytest.mark.parametrize("style", ["poster-default", "backdrop-default", "logo-default"])
async def test_emby_gets_a_picture_in_one_answer(site: Site, *, key: str, query: str, style: str) -> None:
    image = await Emby(site).image(f"{site.keys[key]}/imdb/{style}/{FILM_IMDB}.jpg?{query}")

    assert image is not None
    assert image[:4] in {b"\xff\xd8\xff\xe0", b"\x89PNG"}


async def test_emby_gets_none_for_what_nobody_knows(site: Site) -> None:
    assert await Emby(site).image(f"{site.keys['direct']}/imdb/poster-default/{NOBODY_IMDB}.jpg") is None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "title",
    [
        f"imdb/poster-default/{FILM_IMDB}",
        f"tmdb/poster-default/movie-{FILM_TMDB}",
        f"tmdb/poster-default/series-{SERIES_TMDB}",
        f"tvdb/poster-default/{SERIES_TVDB}",
        f"tvdb/poster-default/{FILM_TVDB}",
    ],
)
async def test_plex_gets_a_poster_with_badges_and_a_language(site: Site, *, key: str, title: str) -> None:
    query = "lang=pt-BR&badges=4k%2Cdolbyvision%2Catmos3dsound&badgePos=bottom%7Cleft"

    image = await PlexAgent(site).image(f"{site.keys[key]}/{title}.jpg?{query}")

    assert image is not None
    assert image.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("client", "key", "is_shown"),
    [(Emby, "direct", True), (Emby, "direct share", True), (PlexAgent, "whole", True), (PlexAgent, "free", False)],
)
@pytest.mark.parametrize("style", ["poster-default", "backdrop-default"])
async def test_quality_badges_are_drawn_except_with_the_free_key(
    site: Site, *, client: type[Emby | PlexAgent], key: str, style: str, is_shown: bool
) -> None:
    picture = f"{site.keys[key]}/imdb/{style}/{FILM_IMDB}.jpg"
    wanted, alike = (
        written({"badges": words, "badgePos": "bottom|left", "badgeSize": "small"})
        for words in ("4k,dolbyvision,atmos", "4K,dolbyvisioncolor,5stars,atmos3dsound")
    )

    plain, dressed, again = [
        await client(site).image(f"{picture}?{query}") for query in ("fallback=true", wanted, alike)
    ]

    assert None not in {plain, dressed}
    assert dressed == again
    assert is_shown is (plain != dressed)


async def test_folders_are_written_and_what_nobody_knows_is_left_out(site: Site) -> None:
    files = await Folders(site).write(site.keys["direct"], [FILM_IMDB, NOBODY_IMDB, SERIES_IMDB])

    assert {FILM_IMDB, SERIES_IMDB} == set(files)


async def test_folders_stop_when_the_month_is_spent(site: Site) -> None:
    folders, key = Folders(site), site.keys["spent"]
    async with asyncio.timeout(SPENT_S):
        files = await folders.write(key, [FILM_IMDB] * SPENT_AFTER)
        while files:
            files = await folders.write(key, [FILM_IMDB])

    seen = await folders.ask(f"{key}/requests?break=1763712000000", within_s=10)
    valid = await folders.ask(f"{key}/isValid", within_s=10)

    assert SPENT_AFTER == seen.json["limit"] == valid.json["limit"]
    assert seen.json["req"] >= SPENT_AFTER
    assert valid.says_valid
