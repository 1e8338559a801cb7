"""Rows d and e: pictures per second from memory and from S3, against the simplest ways to serve the same bytes."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import aiohttp
import msgspec

from deploy.dev.bench.callers import Target, Visit
from deploy.dev.bench.results import Bound, Row
from deploy.dev.bench.rounds import Side, open_load, per_core
from deploy.dev.bench.servers import Material
from deploy.dev.bench.stage import PLAIN, Stage, visits
from renderer.storage.storage_key import storage_key
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from tests.stack.caller import Answer, fetch

_FROM_MEMORY: Final = 200
_FROM_S3: Final = 1000
_AT_ONCE: Final = 16
_HIT: Final = "X-Cache-Status: HIT"
_OWN: Final = frozenset({"content-length", "date", "server"})  # what a bare server adds by itself


async def from_memory(stages: Sequence[Stage]) -> list[Row]:
    """Compare pictures in the renderer's memory with the same bytes from a bare server."""
    one, bench = stages[0], stages[0].bench
    await one.stock(_FROM_MEMORY)
    made, file = visits(one.drawn[-_FROM_MEMORY:], keyed=False), bench.folder / "material"
    material = await _material(one.services.content_url, made)
    file.write_bytes(msgspec.msgpack.encode(material))
    async with AsyncExitStack() as stack:
        server = bench.server("servers", "pictures", str(file))
        bare = await stack.enter_async_context(bench.running(server, bench.cores.server))
        ports = {"ours": one.services.contract.content, "bare": bare.port}
        targets = {name: Target(content=port, visits=made, picture=_HIT) for name, port in ports.items()}
        load = await stack.enter_async_context(open_load(targets, bench.cores.load))
        row = await per_core(
            "d",
            "pictures from memory, against bare aiohttp with the same bytes",
            Side(load, "ours", one.pids["renderer-1"]),
            Side(load, "bare", bare.pid),
            Bound(at_least=1.3),
            note=f"{_FROM_MEMORY} pictures of {sum(map(len, material.bodies.values())) // _FROM_MEMORY >> 10} KiB on "
            f"average, {len(material.headers)} headers beside those of the server on both",
        )
    return [row]


async def from_s3(stages: Sequence[Stage]) -> list[Row]:
    """Compare pictures that are only in S3 with the same objects from a bare server that reads them.

    The floor of 0.4 is what the project asked for at its beginning. The bare server does the two exchanges that any
    server of stored pictures does, with its caller and with S3. What Marquee does besides, for which it may take once
    and a half as much again, is to find settings and title, sign the request, limit calls and memory, check the bytes
    against their digest, and keep the picture in memory.
    """
    one, bench = stages[0], stages[0].bench
    await one.stock(_FROM_S3)
    titles, stores = one.drawn[-_FROM_S3:], one.services.stores
    async with AsyncExitStack() as stack:
        enter, core = stack.enter_async_context, bench.cores.server
        small = await enter(bench.services(core, {"IMAGE_MEM_CACHE_MB": "1"}, renderers=1, stores=stores))
        bare = await enter(bench.running(bench.server("servers", "objects", stores.s3_url), core))
        keys = [storage_key(SettingsHash(PLAIN.name), _media(imdb), Format.JPG) for imdb in titles]
        asked = {
            "ours": (small.contract.content, visits(titles, keyed=False)),
            "bare": (bare.port, [Visit(content=f"/{stores.bucket}/{key}") for key in keys]),
        }
        targets = {
            name: Target(content=port, visits=made, picture=_HIT, callers=_AT_ONCE)
            for name, (port, made) in asked.items()
        }
        load = await enter(open_load(targets, bench.cores.load))
        row = await per_core(
            "e",
            "pictures from S3, none in memory, against bare aiohttp that reads the same objects",
            Side(load, "ours", small.renderers[0].pid),
            Side(load, "bare", bare.pid),
            Bound(at_least=0.4),
            note=f"{_AT_ONCE} at once on both sides, {_FROM_S3:,} pictures in turn with room for a dozen in memory",
        )
    return [row]


async def _material(url: str, made: Sequence[Visit]) -> Material:
    """Return the content server's responses, for the bare one to repeat; this also warms its memory."""
    answers: dict[str, Answer] = {}
    async with aiohttp.ClientSession() as http:
        for visit in made:
            answers[visit.content] = await fetch(http, f"{url}{visit.content}")
    last = answers[made[-1].content]
    headers = {name.title(): value for name, value in last.headers.items() if name not in _OWN}
    return Material(headers, {path: answer.body for path, answer in answers.items()})


def _media(imdb: str) -> MediaId:
    """Return the id of a film: the sources give it the same number everywhere."""
    return MediaId(TitleKind.MOVIE, int(imdb.removeprefix("tt")))
