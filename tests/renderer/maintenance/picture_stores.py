"""Pictures in real stores, as a worker stores them: objects, rows, settings, titles and marks."""

import hashlib
import math
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiobotocore.session import get_session
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway.db.purge_requests import add_purge, find_purges
from renderer.drawing.drawing_version import DRAWING
from renderer.maintenance.cdn_orders import CdnOrders
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.purge_jobs import Purges
from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.memory import MemoryStorage
from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from renderer.storage.tiered import TieredStorage
from shared.domain.errors import MarqueeError
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind
from shared.queue.redis_keys import fresh
from shared.settings.digest import SettingsHash, settings_hash, settings_text
from shared.settings.model import Settings
from shared.settings.parameters import parse
from shared.stores.image_rows import ImageRow, record_image
from shared.stores.postgres import Pool, connection
from shared.stores.purge_rows import PurgeRow, PurgeScope
from shared.stores.settings_rows import save_settings
from shared.stores.title_rows import TitleMetadata, save_title

FILM, OTHER = MediaId.parse("movie-278"), MediaId.parse("movie-27")
SERIES, EPISODE = MediaId.parse("series-139"), MediaId.parse("series-139:1:2")
SEASON = MediaId.parse("series-139:s2")
OF_ANOTHER = MediaId.parse("series-1396:1:1")
COLLECTION = MediaId.parse("collection-139")
NAMES = {
    FILM: [ExternalId.from_alias("imdb:tt0111161"), ExternalId.from_alias("tmdb:movie-278")],
    OTHER: [ExternalId.from_alias("imdb:tt0000027")],
    SERIES: [ExternalId.from_alias("tmdb:series-139")],
    EPISODE: [ExternalId.from_alias("tmdb:episode-series-139-S1E2")],
    SEASON: [ExternalId.from_alias("tmdb:season-139-S2"), ExternalId.from_alias("tvdb:30272")],
    COLLECTION: [ExternalId.from_alias("tmdb:collection-139")],
    OF_ANOTHER: [ExternalId.from_alias("tmdb:episode-series-1396-S1E1")],
}
PLAIN = parse(Kind.POSTER, Format.JPG, {})
SPLIT = parse(Kind.POSTER, Format.WEBP, {"split": "yes"})
SETTINGS = {settings_hash(each): each for each in (PLAIN, SPLIT)}


def picture(settings: Settings, media: MediaId, body: bytes = b"\xff\xd8picture") -> Picture:
    metadata = ImageMetadata(
        content_type=settings.format.content_type,
        etag=hashlib.sha256(body).hexdigest()[:32],
        drawn_at=datetime(2026, 11, 14, 3, 4, 5, tzinfo=UTC),
        media=str(media),
        fingerprint="f" * 32,
        settings_text=settings_text(settings),
        drawing=DRAWING,
    )
    return Picture(body, metadata)


@dataclass
class RecordingCdn:
    """A CDN that records what it is asked to purge, or fails."""

    urls: list[str] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    error: MarqueeError | None = None
    failures: float = math.inf
    """How many calls fail when ``error`` is set."""

    async def purge(self, urls: Sequence[str]) -> None:
        self._called(urls)
        self.urls += urls

    async def purge_under(self, prefixes: Sequence[str]) -> None:
        self._called(prefixes)
        self.prefixes += prefixes

    def _called(self, items: Sequence[str]) -> None:
        self.calls.append(len(items))
        if self.error is not None and len(self.calls) <= self.failures:
            raise self.error


@dataclass
class PictureStores:
    """An S3 bucket of its own with the shared database and Redis, and the code that deletes pictures from them."""

    pool: Pool
    redis: Redis
    s3: S3Storage
    edge: RecordingCdn = field(default_factory=RecordingCdn)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.metrics = RendererMetrics(self.registry)
        self.storage = TieredStorage(MemoryStorage(1 << 20), self.s3)
        self.deletion = Deletion(self.storage, self.redis)

    def purges(self, *, has_cdn: bool = True) -> Purges:
        orders = CdnOrders(self.edge, self.pool, base_url="https://posters.example", batch=30, pause_s=0.0)
        cdn = orders if has_cdn else None
        return Purges(self.pool, self.deletion, list_objects=self.s3.names, cdn=cdn, metrics=self.metrics)

    async def draw(self, settings: Settings, media: MediaId, *, indexed: bool = True) -> str:
        """Store a picture as a worker does, and return its key."""
        name, drawn = settings_hash(settings), picture(settings, media)
        key = storage_key(name, media, settings.format)
        await save_settings(self.pool, name, settings)
        await save_title(self.pool, TitleMetadata(media=media), NAMES[media])
        await self.s3.put(key, drawn)
        for mark in (str(media), *(ref.alias for ref in NAMES[media])):
            await self.redis.set(fresh(f"{name}:{mark}"), b"1")
        if indexed:
            metadata = drawn.metadata
            row = ImageRow(
                hash=name,
                media=media,
                ext=settings.format,
                etag=metadata.etag,
                bytes=len(drawn.body),
                fingerprint=metadata.fingerprint,
                degraded=False,
                drawn_at=metadata.drawn_at,
            )
            await record_image(self.pool, row)
        return key

    async def order(self, scope: PurgeScope, *targets: str) -> PurgeRow:
        row = await add_purge(self.pool, scope, targets, "root")
        assert row is not None
        return row

    async def last(self) -> PurgeRow:
        return (await find_purges(self.pool, 1))[0]

    async def stored(self) -> set[str]:
        return {each.key async for each in self.s3.names("")}

    async def indexed(self) -> set[str]:
        async with connection(self.pool) as db:
            rows = await db.fetch("SELECT hash, media_id, ext FROM images")
        return {storage_key(SettingsHash(row["hash"]), MediaId.parse(row["media_id"]), row["ext"]) for row in rows}

    async def marks(self) -> set[str]:
        return {name.decode() async for name in self.redis.scan_iter(match=fresh("*"))}

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def new_bucket(s3_url: str) -> AsyncIterator[S3Storage]:
    """Yield an empty bucket."""
    name = f"upkeep-{uuid.uuid4().hex[:12]}"
    client = get_session().create_client(
        "s3", endpoint_url=s3_url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    async with client as s3:
        await s3.create_bucket(Bucket=name)
    async with S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket=name, access_key="test", secret_key="test"
    ) as storage:
        yield storage
