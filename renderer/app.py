"""Builds the renderer by hand: every part in the order in which it opens, closed in reverse."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.chart_series import history
from renderer.config import RendererConfig
from renderer.content.app import content_app
from renderer.content.client_limits import ClientLimits
from renderer.content.fallback import FallbackArtwork
from renderer.content.last_access import LastAccess
from renderer.content.service import ContentService
from renderer.drawing.picture import VERSION as PIXELS
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.index_writer import IndexWriter
from renderer.jobs.lock import RedisLocks
from renderer.jobs.queue_metrics import EVERY_S as QUEUE_EVERY_S
from renderer.jobs.queue_metrics import QueueWatch
from renderer.jobs.render_pool import RenderPool
from renderer.jobs.title_index import TitleIndex
from renderer.jobs.worker import EXTEND_LEASE_EVERY_S, Worker
from renderer.maintenance.cdn_orders import CdnOrders
from renderer.maintenance.cdn_purger import PAUSE_S as CDN_PAUSE_S
from renderer.maintenance.cdn_purger import CdnPurger
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.invalidation import Invalidation
from renderer.maintenance.purge_jobs import EVERY_S as PURGES_EVERY_S
from renderer.maintenance.purge_jobs import Purges
from renderer.maintenance.retention import EVERY_S as RETENTION_EVERY_S
from renderer.maintenance.retention import FIRST_S as RETENTION_FIRST_S
from renderer.maintenance.retention import Retention
from renderer.metrics import RendererMetrics
from renderer.storage.artwork_cache import ArtworkCache
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.storage import DiskArtwork, DiskStorage
from renderer.storage.memory import MemoryStorage
from renderer.storage.s3 import S3Storage
from renderer.storage.tiered import COPY_AGE_S, TieredStorage
from services.catalog import build_catalog
from services.client.http import Http
from services.client.metrics import SourceMetrics
from services.client.remote_cache import RedisRemoteCache
from services.client.shared_limits import SharedLimits
from services.cloudflare import MOST_PREFIXES, MOST_URLS, CloudflareEdge
from services.source import ArtSource, Title
from shared.concurrency.cancel import cancel_and_wait
from shared.concurrency.supervisor import Supervisor
from shared.domain.cache_lifetime import YEAR_S, lifetime_s
from shared.http.client_ip import ClientIps
from shared.http.server import serve
from shared.http.spans import trace_requests
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, export_build_info, new_registry, serve_metrics
from shared.observability.tracing import OFF, Tracing
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores import postgres
from shared.stores import redis as redis_door
from shared.stores.daily_metrics import EVERY_S as METRICS_EVERY_S
from shared.stores.daily_metrics import DailyMetrics
from shared.stores.postgres import Pool, open_pool, ping
from shared.stores.rate_limiter import RateLimiter
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.title_rows import find_external_ids


class Renderer:
    """The running parts that ``__main__`` and the tests need; ``callers`` holds the content server."""

    def __init__(
        self, worker: Worker | None, registry: CollectorRegistry, *, callers: AsyncExitStack, drain_s: float
    ) -> None:
        self.worker = worker
        self.registry = registry
        self._callers = callers
        self._drain_s = drain_s

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve and draw, as far as that is the role of this process, until told to stop.

        Then no more requests are accepted; open requests are answered and, at the same time, claimed jobs are finished,
        each within its own limit.
        """
        if self.worker is None:
            await stopping.wait()
            await self._callers.aclose()
            return
        working = asyncio.create_task(self.worker.run())
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        self.worker.stop()
        told.cancel()
        await asyncio.gather(self._callers.aclose(), asyncio.wait({working}, timeout=self._drain_s))
        if working.done():
            await working  # which raises what ended it, if that was not our word
        await cancel_and_wait(working)


