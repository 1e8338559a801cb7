"""Rows d and e: pictures per second from memory and from S3, against the simplest ways to serve the same bytes."""

from collections.abc import Sequence
from typing import Final

import aiohttp
import msgspec
from msgspec.structs import replace

from deploy.dev.bench.callers import Target, Visit
from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
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
    async with bench.running(bench.server("servers", "pictures", str(file)), bench.cores.server) as bare:
        ours = one.pids["renderer-1"], Target(content=one.services.contract.content, visits=made, picture=_HIT)
        other = bare.pid, Target(content=bare.port, visits=made, picture=_HIT)
        note = (
            f"{_FROM_MEMORY} pictures of {sum(map(len, material.bodies.values())) // _FROM_MEMORY >> 10} KiB on "
            f"average, {len(material.headers)} headers beside those of the server on both"
        )
        return [await _against("d", bench, ours, other, note)]


async def from_s3(stages: Sequence[Stage]) -> list[Row]:
    """Compare pictures that are only in S3 with the same objects from a bare server that reads them."""
    one, bench = stages[0], stages[0].bench
    await one.stock(_FROM_S3)
    titles, stores, core = one.drawn[-_FROM_S3:], one.services.stores, bench.cores.server
    keys = [storage_key(SettingsHash(PLAIN.name), _media(imdb), Format.JPG) for imdb in titles]
    objects = [Visit(content=f"/{stores.bucket}/{key}") for key in keys]
    async with (
        bench.services(core, {"IMAGE_MEM_CACHE_MB": "1"}, renderers=1, stores=stores) as small,
        bench.running(bench.server("servers", "objects", stores.s3_url), core) as bare,
    ):
        asked = Target(visits=visits(titles, keyed=False), picture=_HIT, callers=_AT_ONCE)
        ours = small.renderers[0].pid, replace(asked, content=small.contract.content)
        other = bare.pid, replace(asked, content=bare.port, visits=objects)
        note = f"{_AT_ONCE} at once on both sides, {_FROM_S3:,} pictures in turn with room for a dozen in memory"
        return [await _against("e", bench, ours, other, note)]


async def _against(name: str, bench: Bench, ours: tuple[int, Target], bare: tuple[int, Target], note: str) -> Row:
    """Compare two servers, each given by its pid and what is asked of it."""
    async with open_load({"ours": ours[1], "bare": bare[1]}, bench.cores.load) as load:
        return await per_core(name, Side(load, "ours", ours[0]), Side(load, "bare", bare[0]), note=note)


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
