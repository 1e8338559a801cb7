"""Builds the renderer: every part in the order in which it opens; they close in reverse order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from prometheus_client import CollectorRegistry

from renderer.anime_map_task import anime_map_task
from renderer.chart_series import history
from renderer.config import RendererConfig
from renderer.content.app import UNREAD_PICTURES_BYTES, content_app
from renderer.content.artwork_lists import ArtworkLists
from renderer.content.client_limits import open_client_limits
from renderer.content.fallback import FallbackArtwork
from renderer.content.found_posters import FoundPosters
from renderer.content.last_access import LastAccess
from renderer.content.public_lists import PublicLists
from renderer.content.service import ContentService
from renderer.content.title_searches import TitleSearches
from renderer.drawing.picture import VERSION as PIXELS
from renderer.jobs.anime_lookup import AnimeMap
from renderer.jobs.artwork_memory import HELD_BYTES, LimitedArtwork
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.index_writer import IndexWriter
from renderer.jobs.list_book import ListBook
from renderer.jobs.list_fetcher import ListFetcher
from renderer.jobs.lock import RedisLocks
from renderer.jobs.queue_metrics import EVERY_S as QUEUE_EVERY_S
from renderer.jobs.queue_metrics import QueueWatch
from renderer.jobs.render_pool import RenderPool, plain_threads
from renderer.jobs.title_index import TitleIndex
from renderer.jobs.worker import EXTEND_LEASE_EVERY_S, Worker
from renderer.maintenance.cdn_purger import CdnPurger
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.maintenance_tasks import add_maintenance, build_cdn
from renderer.maintenance.outdated_watch import EVERY_S as OUTDATED_EVERY_S
from renderer.maintenance.outdated_watch import OutdatedWatch
from renderer.maintenance.retention import EVERY_S as RETENTION_EVERY_S
from renderer.maintenance.retention import FIRST_S as RETENTION_FIRST_S
from renderer.maintenance.retention import Retention, RetentionRule
from renderer.metrics import RendererMetrics
from renderer.renderer_stores import RendererStores, open_renderer_stores
from services.catalog import Catalog, build_catalog
from services.client.byte_budget import ByteBudget
from services.client.http import Http
from services.client.metrics import SourceMetrics
from services.client.remote_cache import RedisRemoteCache
from services.client.shared_limits import SharedLimits
from services.source import ArtSource
from services.titles import Title
from shared.concurrency.supervisor import Supervisor
from shared.domain.cache_lifetime import YEAR_S, lifetime_s
from shared.http.client_ip import ClientIps
from shared.http.connections import connection_limits
from shared.http.server import serve, serve_probes
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, export_build_info, metrics_app, new_registry
from shared.observability.tracer import OFF, Tracing
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.daily_metrics import EVERY_S as METRICS_EVERY_S

CheckStores: TypeAlias = Callable[[RendererStores], Awaitable[None]]
"""Returns when the stores may be used. Raises ``CannotStart``."""


class Renderer:
    """The running parts that ``__main__`` and the tests need; ``callers`` holds the content server."""

    def __init__(self, worker: Worker | None, registry: CollectorRegistry, *, callers: AsyncExitStack) -> None:
        self.worker = worker
        self.registry = registry
        self._callers = callers

    async def run(self, stopping: asyncio.Event) -> None:
        """Wait until ``stopping`` is set; the background tasks serve and draw, depending on the role of this process.

        Then no more requests are accepted; open requests and, at the same time, claimed jobs are finished, each within
        its own time limit.
        """
        if self.worker is None:
            await stopping.wait()
            await self._callers.aclose()
            return
        await stopping.wait()
        await asyncio.gather(self._callers.aclose(), self.worker.drain())


@asynccontextmanager
async def open_renderer(
    config: RendererConfig, tracing: Tracing = OFF, *, check: CheckStores | None = None
) -> AsyncIterator[Renderer]:
    """Open everything and listen; everything closes in reverse order.

    ``check`` returns when the stores may be used; until then only ``/livez`` is well. Raises what it raises, and
    ``CannotStart`` for addresses and for settings of S3 that cannot be right.
    """
    registry = _registry(tracing)
    metrics = RendererMetrics(registry)
    metrics.queue_limit.set(config.render_queue_max)
    tasks = Supervisor(registry)
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_renderer_stores(config, metrics, StoreMetrics(registry)))
        stores.unreadable.register(registry)
        probes = _probes(tasks, stores)
        await stack.enter_async_context(serve_probes(metrics_app(registry, probes), config.metrics))
        if check is not None:
            await check(stores)
        http = await stack.enter_async_context(Http(SourceMetrics(registry), source_limits=SharedLimits(stores.redis)))
        drawing_memory = ByteBudget(config.render_memory_bytes)
        render_pool = stack.enter_context(
            RenderPool(
                threads=config.render_concurrency, quality=config.image_quality, metrics=metrics, memory=drawing_memory
            )
        )
        orders, purger = build_cdn(config, http, stores.pool, metrics)
        remote = RedisRemoteCache(stores.redis)
        catalog = build_catalog(config.sources, http, lambda title: _ratings_lifetime_s(title, config), remote)
        dependencies = _dependencies(config, stores, catalog, metrics, purger=purger, render_pool=render_pool)
        has_retention = config.housekeeping_days or config.free_key_housekeeping_days
        last_access = LastAccess(stores.pool, metrics) if has_retention else None
        plain_pool = stack.enter_context(_plain_pool(config, metrics, drawing_memory))
        content = await stack.enter_async_context(
            _content(config, stores, dependencies, metrics, last_access, plain_pool=plain_pool)
        )
        tasks.add("render_results", content.follow)
        add_maintenance(tasks, stores, metrics, content=content, purger=purger, orders=orders)
        if last_access is not None:
            tasks.add("last_access", last_access.run)
        _add_retention(tasks, stores, metrics, config)
        stores.redis_check.watch(tasks, registry)
        daily, queue = history(stores.redis, registry), QueueWatch(stores.queue, stores.redis, metrics)
        tasks.add_periodic("daily_metrics", METRICS_EVERY_S, daily.flush, first_s=METRICS_EVERY_S)
        tasks.add_periodic("queue_metrics", QUEUE_EVERY_S, queue.poll)
        tasks.add_periodic("outdated_pictures", OUTDATED_EVERY_S, OutdatedWatch(stores.pool, metrics).count)
        map_task = anime_map_task(config, stores, tasks, http.metrics, metrics, memory=drawing_memory)
        await stack.enter_async_context(map_task)
        worker = _worker(config, stores.queue, dependencies, metrics, tracing=tracing, tasks=tasks)
        limits = await stack.enter_async_context(open_client_limits(config, stores.redis, metrics, tasks))
        await stack.enter_async_context(tasks)
        callers = await stack.enter_async_context(AsyncExitStack())
        if config.serves:
            clients = ClientIps(config.trusted_proxies)
            app = content_app(
                content=content,
                dependencies=dependencies,
                metrics=metrics,
                probes=probes,
                limits=limits,
                clients=clients,
                tracing=tracing,
                fast_path=config.fast_path,
                bucket_url=config.content_direct_url,
                artwork=ArtworkLists(dependencies, stores.queue, metrics=metrics, limits=limits),
                searches=TitleSearches(
                    dependencies, catalog.search, FoundPosters(stores.redis), metrics=metrics, limits=limits
                ),
                lists=PublicLists(catalog.lists, metrics=metrics, remote=remote, limits=limits),
            )
            connections = connection_limits(registry, clients, unread_bytes=UNREAD_PICTURES_BYTES)
            await callers.enter_async_context(serve(app, config.listen, drain_s=config.answers_s, limits=connections))
        probes.release()
        yield Renderer(worker, registry, callers=callers)


def _registry(tracing: Tracing) -> CollectorRegistry:
    registry = new_registry()
    export_build_info(registry, "renderer", pixels=PIXELS)
    tracing.watch(registry)
    return registry


def _dependencies(
    config: RendererConfig,
    stores: RendererStores,
    catalog: Catalog,
    metrics: RendererMetrics,
    *,
    purger: CdnPurger | None,
    render_pool: RenderPool,
) -> Dependencies:
    """Return what a job's steps may use."""
    titles, origins = TitleIndex(stores.pool, stores.redis), config.sash_lists.origins
    list_fetcher = ListFetcher(stores.pool, origins, catalog.lists, _now)
    return Dependencies(
        settings_registry=stores.settings_registry,
        titles=titles,
        storage=stores.storage,
        marks=stores.queue,
        locks=RedisLocks(stores.redis),
        title_source=catalog.titles,
        art_sources=_limited(stores.cached_artwork(catalog.art, metrics), metrics),
        rating_sources=catalog.ratings,
        film_names=catalog.film_names,
        anime_map=AnimeMap(stores.pool, is_on=bool(config.anime_map.urls)),
        list_book=ListBook(stores.pool, origins, _now, metrics, list_fetcher.fetch),
        purger=purger,
        index_writer=IndexWriter(titles=titles, pool=stores.pool, now=_now, metrics=metrics),
        render_pool=render_pool,
        rule=config.freshness,
        now=_now,
        serves_from_bucket=config.content_direct_url is not None,
    )