@asynccontextmanager
async def open_renderer(config: RendererConfig, tracing: Tracing = OFF) -> AsyncIterator[Renderer]:
    """Open everything, listen, and close it all in reverse."""
    registry = _registry(tracing)
    metrics = RendererMetrics(registry)
    metrics.queue_limit.set(config.render_queue_max)
    tasks = Supervisor(registry)
    async with AsyncExitStack() as stack:
        redis = connect(config.redis_url)
        stack.push_async_callback(redis.aclose)
        pool = await stack.enter_async_context(open_pool(config.database_url))
        _watch_pools(pool, redis, StoreMetrics(registry))
        s3 = await stack.enter_async_context(
            S3Storage.open(
                endpoint_url=config.s3.endpoint_url,
                region=config.s3.region,
                bucket=config.s3.bucket,
                access_key=config.s3.access_key,
                secret_key=config.s3.secret_key,
            )
        )
        http = await stack.enter_async_context(Http(SourceMetrics(registry), source_limits=SharedLimits(redis)))
        render_pool = stack.enter_context(
            RenderPool(threads=config.render_concurrency, quality=config.image_quality, metrics=metrics)
        )
        queue = RedisStreamQueue(
            redis, consumer=f"{socket.gethostname()}-{os.getpid()}", queue_max=config.render_queue_max
        )
        titles = TitleIndex(pool, redis)
        catalog = build_catalog(
            config.sources, http, lambda title: _ratings_lifetime_s(title, config), RedisRemoteCache(redis)
        )
        edge = _edge(config, http)
        purger = _purger(config, edge, pool, metrics)
        if purger is not None:
            tasks.add_periodic("cdn_purger", CDN_PAUSE_S, purger.purge_next)
        disk = await stack.enter_async_context(_disk(config, metrics))
        dependencies = Dependencies(
            settings_registry=SettingsRegistry(pool, redis),
            titles=titles,
            storage=_layered(config, s3, disk),
            marks=queue,
            locks=RedisLocks(redis),
            title_source=catalog.titles,
            art_sources=_kept(catalog.art, disk, metrics),
            rating_sources=catalog.ratings,
            film_names=catalog.film_names,
            purger=purger,
            index_writer=IndexWriter(titles=titles, pool=pool, now=_now, metrics=metrics),
            render_pool=render_pool,
            rule=config.freshness,
            now=_now,
        )
        fallback = FallbackArtwork(dependencies, metrics)
        stack.push_async_callback(fallback.close)
        last_access = LastAccess(pool, metrics) if config.housekeeping_days else None
        content = ContentService(
            dependencies=dependencies,
            queue=queue,
            fallback=fallback,
            wait_s=config.render_wait_s,
            metrics=metrics,
            last_access=last_access,
        )
        tasks.add("render_results", content.follow)
        invalidation = Invalidation(
            pool=pool, storage=dependencies.storage, content=content, settings_registry=dependencies.settings_registry
        )
        tasks.add("invalidation", partial(invalidation.run, redis))
        deletion = Deletion(dependencies.storage, redis)
        orders = _orders(config, edge, pool)
        purges = Purges(pool, deletion, list_objects=s3.names, cdn=orders, metrics=metrics)
        tasks.add_periodic("purges", PURGES_EVERY_S, purges.execute_all, first_s=PURGES_EVERY_S)
        if last_access is not None:
            tasks.add("last_access", last_access.run)
            retention = Retention(pool, deletion, days=config.housekeeping_days, metrics=metrics)
            tasks.add_periodic("retention", RETENTION_EVERY_S, retention.run_round, first_s=RETENTION_FIRST_S)
        _measure(tasks, history(redis, registry), QueueWatch(queue, redis, metrics))
        worker = _worker(config, queue, dependencies, metrics, tracing=tracing, tasks=tasks)
        limits = await stack.enter_async_context(_limits(config, redis, metrics, tasks))
        await stack.enter_async_context(tasks)
        probes = _probes(tasks, queue, pool, s3)
        callers = await stack.enter_async_context(AsyncExitStack())
        if config.serves:
            app = content_app(content=content, dependencies=dependencies, metrics=metrics, probes=probes, limits=limits)
            trace_requests(app, tracing, ClientIps(config.trusted_proxies))
            await callers.enter_async_context(serve(app, config.listen, drain_s=config.answers_s))
        await stack.enter_async_context(serve_metrics(config.metrics.host, config.metrics.port, registry, probes))
        yield Renderer(worker, registry, callers=callers, drain_s=config.drain_s)


def _registry(tracing: Tracing) -> CollectorRegistry:
    registry = new_registry()
    export_build_info(registry, "renderer", pixels=PIXELS)
    tracing.watch(registry)
    return registry


def _worker(
    config: RendererConfig,
    queue: RedisStreamQueue,
    dependencies: Dependencies,
    metrics: RendererMetrics,
    *,
    tracing: Tracing,
    tasks: Supervisor,
) -> Worker | None:
    """Return the worker, unless other processes draw; everything else runs in every process."""
    if not config.draws:
        return None
    worker = Worker(
        queue=queue,
        dependencies=dependencies,
        metrics=metrics,
        threads=config.render_concurrency,
        drain_s=config.drain_s,
        tracing=tracing,
    )
    tasks.add_periodic("leases", EXTEND_LEASE_EVERY_S, worker.extend_leases, first_s=EXTEND_LEASE_EVERY_S)
    return worker


