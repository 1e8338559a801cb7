"""A body is read by its first bytes, whatever its headers say, and within its limit."""

import gzip
import zlib
from collections.abc import Callable
from typing import Final

import pytest

from services.client.http import Http, Request
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceInvalidResponse, SourceTooLarge
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Kind
from tests.recorded_inputs import CASES, needs
from tests.services.upstream import Reply, Upstream

CASE: Final = CASES / "tmdb-movie-gzip-without-header.bin"
PLAIN: Final = b'{"id": 1, "title": "Caf\xc3\xa9"}'
LONG: Final = b'{"text": "' + bytes(range(35, 90)) * 4000 + b'"}'
BOM: Final = b"\xef\xbb\xbf"


def gzip_body(body: bytes) -> bytes:
    """Return the same bytes at any time, because they name a test."""
    return gzip.compress(body, mtime=0)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def twice(body: bytes) -> bytes:
    return gzip.compress(gzip.compress(body))


def in_members(body: bytes) -> bytes:
    return gzip.compress(body[:5]) + gzip.compress(body[5:])


PACKERS: Final[tuple[Callable[[bytes], bytes], ...]] = (bytes, gzip.compress, zlib.compress, twice, in_members)


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate", "identity", "br", "gzip, gzip", "nonsense"])
@pytest.mark.parametrize("pack", PACKERS)
async def test_a_body_is_read_by_its_first_bytes(
    http: Http, upstream: Upstream, pack: Callable[[bytes], bytes], encoding: str | None
) -> None:
    upstream.plan("*", Reply(200, pack(PLAIN), {"Content-Encoding": encoding} if encoding else {}))

    response = await http.call("x", Request(upstream.url))

    assert PLAIN == response.body


@pytest.mark.parametrize("pack", [*PACKERS, raw_deflate])
async def test_a_long_body_is_read_whole(http: Http, upstream: Upstream, pack: Callable[[bytes], bytes]) -> None:
    upstream.plan("*", Reply(200, pack(LONG), {"Content-Encoding": "deflate"}))

    response = await http.call("x", Request(upstream.url))

    assert LONG == response.body


@pytest.mark.parametrize("body", [BOM + PLAIN, gzip_body(BOM + PLAIN), raw_deflate(BOM + PLAIN)])
async def test_a_byte_order_mark_is_removed(http: Http, upstream: Upstream, body: bytes) -> None:
    upstream.plan("*", Reply(200, body, {"Content-Encoding": "deflate"}))

    assert PLAIN == (await http.call("x", Request(upstream.url))).body


@pytest.mark.parametrize(
    "body", [b"", b"x", b"\xff\xd8\xff\xe0 JPEG", b"\x89PNG\r\n\x1a\n", b"RIFF....WEBP", b"<svg/>"]
)
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
async def test_a_body_that_is_not_compressed_is_returned_unchanged(
    http: Http, upstream: Upstream, body: bytes, encoding: str
) -> None:
    upstream.plan("*", Reply(200, body, {"Content-Encoding": encoding} if encoding else {}))

    assert body == (await http.call("x", Request(upstream.url))).body


@pytest.mark.parametrize(
    "body", [gzip_body(PLAIN)[:-1], gzip_body(PLAIN)[:20], b"\x1f\x8b", b"\x1f\x8bnot gzip", b"\x78\x9cxx"]
)
async def test_damaged_compressed_data_is_an_invalid_response(http: Http, upstream: Upstream, body: bytes) -> None:
    upstream.plan("*", Reply(200, body))

    with pytest.raises(SourceInvalidResponse, match="damaged"):
        await http.call("x", Request(upstream.url))


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, twice, in_members])
@pytest.mark.parametrize("size", [1000, 1 << 20])
async def test_the_limit_holds_after_decompression(
    http: Http, upstream: Upstream, pack: Callable[[bytes], bytes], size: int
) -> None:
    upstream.plan("/exact", Reply(200, pack(bytes(size))))
    upstream.plan("/over", Reply(200, pack(bytes(size + 1))))

    exact = await http.call("x", Request(f"{upstream.url}/exact", max_bytes=size))
    with pytest.raises(SourceTooLarge):
        await http.call("x", Request(f"{upstream.url}/over", max_bytes=size))

    assert size == len(exact.body)


@needs(CASE)
async def test_the_case_of_a_gzip_body_without_its_header_is_a_title(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, CASE.read_bytes(), {"Content-Type": "application/json"}))
    source = TmdbSource(http, (Secret("key"),), api_url=upstream.url, image_url=upstream.url)

    title = await source.title(MediaId(TitleKind.MOVIE, 961000))

    assert title is not None
    assert ("Case", ["/p.jpg"]) == (title.name, [art.path for art in title.gallery[Kind.POSTER]])