def _limited(sources: tuple[ArtSource, ...], metrics: RendererMetrics) -> tuple[ArtSource, ...]:
    """Return the sources of artwork with one limit of memory for all of them."""
    memory = ByteBudget(HELD_BYTES)
    metrics.artwork_memory.set_function(lambda: memory.used)
    metrics.artwork_memory_limit.set(memory.limit)
    return tuple(LimitedArtwork(source, memory) for source in sources)


def _plain_pool(config: RendererConfig, metrics: RendererMetrics, memory: ByteBudget) -> RenderPool:
    """Return threads for plain artwork only, so that it is ready in time whatever waits to be drawn."""
    threads = plain_threads(config.render_concurrency)
    return RenderPool(threads=threads, quality=config.image_quality, metrics=metrics, memory=memory, is_plain=True)


@asynccontextmanager
async def _content(
    config: RendererConfig,
    stores: RendererStores,
    dependencies: Dependencies,
    metrics: RendererMetrics,
    last_access: LastAccess | None,
    *,
    plain_pool: RenderPool,
) -> AsyncIterator[ContentService]:
    """Yield what serves pictures; open fallback drawings are cancelled at the end."""
    fallback = FallbackArtwork(replace(dependencies, render_pool=plain_pool), metrics)
    try:
        yield ContentService(
            dependencies=dependencies,
            queue=stores.queue,
            fallback=fallback,
            wait_s=config.render_wait_s,
            metrics=metrics,
            last_access=last_access,
            redraws_per_minute=config.redraws_per_minute,
        )
    finally:
        await fallback.close()


