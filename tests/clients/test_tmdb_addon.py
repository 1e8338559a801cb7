"""tmdb-addon: PNG for every kind, full language tags, and a page that tests the key with fetch."""

import pytest

from tests.clients.client import Browser, Site
from tests.clients.titles import FILM_TMDB, NOBODY_TMDB, SERIES_TMDB

KEYS = ["whole", "share", "free", "direct"]
WHOLE_TAGS = {"pt-PT", "pt-BR", "es-ES", "es-MX", "zh-CN", "zh-HK", "zh-SG", "zh-TW"}
SIZES = {"poster": (580, 859), "backdrop": (1920, 1080)}


class TmdbAddon(Browser):
    """Its pictures are loaded, and its keys tested, by pages."""

    name = "tmdb-addon"

    async def takes_key(self, key: str) -> bool:
        return (await self.ask(f"{key}/isValid", within_s=30)).says_valid


def picture(key: str, kind: str, title: str, language: str) -> str:
    """Write the address as the addon does."""
    tag = language if language in WHOLE_TAGS else language.partition("-")[0]
    has_language = key.partition("-")[0] not in {"t0", "t1"} and tag != "en"
    ending = f"&lang={tag}" if has_language else ""
    return f"{key}/tmdb/{kind}-default/{title}.png?fallback=true{ending}"


@pytest.fixture
def client(site: Site) -> TmdbAddon:
    return TmdbAddon(site)


@pytest.mark.parametrize(
    ("key", "is_taken"), [*((key, True) for key in KEYS), ("refused", False), ("of RPDB", False), ("nonsense", False)]
)
async def test_its_page_reads_whether_a_key_is_good(client: TmdbAddon, site: Site, *, key: str, is_taken: bool) -> None:
    assert is_taken is await client.takes_key(site.keys[key])


@pytest.mark.parametrize(
    "path", ["isValid", "requests", "imdb/poster-default/nonsense.jpg", "nothing/here/at/all/ever"]
)
@pytest.mark.parametrize("key", ["whole", "refused"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_page_may_read_every_answer(client: TmdbAddon, site: Site, *, path: str, key: str, method: str) -> None:
    seen = await client.ask(f"{site.keys[key]}/{path}", within_s=30, method=method)

    assert "*" == seen.headers["access-control-allow-origin"]
    assert seen.content_type in {"", "application/json"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["poster", "backdrop", "logo"])
@pytest.mark.parametrize(
    ("title", "language"),
    [
        (f"movie-{FILM_TMDB}", "en-US"),
        (f"movie-{FILM_TMDB}", "pt-BR"),
        (f"series-{SERIES_TMDB}", "de-DE"),
    ],
)
async def test_every_kind_comes_as_png(
    client: TmdbAddon, site: Site, *, key: str, kind: str, title: str, language: str
) -> None:
    seen = await client.ask(picture(site.keys[key], kind, title, language), within_s=30)

    form, size = seen.form_and_size
    assert ("image/png", "PNG") == (seen.content_type, form)
    assert size == SIZES.get(kind, size)


@pytest.mark.parametrize("kind", ["poster", "backdrop", "logo"])
async def test_what_nobody_knows_has_a_stand_in(client: TmdbAddon, site: Site, kind: str) -> None:
    seen = await client.ask(picture(site.keys["whole"], kind, f"movie-{NOBODY_TMDB}", "en"), within_s=30)

    assert seen.is_picture
    assert "PNG" == seen.form_and_size[0]