def _probes(tasks: Supervisor, queue: RedisStreamQueue, pool: Pool, s3: S3Storage) -> Probes:
    """Return the probes. None is required: whatever is lost, this process still serves what the other stores hold."""
    probes = Probes()
    probes.watch_tasks(tasks.failing)
    probes.add("redis", queue.ping, required=False)
    probes.add("postgres", lambda: ping(pool), required=False)
    probes.add("s3", s3.ping, required=False)
    return probes


def _measure(tasks: Supervisor, daily: DailyMetrics, queue: QueueWatch) -> None:
    tasks.add_periodic("daily_metrics", METRICS_EVERY_S, daily.flush, first_s=METRICS_EVERY_S)
    tasks.add_periodic("queue_metrics", QUEUE_EVERY_S, queue.poll)


def _watch_pools(pool: Pool, redis: Redis, metrics: StoreMetrics) -> None:
    metrics.watch("postgres", partial(postgres.postgres_connections, pool))
    metrics.watch("redis", partial(redis_door.redis_connections, redis))


def _edge(config: RendererConfig, http: Http) -> CloudflareEdge | None:
    zone = config.edge
    if zone is None:
        return None
    return CloudflareEdge(http, zone.api_token, zone=zone.zone_id, api_url=zone.api_url)


def _orders(config: RendererConfig, edge: CloudflareEdge | None, pool: Pool) -> CdnOrders | None:
    if config.edge is None or edge is None:
        return None
    most = min(MOST_URLS, MOST_PREFIXES)
    return CdnOrders(edge, pool, base_url=config.edge.content_base_url, batch=most)


def _purger(
    config: RendererConfig, edge: CloudflareEdge | None, pool: Pool, metrics: RendererMetrics
) -> CdnPurger | None:
    if config.edge is None or edge is None:
        return None
    return CdnPurger(
        edge,
        base_url=config.edge.content_base_url,
        names=partial(find_external_ids, pool),
        metrics=metrics,
        most_urls=MOST_URLS,
    )


@asynccontextmanager
async def _disk(config: RendererConfig, metrics: RendererMetrics) -> AsyncIterator[DiskExecutor | None]:
    """Yield the disk cache, where one is configured."""
    if config.disk is None:
        yield None
        return
    metrics.disk_limit.set(config.disk.most_bytes)
    folder = config.disk.folder / "pictures"  # a folder of its own: other files in CACHE_DIR are not counted
    age_s = COPY_AGE_S / 2  # and the same in memory, so that a copy that passes through both lives for COPY_AGE_S
    async with DiskExecutor.open(
        folder, config.disk.most_bytes, max_age_s=age_s, count_loss=metrics.disk_losses.inc
    ) as device:
        metrics.disk_used.set_function(lambda: device.directory.used_bytes)
        yield device


def _layered(config: RendererConfig, s3: S3Storage, disk: DiskExecutor | None) -> TieredStorage:
    """Return S3 behind a cache in memory and, where one is configured, on disk."""
    if disk is None:
        return TieredStorage(MemoryStorage(config.image_mem_cache_bytes, max_age_s=COPY_AGE_S), s3)
    memory = MemoryStorage(config.image_mem_cache_bytes, max_age_s=COPY_AGE_S / 2)
    return TieredStorage(memory, s3, disk=DiskStorage(disk))


def _kept(sources: tuple[ArtSource, ...], disk: DiskExecutor | None, metrics: RendererMetrics) -> tuple[ArtSource, ...]:
    """Return the sources of artwork, cached on disk where a disk cache is configured."""
    if disk is None:
        return sources
    art = DiskArtwork(disk)
    return tuple(
        ArtworkCache(source, art, count=lambda outcome: metrics.disk_art.labels(outcome).inc()) for source in sources
    )


@asynccontextmanager
async def _limits(
    config: RendererConfig, redis: Redis, metrics: RendererMetrics, tasks: Supervisor
) -> AsyncIterator[ClientLimits | None]:
    """Yield the rate limits per client, unless they are switched off."""
    if not config.rate_limits:
        yield None
        return
    rates = RateLimiter(redis)
    tasks.add("rate_limits", rates.run)
    yield ClientLimits(rates, ClientIps(config.trusted_proxies), metrics)
    await rates.flush()


def _ratings_lifetime_s(title: Title, config: RendererConfig) -> float:
    believed_s = lifetime_s(title.film_date, _now(), config.freshness)
    return YEAR_S if believed_s is None else believed_s


def _now() -> datetime:
    return datetime.now(UTC)
