"""Opens the renderer's stores: Redis with the queue, Postgres, and S3 with its caches in memory and on disk."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis

from renderer.config import RendererConfig, S3Config
from renderer.jobs.outcome import JobOutcome
from renderer.metrics import RendererMetrics
from renderer.storage.artwork_cache import ArtworkCache
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.storage import DiskArtwork, DiskStorage
from renderer.storage.memory import MemoryStorage
from renderer.storage.s3 import S3Storage
from renderer.storage.tiered import COPY_AGE_S, TieredStorage
from services.source import ArtSource
from shared.config.process import CannotStart
from shared.domain.errors import StoreDown, StoreRefused
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics
from shared.observability.unreadable import UnreadableMessages
from shared.queue.messages import Priority
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import Pool, open_pool, postgres_connections
from shared.stores.postgres_check import check_postgres
from shared.stores.redis import connect, redis_connections
from shared.stores.redis_check import RedisCheck
from shared.stores.settings_registry import SettingsRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererStores:
    """Every store that the renderer uses; open while it runs."""

    redis: Redis
    redis_check: RedisCheck
    pool: Pool
    s3: S3Storage
    disk: DiskExecutor | None
    """Set where a disk cache is configured."""
    storage: TieredStorage
    """S3 behind the caches."""
    queue: RedisStreamQueue
    settings_registry: SettingsRegistry
    unreadable: UnreadableMessages

    def add_probes(self, probes: Probes) -> None:
        """Add the stores' probes. None is required: without one store, the process still serves from the others."""
        probes.add("redis", self.redis_check.ask, required=False)
        probes.add("postgres", lambda: check_postgres(self.pool), required=False)
        probes.add("s3", self._ping_s3, required=False)

    async def _ping_s3(self) -> None:
        """Ask the bucket. Raises ``StoreDown`` with S3's code alone: its sentence may name an account."""
        try:
            await self.s3.ping()
        except StoreDown as error:
            raise StoreDown(":".join(str(error).split(":")[:2])) from error

    def cached_artwork(self, sources: tuple[ArtSource, ...], metrics: RendererMetrics) -> tuple[ArtSource, ...]:
        """Return the sources of artwork, cached on disk where a disk cache is configured."""
        if self.disk is None:
            return sources
        art = DiskArtwork(self.disk)
        return tuple(
            ArtworkCache(source, art, count=lambda outcome: metrics.disk_art.labels(outcome).inc())
            for source in sources
        )


@asynccontextmanager
async def open_renderer_stores(
    config: RendererConfig, metrics: RendererMetrics, store_metrics: StoreMetrics
) -> AsyncIterator[RendererStores]:
    """Open the stores. All connect on first use, so that any of them may be down at the start.

    Raises ``CannotStart`` for settings of S3 that cannot be right.
    """
    async with AsyncExitStack() as stack:
        redis = connect(config.redis_url)
        stack.push_async_callback(redis.aclose)
        pool = await stack.enter_async_context(open_pool(config.database_url))
        store_metrics.watch("postgres", partial(postgres_connections, pool))
        store_metrics.watch("redis", partial(redis_connections, redis))
        try:
            s3 = await stack.enter_async_context(open_s3(config.s3, metrics))
        except StoreRefused as error:
            raise CannotStart(str(error)) from error
        disk = await stack.enter_async_context(_open_disk(config, metrics))
        consumer, unreadable = f"{socket.gethostname()}-{os.getpid()}", UnreadableMessages()
        yield RendererStores(
            redis=redis,
            redis_check=RedisCheck(redis),
            pool=pool,
            s3=s3,
            disk=disk,
            storage=_tiered(config, s3, disk),
            queue=RedisStreamQueue(
                redis,
                consumer=consumer,
                queue_max=config.render_queue_max,
                hint_dropped=metrics.jobs.labels(Priority.PREFETCH, JobOutcome.DROPPED).inc,
                unreadable=unreadable,
            ),
            settings_registry=SettingsRegistry(pool, redis),
            unreadable=unreadable,
        )


def open_s3(config: S3Config, metrics: RendererMetrics | None = None) -> AbstractAsyncContextManager[S3Storage]:
    """Open the bucket of the config. Entering raises ``StoreRefused`` for settings that cannot be right."""
    return S3Storage.open(
        endpoint_url=config.endpoint_url,
        region=config.region,
        bucket=config.bucket,
        access_key=config.access_key,
        secret_key=config.secret_key,
        session_token=config.session_token,
        metrics=metrics,
    )


@asynccontextmanager
async def _open_disk(config: RendererConfig, metrics: RendererMetrics) -> AsyncIterator[DiskExecutor | None]:
    """Yield the disk cache, where one is configured."""
    if config.disk is None:
        yield None
        return
    metrics.disk_limit.set(config.disk.most_bytes)
    folder = config.disk.folder / "pictures"  # a folder of its own: other files in CACHE_DIR are not counted
    age_s = COPY_AGE_S / 2  # and the same in memory, so that a copy that passes through both lives for COPY_AGE_S
    async with DiskExecutor.open(
        folder, config.disk.most_bytes, max_age_s=age_s, count_loss=metrics.disk_losses.inc
    ) as executor:
        metrics.disk_used.set_function(lambda: executor.directory.used_bytes)
        yield executor


def _tiered(config: RendererConfig, s3: S3Storage, disk: DiskExecutor | None) -> TieredStorage:
    """Return S3 behind a cache in memory and, where one is configured, on disk."""
    if disk is None:
        return TieredStorage(MemoryStorage(config.image_mem_cache_bytes, max_age_s=COPY_AGE_S), s3)
    memory = MemoryStorage(config.image_mem_cache_bytes, max_age_s=COPY_AGE_S / 2)
    return TieredStorage(memory, s3, disk=DiskStorage(disk))
