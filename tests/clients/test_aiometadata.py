"""AIOMetadata: a test of the key, patterns of addresses, a check with HEAD, and a proxy that hands posters on."""

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Client, Site
from tests.clients.titles import (
    ANIME_KITSU,
    FILM_IMDB,
    FILM_TMDB,
    FILM_TVDB,
    NOBODY_IMDB,
    NOBODY_TMDB,
    SERIES_IMDB,
    SERIES_TMDB,
    SERIES_TVDB,
)

KEYS = ["whole", "share", "free", "direct share"]
KNOWN = {
    "type": "series",
    "imdb_id": SERIES_IMDB,
    "tmdb_id": str(SERIES_TMDB),
    "tvdb_id": str(SERIES_TVDB),
    "season": "1",
    "episode": "1",
    "kitsu_id": str(ANIME_KITSU),
    "anilist_id": "880032",
    "mal_id": "880033",
    "anidb_id": "880034",
    "language": "pt-BR",
    "language_short": "pt",
}
PATTERNS = {
    "imdb/poster-default/{imdb_id}.jpg?fallback=true&lang={language}": (580, 859),
    "imdb/poster-default/{imdb_id}.jpg?lang={language_short}": (580, 859),
    "tmdb/poster-default/{type}-{tmdb_id}.png": (580, 859),
    "tvdb/poster-default/{tvdb_id}": (580, 859),
    "tvdb/poster-default/{type}-{tvdb_id}.jpg": (580, 859),
    "kitsu/poster-default/{kitsu_id}.jpg?fallback=true": (580, 859),
    "anilist/poster-default/{anilist_id}.jpg?ratings_order=anilist": (580, 859),
    "mal/poster-default/{mal_id}": (580, 859),
    "anidb/poster-default/{anidb_id}.png": (580, 859),
    "kitsu/backdrop-default/{kitsu_id}.jpg": (1920, 1080),
    "kitsu/episode-default/{kitsu_id}:{season}:{episode}.jpg": (780, 439),
    "imdb/backdrop-default/{imdb_id}.jpg?fallback=true": (1920, 1080),
    "tmdb/logo-default/{type}-{tmdb_id}.png?fallback=true&ratings_limit=0": (780, 244),
    "imdb/episode-default/{imdb_id}:{season}:{episode}.jpg": (780, 439),
    "imdb/episode-default/{imdb_id}%3A{season}%3A{episode}.jpg?fallback=true&blur=true": (780, 439),
    "imdb/episode-default/episode-{imdb_id}-S{season}E{episode}": (780, 439),
    "tmdb/episode-default/episode-{tmdb_id}-S{season}E{episode}.jpg": (780, 439),
    "tvdb/episode-default/episode-{tvdb_id}-s{season}e{episode}.webp": (780, 439),
}


class AIOMetadata(Client):
    rules = CLIENTS["AIOMetadata"]
    headers: ClassVar[Mapping[str, str]] = {"User-Agent": "AIOMetadata/1.38.2"}

    async def takes_key(self, key: str) -> bool:
        return await self.accepts_key(key)

    async def finds(self, address: str) -> bool:
        """Look before use: what does not look like a picture within three seconds is not used."""
        return (await self.look(address))[1]

    async def hands_on(self, address: str) -> bytes | None:
        """Fetch what its own users are given; ``None`` sends them to the original poster."""
        seen, will_do = await self.look(address, 1)
        return seen.body if will_do else None


def from_rpdb(key: str, ids: dict[str, int | str], kind: str, language: str) -> str:
    """Write the address as it does for RPDB itself: TVDB before TMDB before IMDb, the language where a tier has it."""
    for site in ("tvdb", "tmdb"):
        if site in ids:
            media = f"{site}/poster-default/{kind}-{ids[site]}"
            break
    else:
        media = f"imdb/poster-default/{ids['imdb']}"
    has_language = key.partition("-")[0] not in {"t0", "t1"} and language != "en"
    return f"{key}/{media}.jpg?fallback=true" + (f"&lang={language}" if has_language else "")


