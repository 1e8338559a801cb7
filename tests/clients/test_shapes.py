"""Clients that fill in an address of their user: Nuvio with shapes and types of ids, and Harbor with its own words."""

import re
from typing import Final

import pytest

from shared.domain.pictures import CANVAS, Kind, Size
from tests.clients.client import Client, Site
from tests.clients.titles import (
    ANIME_FILM_KITSU,
    ANIME_KITSU,
    FILM_IMDB,
    FILM_TMDB,
    FILM_TVDB,
    NOBODY_IMDB,
    SERIES_IMDB,
    SERIES_TMDB,
    SERIES_TVDB,
)

TITLES: Final = {
    "movie": {
        "imdb": FILM_IMDB,
        "tmdb": f"movie-{FILM_TMDB}",
        "tvdb": f"movie-{FILM_TVDB}",
        "kitsu": f"{ANIME_FILM_KITSU}",
    },
    "series": {
        "imdb": SERIES_IMDB,
        "tmdb": f"series-{SERIES_TMDB}",
        "tvdb": f"series-{SERIES_TVDB}",
        "kitsu": f"{ANIME_KITSU}",
    },
}
SIZES: Final = {"poster": CANVAS[Kind.POSTER][Size.MEDIUM], "landscape": CANVAS[Kind.BACKDROP][Size.SMALL]}


class Nuvio(Client):
    """Nuvio: replaces a picture by its user's address, and keeps its own where that is no picture."""

    name = "Nuvio"
    redirects = 20

    async def shown(self, pattern: str, values: dict[str, str]) -> tuple[int, int] | None:
        """Return the size of the picture that replaces its own; ``None`` where it keeps that."""
        names = re.findall(r"\{([a-z_]+)\}", pattern)
        if not names or not all(values.get(name) for name in names):
            return None
        seen = await self.ask(re.sub(r"\{([a-z_]+)\}", lambda match: values[match[1]], pattern), within_s=15)
        return seen.form_and_size[1] if seen.is_picture else None


class Harbor(Client):
    """Harbor: its placeholders have capital letters within."""

    name = "Harbor"
    redirects = 20

    async def has_poster(self, pattern: str, values: dict[str, str]) -> bool:
        seen = await self.ask(re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern), within_s=15)
        return seen.is_picture


LINE: Final = "{id_type}/{shape}-default/{typed_id}.jpg"


@pytest.mark.parametrize("kind", TITLES)
@pytest.mark.parametrize("id_type", ["imdb", "tmdb", "tvdb", "kitsu"])
@pytest.mark.parametrize("query", ["", "?fallback=true"])
async def test_one_line_of_nuvio_gets_a_poster_and_a_card_and_keeps_square_art(
    site: Site, *, kind: str, id_type: str, query: str
) -> None:
    client, pattern = Nuvio(site), f"{site.keys['whole']}/{LINE}{query}"
    values = {"id_type": id_type, "typed_id": TITLES[kind][id_type]}

    shown = {shape: await client.shown(pattern, values | {"shape": shape}) for shape in (*SIZES, "square")}

    assert {**SIZES, "square": None} == shown


@pytest.mark.parametrize("shape", ["poster", "landscape"])
async def test_nuvio_keeps_its_own_art_where_nothing_is_known(site: Site, shape: str) -> None:
    client, pattern = Nuvio(site), f"{site.keys['whole']}/{LINE}"

    assert None is await client.shown(pattern, {"id_type": "imdb", "typed_id": NOBODY_IMDB, "shape": shape})
    assert None is await client.shown(pattern, {"id_type": "unknown", "typed_id": "7442", "shape": shape})
    assert None is await client.shown(pattern, {"id_type": "imdb", "shape": shape})


@pytest.mark.parametrize("kind", TITLES)
@pytest.mark.parametrize("pattern", ["imdb/poster-default/{imdbId}.jpg", "tmdb/poster-default/{type}-{tmdbId}.jpg"])
async def test_either_line_of_harbor_works(site: Site, *, kind: str, pattern: str) -> None:
    number = TITLES[kind]["tmdb"].partition("-")[2]
    values = {"imdbId": TITLES[kind]["imdb"], "tmdbId": number, "type": kind}

    assert await Harbor(site).has_poster(f"{site.keys['share']}/{pattern}", values)
