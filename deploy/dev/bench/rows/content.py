"""Rows d and e: pictures per second from memory and from S3, against the bare ways of giving the same bytes."""

import hashlib
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from deploy.dev.bench.backing import Backing, free_contract
from deploy.dev.bench.bare import Material
from deploy.dev.bench.client import Plan, Target
from deploy.dev.bench.orders import measurer
from deploy.dev.bench.results import Ratio, Row
from deploy.dev.bench.rounds import Side, compare
from deploy.dev.bench.rows.pixels import LOOK, orders
from deploy.dev.local.environment import BUCKET
from deploy.dev.local.ports import HOST, free_ports
from renderer.jobs.title_index import TitleIndex
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.digest import settings_hash, settings_text
from shared.stores.postgres import open_pool
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.title_rows import TitleMetadata

_FIRST_TITLE: Final = 2_000_000
_FROM_MEMORY: Final = 200
_FROM_S3: Final = 2600  # so many that a round rarely meets one twice
_READERS: Final = 16
_S3_ROUND_S: Final = 1.2
_FILM_DATE: Final = date(1927, 1, 10)
_HIT: Final = "X-Cache-Status: HIT"
_OWN: Final = frozenset({"content-length", "date", "server"})  # what a bare server adds by itself


async def measure(backing: Backing, wanted: frozenset[str]) -> list[Row]:
    """Measure the wanted ones of these rows."""
    drawn = [order.draw() for order in orders()]
    await _stock(backing, drawn, _FROM_S3 if "e" in wanted else _FROM_MEMORY)
    rows: list[Row] = []
    if "d" in wanted:
        rows.append(await _from_memory(backing, sum(map(len, drawn)) // len(drawn)))
    if "e" in wanted:
        rows.append(await _from_s3(backing))
    return rows


async def _from_memory(backing: Backing, mean_bytes: int) -> Ratio:
    paths, contract, port = (
        [_content_path(nth) for nth in range(_FROM_MEMORY)],
        free_contract(),
        free_ports(1, apart_from=())[0],
    )
    async with AsyncExitStack() as stack:
        pid = await stack.enter_async_context(backing.renderer("renderer-memory", contract, backing.cores.server))
        material = await _material(contract.content, paths)
        file = backing.folder / "material"
        file.write_bytes(msgspec.msgpack.encode(material))
        bare = backing.bare("pictures", port, str(file))
        bare_pid = await stack.enter_async_context(backing.running(bare, backing.cores.server))
        plan = Plan({"ours": Target(contract.content, paths, _HIT), "bare": Target(port, paths, _HIT)})
        load = await stack.enter_async_context(
            measurer("deploy.dev.bench.client", _write(backing, "memory.json", plan), backing.cores.load)
        )
        ours, base = Side(load, "ours", pid), Side(load, "bare", bare_pid)
        pairs = await compare(ours, base)
    return Ratio(
        letter="d",
        what="pictures from memory, against bare aiohttp with the same bytes",
        unit="req/s of core",
        pairs=pairs,
        at_least=0.6,
        note=f"{_FROM_MEMORY} pictures of {mean_bytes >> 10} KiB on average, {len(material.headers)} headers beside "
        f"those of the server on both; {ours.cost('ours')}; {base.cost('bare')}; load generator at most "
        f"{max(ours.measurer_busy, base.measurer_busy):.0%} busy.",
    )


async def _from_s3(backing: Backing) -> Ratio:
    contract = free_contract()
    keys = [storage_key(settings_hash(LOOK), _media(nth), LOOK.format) for nth in range(_FROM_S3)]
    # Two plans, for the bare reader is no server that the load generator could press.
    pressed = Plan({"ours": Target(contract.content, [_content_path(n) for n in range(_FROM_S3)], _HIT, _READERS)})
    read = Plan({"bare": Target(backing.ports["s3"], await _signed(backing, keys), "200", _READERS)})
    async with AsyncExitStack() as stack:
        pid = await stack.enter_async_context(
            backing.renderer("renderer-s3", contract, backing.cores.server, {"IMAGE_MEM_CACHE_MB": "1"})
        )
        load = await stack.enter_async_context(
            measurer("deploy.dev.bench.client", _write(backing, "s3.json", pressed), backing.cores.load)
        )
        reader = await stack.enter_async_context(
            measurer("deploy.dev.bench.reader", _write(backing, "read.json", read), backing.cores.server)
        )
        ours, base = Side(load, "ours", pid, by_clock=True), Side(reader, "bare", reader.pid, by_clock=True)
        pairs = await compare(ours, base, seconds=_S3_ROUND_S)
    return Ratio(
        letter="e",
        what="pictures from S3, none in memory, against aiohttp reading the same objects",
        unit="req/s",
        pairs=pairs,
        at_least=0.4,
        note=f"{_READERS} at once on both sides, {_FROM_S3:,} pictures in turn with room for a dozen in memory, so "
        f"that titles are looked up and addresses are signed on the way; the S3 is moto; {ours.cost('ours')}; "
        f"{base.cost('bare')}.",
    )


async def _stock(backing: Backing, drawn: list[bytes], number: int) -> None:
    """Put pictures where the worker would have put them: bytes in S3, titles and the look in both indexes."""
    env = backing.stores
    bodies = cycle(drawn)
    async with (
        S3Storage.open(
            endpoint_url=env["S3_ENDPOINT_URL"],
            region=env["S3_REGION"],
            bucket=BUCKET,
            access_key=env["AWS_ACCESS_KEY_ID"],
            secret_key=env["AWS_SECRET_ACCESS_KEY"],
        ) as s3,
        open_pool(env["DATABASE_URL"]) as pool,
        connect(env["REDIS_URL"]) as redis,
    ):
        look, titles = await SettingsRegistry(pool, redis).remember(LOOK), TitleIndex(pool, redis)
        for nth in range(number):
            media = _media(nth)
            await titles.remember(TitleMetadata(media=media, name="Metropolis", film_date=_FILM_DATE), [_ref(nth)])
            await s3.put(storage_key(look, media, LOOK.format), _picture(next(bodies), media))


def _picture(body: bytes, media: MediaId) -> Picture:
    facts = ImageMetadata(
        content_type=LOOK.format.content_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        drawn_at=datetime.now(UTC).replace(microsecond=0),
        media=str(media),
        fingerprint="0" * 32,
        look=settings_text(LOOK),
        film_date=_FILM_DATE,
    )
    return Picture(body, facts)


async def _material(port: int, paths: list[str]) -> Material:
    """Return what the content server answers, for the bare one to say the same; this also warms its memory."""
    headers: dict[str, str] = {}
    bodies = {}
    async with aiohttp.ClientSession(f"http://{HOST}:{port}") as session:
        for path in paths:
            async with session.get(path, raise_for_status=True) as response:
                bodies[path] = await response.read()
                headers = {name: value for name, value in response.headers.items() if name.lower() not in _OWN}
    return Material(headers, bodies)


async def _signed(backing: Backing, keys: list[str]) -> list[str]:
    """Return the paths under which anybody may read these objects for a while."""
    env = backing.stores
    async with get_session().create_client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        region_name=env["S3_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=AioConfig(s3={"addressing_style": "path"}, signature_version="s3v4"),
    ) as client:
        urls = [
            await client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key}) for key in keys
        ]
    return [url.removeprefix(env["S3_ENDPOINT_URL"]) for url in urls]


def _write(backing: Backing, name: str, plan: Plan) -> Path:
    file = backing.folder / name
    file.write_bytes(msgspec.json.encode(plan))
    return file


def _content_path(nth: int) -> str:
    return f"/c/{settings_hash(LOOK)}/imdb/poster-default/{_ref(nth)}.{LOOK.format}"


def _ref(nth: int) -> ExternalId:
    return ExternalId(IdType.IMDB, _FIRST_TITLE + nth)


def _media(nth: int) -> MediaId:
    return MediaId(TitleKind.MOVIE, _FIRST_TITLE + nth)
