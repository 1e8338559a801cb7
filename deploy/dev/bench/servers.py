"""Servers with almost no cost: the bare ones that the services are measured against, and a bucket that counts.

``python -m deploy.dev.bench.servers PORT redirects``, ``… PORT pictures FILE`` with the file of a ``Material``,
``… PORT objects URL`` with the address of an S3, and ``… PORT bucket``. In production S3 is on another machine: a
heavier one would take time from the measured cores.
"""

import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from deploy.dev.local.ports import HOST
from deploy.dev.local.serving import serve

COUNTS: Final = "/-/counts"
CACHE: Final = "X-Cache-Status"
_MOST_BYTES: Final = 64 << 20
_META: Final = "x-amz-meta-"
_KEYS: Final = re.compile(r"<Key>([^<]*)</Key>")
_MOST_LISTED: Final = 1000
_MISSING: Final = "<Error><Code>NoSuchKey</Code></Error>"
_CONSTANT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300, stale-while-revalidate=3600",
    "Location": f"http://{HOST}/c/{'0' * 32}/imdb/poster-default/tt0111161.jpg",
    "Server": "bare",
}


class Material(msgspec.Struct, frozen=True):
    """Pictures by path, and the headers that every one of them is served with."""

    headers: dict[str, str]
    bodies: dict[str, bytes]


def redirects() -> web.Application:
    """Return the application that answers every address with the same redirect."""

    async def redirect(request: web.Request) -> web.Response:
        """Parse the address as the gateway must, and ignore the result."""
        parts = request.match_info
        _ = (parts["key"], parts["id_type"], parts["style"])
        _ = parts["file"].partition(".")
        _ = dict(parse_qsl(request.rel_url.raw_query_string))
        return web.Response(status=302, headers=_CONSTANT)

    app = web.Application()
    app.router.add_get("/{key}/{id_type}/{style}/{file}", redirect)
    return app


def pictures(material: Material) -> web.Application:
    """Return the application that answers with the bytes under a path."""

    async def picture(request: web.Request) -> web.Response:
        return web.Response(body=material.bodies[request.path], headers=material.headers)

    app = web.Application()
    app.router.add_get("/c/{hash}/{id_type}/{style}/{file}", picture)
    return app


def objects(s3_url: str) -> web.Application:
    """Return the application that answers with the object under a path, read from S3 for each request."""
    reading: web.AppKey[aiohttp.ClientSession] = web.AppKey("reading")

    async def read(request: web.Request) -> web.Response:
        async with request.app[reading].get(URL(f"{s3_url}{request.raw_path}", encoded=True)) as found:
            return web.Response(status=found.status, body=await found.read(), headers={CACHE: "HIT"})

    async def hold_open(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as app[reading]:
            yield

    app = web.Application()
    app.router.add_get("/{bucket}/{key:.+}", read)
    app.cleanup_ctx.append(hold_open)
    return app


class Bucket:
    """An S3 in memory: objects with their headers, and how often each method was used."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self._counts: Counter[str] = Counter()

    def app(self) -> web.Application:
        """Return it as an application; buckets of all names exist."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_get(COUNTS, self._tell)
        app.router.add_get("/{bucket}", self._list)
        app.router.add_post("/{bucket}", self._delete)
        app.router.add_put("/{bucket}/{key:.+}", self._put)
        app.router.add_get("/{bucket}/{key:.+}", self._get)
        return app

    async def _put(self, request: web.Request) -> web.Response:
        body = await request.read()
        kept = {name: value for name, value in request.headers.items() if name.lower().startswith(_META)}
        self._objects[request.path] = body, {**kept, "Content-Type": request.headers.get("Content-Type", "")}
        self._counts.update({"PUT": 1, "bytes": len(body)})
        return web.Response(headers={"ETag": '"kept"'})

    async def _get(self, request: web.Request) -> web.Response:
        self._counts[request.method] += 1
        found = self._objects.get(request.path)
        if found is None:
            return web.Response(status=404, text=_MISSING, content_type="application/xml")
        return web.Response(body=found[0], headers=found[1])

    async def _list(self, request: web.Request) -> web.Response:
        """List the keys below a prefix, as the check of a start wants it; a HEAD finds the bucket."""
        folder = f"{request.path.rstrip('/')}/"
        below = folder + request.query.get("prefix", "")
        found = [path.removeprefix(folder) for path in self._objects if path.startswith(below)][:_MOST_LISTED]
        rows = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in found)
        return web.Response(text=f"<ListBucketResult>{rows}</ListBucketResult>", content_type="application/xml")

    async def _delete(self, request: web.Request) -> web.Response:
        for key in _KEYS.findall(await request.text()):
            self._objects.pop(f"{request.path.rstrip('/')}/{key}", None)
        return web.Response(text="<DeleteResult/>", content_type="application/xml")

    async def _tell(self, _: web.Request) -> web.Response:
        return web.json_response(self._counts)


def main() -> None:
    """Run the server that the command line names."""
    port, which = int(sys.argv[1]), sys.argv[2]
    if which == "redirects":
        app = redirects()
    elif which == "bucket":
        app = Bucket().app()
    elif which == "objects":
        app = objects(sys.argv[3])
    else:
        app = pictures(msgspec.msgpack.decode(Path(sys.argv[3]).read_bytes(), type=Material))
    serve(app, port)


if __name__ == "__main__":
    main()
