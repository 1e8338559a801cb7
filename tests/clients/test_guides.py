"""The lines of the guides, each as its client would use it."""

import asyncio
import html
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.clients.client import Site
from tests.clients.test_aiometadata import AIOMetadata
from tests.clients.test_aiostreams import AIOStreams
from tests.clients.titles import FILM_IMDB, SERIES_IMDB
from tests.stack.caller import fetch

HOST: Final = "https://posters.example/"
KNOWN: Final = {
    "imdb_id": FILM_IMDB,
    "id_type": "imdb",
    "typed_id": FILM_IMDB,
    "language_short": "pt",
    "season": "1",
    "episode": "1",
}
WIDTHS: Final = {"poster": 580, "backdrop": 1920, "logo": 780, "episode": 780}
LOOPS: Final = {
    "A loop for Plex": ["poster.jpg"],
    "A loop for Kometa": ["background.jpg", "poster.jpg"],
}


@pytest.fixture
async def guides(site: Site) -> Mapping[str, str]:
    """Return the lines of each guide, by their label."""
    page = (await fetch(site.http, f"{site.url}/docs/clients")).body.decode()
    found = re.findall(r'<pre tabindex="0" aria-label="([^"]+)">(.*?)</pre>', page, re.DOTALL)
    return {label: html.unescape(text) for label, text in found}


def fields(lines: str) -> dict[str, str]:
    """Return what each field is given."""
    return dict(re.split(r" {2,}", line, maxsplit=1) for line in lines.splitlines())


def filled(site: Site, address: str) -> str:
    """Return what is behind the host once a client has filled an address in."""
    ids = KNOWN | ({"imdb_id": SERIES_IMDB} if "{season}" in address else {})
    path = re.sub("{([a-z_]+)}", lambda match: ids[match[1]], address.removeprefix(HOST))
    return path.replace("KEY", site.keys["share"])


@pytest.mark.parametrize("guide", ["AIOMetadata", "AIOMetadata, with the language"])
async def test_every_pattern_of_aiometadata_is_a_picture(site: Site, guides: Mapping[str, str], guide: str) -> None:
    client = AIOMetadata(site)

    for address in fields(guides[guide]).values():
        kind = address.split("/")[5].removesuffix("-default")
        assert await client.finds(filled(site, address))
        assert WIDTHS[kind] == (await client.ask(filled(site, address), within_s=10)).form_and_size[1][0]


async def test_the_fields_of_aiostreams_make_posters(site: Site, guides: Mapping[str, str]) -> None:
    given = fields(guides["AIOStreams"])
    client, key = AIOStreams(site), site.keys["share"]

    assert (HOST.rstrip("/"), "KEY") == (given["Base URL"], given["API key"])
    assert await client.has_poster(f"{key}/imdb/poster-default/{FILM_IMDB}?{given['Query string']}")


async def test_the_query_for_jellyfin_suits_every_kind(site: Site, guides: Mapping[str, str]) -> None:
    client, query = AIOMetadata(site), fields(guides["Jellyfin"])["Extra query"]
    films = {f"imdb/{kind}-default/{FILM_IMDB}" for kind in ("poster", "backdrop", "logo")}

    for title in {*films, f"imdb/episode-default/{SERIES_IMDB}:1:1"}:
        assert await client.finds(f"{site.keys['share']}/{title}.jpg?{query}")


@pytest.mark.parametrize(("label", "files"), LOOPS.items())
async def test_a_loop_fills_the_folder_of_a_film_with_jpegs(
    site: Site, guides: Mapping[str, str], tmp_path: Path, *, label: str, files: list[str]
) -> None:
    shell = shutil.which("sh")
    if shell is None or shutil.which("curl") is None:
        pytest.skip("there is no shell or no curl on this machine")
    folder = "Metropolis (1927) {imdb-tt0017136}"
    (tmp_path / "films" / folder).mkdir(parents=True)
    assets = tmp_path / "assets" if "Kometa" in label else tmp_path / "films"
    script = guides[label].replace(HOST, f"{site.url}/").replace("KEY", site.keys["share"])
    for path in set(re.findall(r"KEY/(imdb/[a-z]+-default)", guides[label])):
        await site.draw(f"{site.keys['share']}/{path}/{FILM_IMDB}.jpg")

    process = await asyncio.create_subprocess_exec(
        shell, "-euc", script.replace("/path/to/kometa/config/assets", str(assets)), cwd=tmp_path / "films"
    )
    async with asyncio.timeout(60):
        code = await process.wait()

    assert 0 == code
    assert files == sorted(path.name for path in (assets / folder).iterdir())
    assert {b"\xff\xd8\xff"} == {path.read_bytes()[:3] for path in (assets / folder).iterdir()}
