"""Rows d and e: pictures per second from memory and from S3, against the simplest ways to serve the same bytes."""

import hashlib
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from itertools import cycle
from typing import Final

import aiohttp
import msgspec
from aiobotocore.session import get_session

from deploy.dev.bench.callers import Target, Visit
from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row, compared
from deploy.dev.bench.rounds import Side, compare, open_load, per_core
from deploy.dev.bench.rows.pixels import LOOK, orders
from deploy.dev.bench.servers import Material
from renderer.drawing.drawing_version import DRAWING
from renderer.jobs.title_index import TitleIndex
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.storage_key import storage_key
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.digest import settings_hash, settings_text
from shared.stores.postgres import open_pool
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.title_rows import TitleMetadata
from tests.stack.caller import Answer, fetch
from tests.stack.stores import REGION, S3_KEY

_FIRST_TITLE: Final = 2_000_000
_FROM_MEMORY: Final = 200
_FROM_S3: Final = 2600  # enough that a round rarely repeats one
_READERS: Final = 16
_S3_ROUND_S: Final = 1.2
_FILM_DATE: Final = date(1927, 1, 10)
_HIT: Final = "X-Cache-Status: HIT"
_OWN: Final = frozenset({"content-length", "date", "server"})  # what a bare server adds by itself


async def measure(bench: Bench, wanted: frozenset[str]) -> list[Row]:
    """Measure the requested ones of these rows."""
    drawn = [order.draw() for order in orders()]
    await _stock(bench, drawn, _FROM_S3 if "e" in wanted else _FROM_MEMORY)
    rows: list[Row] = []
    if "d" in wanted:
        rows.append(await _from_memory(bench, sum(map(len, drawn)) // len(drawn)))
    if "e" in wanted:
        rows.append(await _from_s3(bench))
    return rows


async def _from_memory(bench: Bench, mean_bytes: int) -> Row:
    visits, core, file = _visits(_FROM_MEMORY), bench.cores.server, bench.folder / "material"
    async with AsyncExitStack() as stack:
        renderer = await stack.enter_async_context(bench.services(core, renderers=1))
        material = await _material(renderer.content_url, visits)
        file.write_bytes(msgspec.msgpack.encode(material))
        bare = await stack.enter_async_context(bench.running(bench.server("servers", "pictures", str(file)), core))
        targets = {
            "ours": Target(content=renderer.contract.content, visits=visits, picture=_HIT),
            "bare": Target(content=bare.port, visits=visits, picture=_HIT),
        }
        load = await stack.enter_async_context(open_load(targets, bench.cores.load))
        return await per_core(
            "d",
            "pictures from memory, against bare aiohttp with the same bytes",
            Side(load, "ours", renderer.renderers[0].pid),
            Side(load, "bare", bare.pid),
            at_least=1.3,
            note=f"{_FROM_MEMORY} pictures of {mean_bytes >> 10} KiB on average, {len(material.headers)} headers "
            "beside those of the server on both",
        )


async def _from_s3(bench: Bench) -> Row:
    core = bench.cores.server
    async with AsyncExitStack() as stack:
        renderer = await stack.enter_async_context(bench.services(core, {"IMAGE_MEM_CACHE_MB": "1"}, renderers=1))
        pressed = Target(content=renderer.contract.content, visits=_visits(_FROM_S3), picture=_HIT, callers=_READERS)
        port, objects = int(bench.stores.s3_url.rpartition(":")[2]), await _signed(bench)
        read = Target(content=port, visits=objects, callers=_READERS, reads_objects=True)
        load = await stack.enter_async_context(open_load({"ours": pressed}, bench.cores.load))
        # The bare reader is a client and not a server: it is what is measured, so it gets the measured core.
        reader = await stack.enter_async_context(open_load({"bare": read}, core))
        ours = Side(load, "ours", renderer.renderers[0].pid, by_clock=True)
        base = Side(reader, "bare", reader.pid, by_clock=True)
        pairs = await compare(ours, base, seconds=_S3_ROUND_S)
    return compared(
        "e",
        "pictures from S3, none in memory, against aiohttp reading the same objects",
        "req/s",
        pairs,
        at_least=0.4,
        note=f"{_READERS} at once on both sides, {_FROM_S3:,} pictures in turn with room for a dozen in memory, so "
        f"that titles are looked up and addresses are signed on the way; the S3 is moto; {ours.cost('ours')}; "
        f"{base.cost('bare')}.",
    )


async def _stock(bench: Bench, drawn: list[bytes], number: int) -> None:
    """Store pictures as the worker would have: bytes in S3, titles and settings in both indexes."""
    stores, bodies = bench.stores, cycle(drawn)
    async with stores.storage() as storage, open_pool(stores.database_url) as pool, connect(stores.redis_url) as redis:
        look, titles = await SettingsRegistry(pool, redis).remember(LOOK), TitleIndex(pool, redis)
        for nth in range(number):
            media = _media(nth)
            await titles.remember(TitleMetadata(media=media, name="Metropolis", film_date=_FILM_DATE), [_ref(nth)])
            await storage.put(storage_key(look, media, LOOK.format), _picture(next(bodies), media))


def _picture(body: bytes, media: MediaId) -> Picture:
    metadata = ImageMetadata(
        content_type=LOOK.format.content_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        drawn_at=datetime.now(UTC).replace(microsecond=0),
        media=str(media),
        fingerprint="0" * 32,
        settings_text=settings_text(LOOK),
        film_date=_FILM_DATE,
        drawing=DRAWING,
    )
    return Picture(body, metadata)


async def _material(url: str, visits: list[Visit]) -> Material:
    """Return the content server's response, for the bare one to repeat; this also warms its memory."""
    answers: dict[str, Answer] = {}
    async with aiohttp.ClientSession() as http:
        for visit in visits:
            answers[visit.content] = await fetch(http, f"{url}{visit.content}")
    last = answers[visits[-1].content]
    headers = {name.title(): value for name, value in last.headers.items() if name not in _OWN}
    return Material(headers, {path: answer.body for path, answer in answers.items()})


async def _signed(bench: Bench) -> list[Visit]:
    """Return visits of the objects themselves, through signed addresses."""
    keys, stores = (storage_key(settings_hash(LOOK), _media(nth), LOOK.format) for nth in range(_FROM_S3)), bench.stores
    credentials = {"aws_access_key_id": S3_KEY, "aws_secret_access_key": S3_KEY, "region_name": REGION}
    async with get_session().create_client("s3", endpoint_url=stores.s3_url, **credentials) as client:
        wanted = [{"Bucket": stores.bucket, "Key": key} for key in keys]
        urls = [await client.generate_presigned_url("get_object", Params=each) for each in wanted]
    return [Visit(content=url.removeprefix(stores.s3_url)) for url in urls]


def _visits(number: int) -> list[Visit]:
    look = f"/c/{settings_hash(LOOK)}/imdb/poster-default"
    return [Visit(content=f"{look}/{_ref(nth)}.{LOOK.format}") for nth in range(number)]


def _ref(nth: int) -> ExternalId:
    return ExternalId(IdType.IMDB, _FIRST_TITLE + nth)


def _media(nth: int) -> MediaId:
    return MediaId(TitleKind.MOVIE, _FIRST_TITLE + nth)
