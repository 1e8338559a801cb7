"""The bare servers that the services are measured against: aiohttp and uvloop, and nothing of ours.

``python -m deploy.dev.bench.bare redirects PORT`` and ``python -m deploy.dev.bench.bare pictures PORT FILE``, with
the file of a ``Material``.
"""

import sys
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import uvloop
from aiohttp import web

from deploy.dev.local.ports import HOST
from deploy.dev.local.serving import serve

_CONSTANT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300, stale-while-revalidate=3600",
    "Location": f"http://{HOST}/c/{'0' * 32}/imdb/poster-default/tt0111161.jpg",
    "Server": "bare",
}


class Material(msgspec.Struct, frozen=True):
    """Pictures by path, and the headers with which every one of them is served."""

    headers: dict[str, str]
    bodies: dict[str, bytes]


_MATERIAL: Final = web.AppKey("material", Material)


async def redirect(request: web.Request) -> web.Response:
    """Take the address apart as the gateway must, and answer the same whatever it says."""
    parts = request.match_info
    _ = (parts["key"], parts["id_type"], parts["style"])
    _ = parts["file"].partition(".")
    _ = dict(parse_qsl(request.rel_url.raw_query_string))
    return web.Response(status=302, headers=_CONSTANT)


async def picture(request: web.Request) -> web.Response:
    """Answer with the bytes under this path."""
    material = request.app[_MATERIAL]
    return web.Response(body=material.bodies[request.path], headers=material.headers)


def main() -> None:
    """Be the server that the command line names."""
    app = web.Application()
    if sys.argv[1] == "redirects":
        app.router.add_get("/{key}/{id_type}/{style}/{file}", redirect)
    else:
        app[_MATERIAL] = msgspec.msgpack.decode(Path(sys.argv[3]).read_bytes(), type=Material)
        app.router.add_get("/c/{hash}/{id_type}/{style}/{file}", picture)
    uvloop.run(serve(app, int(sys.argv[2])))


if __name__ == "__main__":
    main()
