"""tmdb-discover-plus: IMDb before TMDB, three kinds, a check that is remembered for a day, and the free key."""

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Client, Site
from tests.clients.titles import FILM_IMDB, NOBODY_IMDB, NOBODY_TMDB, SERIES_TMDB

NAMES = {"poster": "jpg", "backdrop": "jpg", "logo": "png"}
DAY_S, HOUR_S = 86_400, 3600


class TmdbDiscoverPlus(Client):
    rules = CLIENTS["Discover+"]

    async def remembers_for(self, address: str) -> int:
        """Return the seconds for which it believes that there is a picture, negative that there is none."""
        _, will_do = await self.look(address)
        return DAY_S if will_do else -HOUR_S


def artwork(kind: str, *, imdb: str | None = None, tmdb: str | None = None) -> str:
    title = f"imdb/{kind}-default/{imdb}" if imdb else f"tmdb/{kind}-default/{tmdb}"
    return f"{title}.{NAMES[kind]}?fallback=true"


@pytest.fixture
def client(site: Site) -> TmdbDiscoverPlus:
    return TmdbDiscoverPlus(site)


@pytest.mark.parametrize("key", ["free", "whole", "share", "direct share"])
@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize(
    "title",
    [{"imdb": FILM_IMDB}, {"tmdb": f"series-{SERIES_TMDB}"}, {"imdb": NOBODY_IMDB}, {"tmdb": f"movie-{NOBODY_TMDB}"}],
)
async def test_every_artwork_is_there(
    client: TmdbDiscoverPlus, site: Site, *, key: str, kind: str, title: dict[str, str]
) -> None:
    assert DAY_S == await client.remembers_for(f"{site.keys[key]}/{artwork(kind, **title)}")


@pytest.mark.parametrize(
    "pattern",
    [
        "{rating_id_type}/poster-default/{rating_id}.jpg",
        "{rating_id_type}/textless-default/{rating_id}",
        "{rating_id_type}/landscape-default/{rating_id}.jpg",
    ],
)
async def test_its_users_patterns_work(client: TmdbDiscoverPlus, site: Site, pattern: str) -> None:
    address = pattern.format(rating_id_type="tmdb", rating_id=f"series-{SERIES_TMDB}")

    assert DAY_S == await client.remembers_for(f"{site.keys['free']}/{address}")


@pytest.mark.parametrize("key", ["refused", "of RPDB", "nonsense"])
async def test_a_bad_key_is_no_picture(client: TmdbDiscoverPlus, site: Site, key: str) -> None:
    assert -HOUR_S == await client.remembers_for(f"{site.keys[key]}/{artwork('poster', imdb=FILM_IMDB)}")