@pytest.fixture
def client(site: Site) -> AIOMetadata:
    return AIOMetadata(site)


@pytest.mark.parametrize("key", KEYS)
async def test_its_key_test_takes_good_keys(client: AIOMetadata, site: Site, key: str) -> None:
    assert await client.takes_key(site.keys[key])


@pytest.mark.parametrize("key", ["refused", "of RPDB", "nonsense"])
async def test_its_key_test_refuses_others(client: AIOMetadata, site: Site, key: str) -> None:
    assert not await client.takes_key(site.keys[key])


def test_no_key_of_ours_is_taken_for_one_of_another_service(site: Site) -> None:
    assert [] == [name for name in KEYS if site.keys[name].startswith("TP-")]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", ["en", "de", "pt-BR"])
@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        ({"tvdb": FILM_TVDB, "tmdb": FILM_TMDB}, "movie"),
        ({"tmdb": FILM_TMDB, "imdb": FILM_IMDB}, "movie"),
        ({"imdb": FILM_IMDB}, "movie"),
        ({"tvdb": SERIES_TVDB, "imdb": SERIES_IMDB}, "series"),
        ({"tmdb": SERIES_TMDB}, "series"),
    ],
)
async def test_what_it_writes_for_rpdb_is_found(
    client: AIOMetadata, site: Site, *, key: str, language: str, ids: dict[str, int | str], kind: str
) -> None:
    assert await client.finds(from_rpdb(site.keys[key], ids, kind, language))


@pytest.mark.parametrize(("pattern", "size"), PATTERNS.items())
async def test_a_pattern_of_its_users_becomes_a_picture_of_that_size(
    client: AIOMetadata, site: Site, *, pattern: str, size: tuple[int, int]
) -> None:
    address = f"{site.keys['share']}/{re.sub('{([a-z_]+)}', lambda match: KNOWN[match[1]], pattern)}"

    found = await client.finds(address)
    seen = await client.ask(address, within_s=10)

    assert found
    assert size == seen.form_and_size[1]


async def test_its_proxy_hands_on_what_it_gets(client: AIOMetadata, site: Site) -> None:
    poster = await client.hands_on(f"{site.keys['whole']}/imdb/poster-default/{FILM_IMDB}.jpg?fallback=true")

    assert poster is not None
    assert poster.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("title", "is_handed_on"),
    [
        (f"imdb/poster-default/{NOBODY_IMDB}.jpg", False),
        (f"imdb/poster-default/{NOBODY_IMDB}.jpg?fallback=true", True),
        (f"tmdb/poster-default/movie-{NOBODY_TMDB}.jpg", False),
        (f"tmdb/poster-default/movie-{NOBODY_TMDB}.jpg?fallback=true", True),
        ("kitsu/poster-default/9999999.jpg", False),
        ("kitsu/poster-default/9999999.jpg?fallback=true", True),
    ],
)
async def test_what_nobody_knows_is_a_stand_in_or_the_original_poster(
    client: AIOMetadata, site: Site, *, title: str, is_handed_on: bool
) -> None:
    address = f"{site.keys['whole']}/{title}"

    found, poster = await client.finds(address), await client.hands_on(address)

    assert (is_handed_on, is_handed_on) == (found, poster is not None)


@pytest.mark.parametrize("key", ["whole", "direct"])
async def test_the_cache_that_it_ships_with_meets_nothing_that_divides_it(
    client: AIOMetadata, site: Site, key: str
) -> None:
    seen = await client.ask(f"{site.keys[key]}/imdb/poster-default/{FILM_IMDB}.jpg", within_s=10)

    assert set() == {"vary", "set-cookie"} & set(seen.headers)
    assert seen.headers["cache-control"].startswith("public, max-age=")
