"""An S3 that costs next to nothing: one bucket in memory, which counts what is asked of it.

``python -m deploy.dev.bench.mix_bucket PORT``. In production S3 is on no machine of ours; a heavier stand-in would take
time from the cores that are measured.
"""

import sys
from collections import Counter
from typing import Final

import uvloop
from aiohttp import web

from deploy.dev.local.serving import serve

COUNTS: Final = "/-/counts"
_MOST_BYTES: Final = 64 << 20
_META: Final = "x-amz-meta-"
_MISSING: Final = "<Error><Code>NoSuchKey</Code></Error>"


class Bucket:
    """Objects with their headers, and how often each method was used."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self._counts: Counter[str] = Counter()

    async def put(self, request: web.Request) -> web.Response:
        """Keep an object."""
        body = await request.read()
        kept = {name: value for name, value in request.headers.items() if name.lower().startswith(_META)}
        self._objects[request.path] = body, {**kept, "Content-Type": request.headers.get("Content-Type", "")}
        self._counts.update({"PUT": 1, "bytes": len(body)})
        return web.Response(headers={"ETag": '"kept"'})

    async def get(self, request: web.Request) -> web.Response:
        """Return an object, or only its headers."""
        self._counts[request.method] += 1
        found = self._objects.get(request.path)
        if found is None:
            return web.Response(status=404, text=_MISSING, content_type="application/xml")
        return web.Response(body=found[0], headers=found[1])

    async def counts(self, _: web.Request) -> web.Response:
        """Return the counts so far."""
        return web.json_response(self._counts)


def build_app() -> web.Application:
    """Return the bucket as an application; every bucket of any name is there."""
    bucket, app = Bucket(), web.Application(client_max_size=_MOST_BYTES)
    app.router.add_get(COUNTS, bucket.counts)
    app.router.add_route("HEAD", "/{bucket}", _there)
    app.router.add_put("/{bucket}/{key:.+}", bucket.put)
    app.router.add_get("/{bucket}/{key:.+}", bucket.get)
    return app


async def _there(_: web.Request) -> web.Response:
    return web.Response()


if __name__ == "__main__":
    uvloop.run(serve(build_app(), int(sys.argv[1])))
