"""A file that is refused is replaced by another file of the same artwork, fetched as from the real servers."""

import dataclasses
import struct
import zlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from renderer.jobs.context import Drawn
from renderer.jobs.pipeline import Pipeline
from services.artwork import Art
from services.client.http import Http
from services.client.metrics import SourceMetrics
from services.fanart.client import FanartSource
from services.tmdb.answer import answer_of
from services.tmdb.client import TmdbSource
from services.tmdb.reader import read_title
from shared.config.environment import Secret
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.recorded_inputs import CASES, recorded
from tests.renderer.drawing.arts import encoded, picture
from tests.renderer.studio import IMDB, MOVIE, Studio
from tests.services.upstream import Reply, Upstream, replies

START = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 160">'
REFUSED = {
    "entities": f'<!DOCTYPE svg [<!ENTITY a "b">]>{START}<path d="M0 0h9v9z"/></svg>',
    "foreign object": f'{START}<switch><foreignObject/><g><path d="M0 0h9v9z"/></g></switch></svg>',
    "text": f'{START}<path d="M0 0h9v9z"/><text x="1" y="9">TITLE</text></svg>',
    "embedded picture": f'{START}<image width="9" height="9" href="data:image/png;base64,AAAA"/></svg>',
    "nothing to see": f"{START}</svg>",
    "cut short": f"{START}<path",
    "no svg": "<html></html>",
}
PNG = Reply(200, encoded(picture((500, 160)), "PNG"))


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(SourceMetrics(CollectorRegistry())) as client:
        yield client


def png_that_claims(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


async def drawn_logo(studio: Studio, http: Http, upstream: Upstream, *files: tuple[str, int, int]) -> Drawn:
    """Return the logo of a title with these files at TMDB, each with its size, as TMDB's row states it."""
    rows = [{"file_path": path, "width": width, "height": height, "iso_639_1": "en"} for path, width, height in files]
    title = read_title(MOVIE, answer_of({"id": MOVIE.number, "images": {"logos": rows}}))
    studio.sources.title_known = msgspec.structs.replace(title, refs=(IMDB,))
    tmdb = TmdbSource(http, (Secret("k"),), api_url=upstream.url, image_url=f"{upstream.url}/t/p")
    dependencies = dataclasses.replace(studio.dependencies, art_sources=(tmdb,))
    job = await studio.job(IMDB, Kind.LOGO)
    result = await Pipeline(dependencies, studio.metrics).run(job, parse(Kind.LOGO, Format.JPG, {}))
    assert isinstance(result, Drawn)
    return result


@pytest.mark.parametrize("written", REFUSED.values(), ids=REFUSED)
async def test_an_svg_that_is_refused_is_drawn_from_its_png(
    studio: Studio, http: Http, upstream: Upstream, written: str
) -> None:
    upstream.plan("/t/p/original/x.svg", Reply(200, written.encode()))
    upstream.plan("/t/p/original/x.png", PNG)

    result = await drawn_logo(studio, http, upstream, ("/x.svg", 500, 160), ("/y.png", 500, 160))

    assert ("/x.svg", "original.png", False) == (result.art.path, result.art.rendition, result.degraded)
    assert ["/t/p/original/x.svg", "/t/p/original/x.png"] == upstream.paths


@pytest.mark.parametrize("name", ["svg-ai-entities", "svg-ai-switch", "svg-data-image", "svg-text"])
async def test_an_svg_of_the_cases_is_drawn_from_its_png(
    studio: Studio, http: Http, upstream: Upstream, name: str
) -> None:
    case = recorded(CASES / f"{name}.svg")
    upstream.plan("/t/p/original/x.svg", Reply(200, case.read_bytes()))
    upstream.plan("/t/p/original/x.png", PNG)

    result = await drawn_logo(studio, http, upstream, ("/x.svg", 500, 160))

    assert ("original.png", False) == (result.art.rendition, result.degraded)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ((12_000, 5_000), ["/t/p/w500/x.png"]),
        ((0, 0), ["/t/p/original/x.png", "/t/p/w500/x.png"]),
        ((500, 160), ["/t/p/original/x.png", "/t/p/w500/x.png"]),
    ],
    ids=["stated", "not stated", "stated wrongly"],
)
async def test_an_original_beyond_the_limit_is_drawn_from_a_smaller_size(
    studio: Studio, http: Http, upstream: Upstream, stated: tuple[int, int], expected: list[str]
) -> None:
    upstream.plan("/t/p/original/x.png", Reply(200, png_that_claims(12_000, 5_000)))
    upstream.plan("/t/p/w500/x.png", PNG)

    result = await drawn_logo(studio, http, upstream, ("/x.png", *stated), ("/y.png", 500, 160))

    assert ("/x.png", "w500", False) == (result.art.path, result.art.rendition, result.degraded)
    assert expected == upstream.paths


async def test_an_original_of_too_many_bytes_is_drawn_from_a_smaller_size(
    studio: Studio, http: Http, upstream: Upstream
) -> None:
    upstream.plan("/t/p/original/x.png", Reply(200, bytes((25 << 20) + 1)))
    upstream.plan("/t/p/w500/x.png", PNG)

    result = await drawn_logo(studio, http, upstream, ("/x.png", 500, 160), ("/y.png", 500, 160))

    assert ("/x.png", "w500", False) == (result.art.path, result.art.rendition, result.degraded)


async def test_a_picture_of_fanart_beyond_the_limit_is_drawn_from_its_preview(
    studio: Studio, http: Http, upstream: Upstream
) -> None:
    row = {"url": f"{upstream.url}/fanart/movies/x.png", "lang": "en", "likes": "1"}
    upstream.plan(f"/v3/movies/{MOVIE.number}", replies({"name": "x", "hdmovielogo": [row]}))
    upstream.plan("/fanart/movies/x.png", Reply(200, png_that_claims(12_000, 5_000)))
    upstream.plan("/preview/movies/x.png", PNG)
    fanart = FanartSource(http, (Secret("k"),), api_url=f"{upstream.url}/v3")
    dependencies = dataclasses.replace(studio.dependencies, art_sources=(fanart,))

    job = await studio.job(IMDB, Kind.LOGO)
    result = await Pipeline(dependencies, studio.metrics).run(job, parse(Kind.LOGO, Format.JPG, {}))

    assert isinstance(result, Drawn)
    assert Art(row["url"], 0, 0, "en", None, 1.0, Kind.LOGO, "preview") == result.art
    assert not result.degraded