def _add_retention(tasks: Supervisor, stores: RendererStores, metrics: RendererMetrics, config: RendererConfig) -> None:
    """Add the task that deletes unused settings, and pictures that were not requested for long."""
    rule = RetentionRule(
        days=config.housekeeping_days,
        free_key_days=config.free_key_housekeeping_days,
        image_stale_s=config.freshness.image_stale_s,
    )
    retention = Retention(stores.pool, Deletion(stores.storage, stores.redis), rule=rule, metrics=metrics)
    tasks.add_periodic("retention", RETENTION_EVERY_S, retention.run_round, first_s=RETENTION_FIRST_S)


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
    tasks.add("worker", worker.claim)
    tasks.add_periodic("leases", EXTEND_LEASE_EVERY_S, worker.extend_leases, first_s=EXTEND_LEASE_EVERY_S)
    tasks.add("late_records", dependencies.index_writer.late.run)
    return worker


def _probes(tasks: Supervisor, stores: RendererStores) -> Probes:
    probes = Probes()
    probes.hold()
    probes.watch_tasks(tasks.failing)
    stores.add_probes(probes)
    return probes


def _ratings_lifetime_s(title: Title, config: RendererConfig) -> float:
    until_redrawn_s = lifetime_s(title.film_date, _now(), config.freshness, is_running=title.is_running)
    return YEAR_S if until_redrawn_s is None else until_redrawn_s


def _now() -> datetime:
    return datetime.now(UTC)
