"""Old and simple clients: HTTP/1.0, no name of their own, and what proxies and base addresses make of a request."""

import asyncio

import msgspec
import pytest
from yarl import URL

from tests.clients.client import Site
from tests.clients.titles import FILM

WITHIN_S = 10.0


async def said(site: Site, request: str) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it stands, and read until the server ends the connection."""
    url = URL(site.url)
    async with asyncio.timeout(WITHIN_S):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(request.encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /{key}/isValid HTTP/1.0\r\n\r\n",
        "GET /{key}/isValid HTTP/1.0\r\nConnection: close\r\nAccept: text/html\r\n\r\n",
        "GET /{key}/isValid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET http://posters.example/{key}/isValid HTTP/1.1\r\nHost: posters.example\r\nConnection: close\r\n\r\n",
        "GET /{key}/isValid?break=1763712000000 HTTP/1.1\r\nHost: x\r\nUser-Agent:\r\nConnection: close\r\n\r\n",
        "GET //{key}/isValid HTTP/1.0\r\n\r\n",
        "GET /api/{key}/isValid HTTP/1.0\r\n\r\n",
    ],
)
async def test_whoever_speaks_http_learns_that_a_key_is_good(site: Site, request_line: str) -> None:
    status, headers, body = await said(site, request_line.format(key=site.keys["whole"]))

    assert (200, "application/json", "*") == (
        status,
        headers["content-type"],
        headers["access-control-allow-origin"],
    )
    assert str(len(body)) == headers["content-length"]
    assert msgspec.json.decode(body)["valid"] is True


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_client_of_1996_gets_a_picture(site: Site, method: str) -> None:
    address = f"{site.keys['direct']}/{FILM['imdb']}.jpg?fallback=true"

    status, headers, body = await said(site, f"{method} /{address} HTTP/1.0\r\n\r\n")

    assert (200, "image/jpeg") == (status, headers["content-type"])
    assert len(body) == (int(headers["content-length"]) if method == "GET" else 0)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/{key}", 404),
        ("/{key}/", 404),
        ("/{key}/isValid/", 404),
        ("/{key}/imdb/poster-default/", 400),
        ("/{key}/imdb/poster-default/tt0017136.jpg%20", 400),
        ("/{refused}/imdb/poster-default/tt0017136.jpg", 401),
        ("/api/{refused}/imdb/default/tt0017136.jpg", 401),
        ("/api/nonsense/imdb/default/tt0017136.jpg", 404),
    ],
)
async def test_nobody_is_answered_with_a_page(site: Site, target: str, status: int) -> None:
    path = target.format(key=site.keys["whole"], refused=site.keys["refused"])

    found, headers, body = await said(site, f"GET {path} HTTP/1.0\r\nAccept: text/html,*/*\r\n\r\n")

    assert (status, "application/json") == (found, headers["content-type"])
    assert ["error"] == list(msgspec.json.decode(body))
