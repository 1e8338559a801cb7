"""MediaFusion: addresses without a check, a scan that takes any body, and a page with a chain of pictures."""

import pytest

from gateway.pictures.client_rules import CLIENTS
from tests.clients.client import Browser, Client, Site
from tests.clients.titles import FILM_IMDB, NOBODY_IMDB, SERIES_IMDB

KEYS = ["whole", "share", "free", "direct"]


class Scan(Client):
    """Its job that looks at posters; what answers with 2xx is looked at as a picture."""

    rules = CLIENTS["MediaFusion"]

    async def body(self, address: str) -> bytes | None:
        seen, will_do = await self.look(address)
        if not will_do:
            return None
        assert seen.form_and_size == ("JPEG", (580, 859))
        return seen.body

    async def takes_key(self, key: str) -> bool:
        """Look at the status alone, as its older version does."""
        return await self.accepts_key(key)


class Page(Browser):
    name = "MediaFusion's page"

    async def shows(self, *addresses: str) -> str | None:
        """Return the first of the chain that loads in an ``<img>``."""
        for address in addresses:
            if (await self.ask(address, within_s=30)).is_picture:
                return address
        return None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("title", [FILM_IMDB, SERIES_IMDB, NOBODY_IMDB])
async def test_every_body_that_its_scan_takes_is_a_poster(site: Site, *, key: str, title: str) -> None:
    body = await Scan(site).body(f"{site.keys[key]}/imdb/poster-default/{title}.jpg?fallback=true")

    assert body is not None


async def test_its_scan_takes_no_refusal_for_a_picture(site: Site) -> None:
    scan = Scan(site)

    unknown = await scan.body(f"{site.keys['whole']}/imdb/poster-default/{NOBODY_IMDB}.jpg")
    refused = await scan.body(f"{site.keys['refused']}/imdb/poster-default/{FILM_IMDB}.jpg?fallback=true")

    assert (None, None) == (unknown, refused)


@pytest.mark.parametrize(("key", "is_taken"), [*((key, True) for key in KEYS), ("refused", False), ("of RPDB", False)])
async def test_the_status_alone_tells_whether_a_key_is_good(site: Site, *, key: str, is_taken: bool) -> None:
    assert is_taken is await Scan(site).takes_key(site.keys[key])


async def test_its_page_shows_the_first_of_its_chain_that_loads(site: Site) -> None:
    refused, poster, backdrop = (
        f"{site.keys['refused']}/imdb/poster-default/{FILM_IMDB}.jpg",
        f"{site.keys['whole']}/imdb/poster-default/{FILM_IMDB}.jpg?fallback=true",
        f"{site.keys['whole']}/imdb/backdrop-default/{FILM_IMDB}.jpg",
    )
    page = Page(site)

    assert poster == await page.shows(refused, poster)
    assert backdrop == await page.shows(backdrop)
