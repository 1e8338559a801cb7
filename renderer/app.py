"""Builds the renderer by hand: every part in the order in which it opens, closed in reverse."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from renderer.content.app import content_app
from renderer.content.library import Library
from renderer.content.plain import PlainArt
from renderer.metrics import RendererMetrics
from renderer.painters import Painters
from renderer.purging import Purger
from renderer.records import Records
from renderer.tools import Tools
from renderer.worker import Worker
from services.catalog import build as build_catalog
from services.cloudflare import MOST_URLS, CloudflareEdge
from services.kit.http import Http
from services.kit.metrics import SourceMetrics
from services.kit.remote import RedisFacts
from services.kit.shared_limits import SharedLimits
from services.kit.source import Title
from shared.config import RendererConfig
from shared.db.pool import Pool, open_pool, ping
from shared.db.titles import find_names
from shared.freshness import YEAR_S, lifetime_s
from shared.jobs.connect import connect
from shared.jobs.redis_stream import RedisStreamQueue
from shared.jobs.turns import RedisTurns
from shared.looks import LookRegistry
from shared.serving import listening
from shared.storage.disk import DiskStorage
from shared.storage.layered import COPY_AGE_S, LayeredStorage
from shared.storage.memory import MemoryStorage
from shared.storage.s3 import S3Storage
from shared.telemetry.metrics import new_registry, serve_metrics
from shared.telemetry.probes import Probes
from shared.titles import TitleIndex

CLOSE_S: Final = 5.0
"""How long open answers may take when the process stops."""


class Renderer:
    """The running parts that ``__main__`` and the tests need to hold."""

    def __init__(self, worker: Worker, registry: CollectorRegistry) -> None:
        self.worker = worker
        self.registry = registry

    async def run(self, stopping: asyncio.Event) -> None:
        """Draw until told to stop, then finish what is in hand."""
        working = asyncio.create_task(self.worker.run())
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        self.worker.stop()
        told.cancel()
        await working


@asynccontextmanager
async def build(config: RendererConfig) -> AsyncIterator[Renderer]:
    """Open everything, listen, and close it all in reverse."""
    registry = new_registry()
    metrics = RendererMetrics(registry)
    metrics.queue_limit.set(config.render_queue_max)
    async with AsyncExitStack() as stack:
        redis = connect(config.redis_url)
        stack.push_async_callback(redis.aclose)
        pool = await stack.enter_async_context(open_pool(config.database_url))
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
        painters = stack.enter_context(
            Painters(painters=config.render_concurrency, quality=config.image_quality, metrics=metrics)
        )
        queue = RedisStreamQueue(
            redis, consumer=f"{socket.gethostname()}-{os.getpid()}", queue_max=config.render_queue_max
        )
        titles = TitleIndex(pool, redis)
        catalog = build_catalog(
            config.sources, http, lambda title: _ratings_lifetime_s(title, config), RedisFacts(redis)
        )
        purger = _purger(config, http, pool, metrics)
        if purger is not None:
            await stack.enter_async_context(_background(purger.run()))
        tools = Tools(
            looks=LookRegistry(pool, redis),
            titles=titles,
            storage=await stack.enter_async_context(_layered(config, s3, registry)),
            marks=queue,
            turns=RedisTurns(redis),
            title_source=catalog.titles,
            art_sources=catalog.art,
            rating_sources=catalog.ratings,
            film_names=catalog.film_names,
            purger=purger,
            records=Records(titles=titles, pool=pool, now=_now, metrics=metrics),
            painters=painters,
            rule=config.freshness,
            now=_now,
        )
        plain = PlainArt(tools, metrics)
        stack.push_async_callback(plain.close)
        library = Library(tools=tools, queue=queue, plain=plain, wait_s=config.render_wait_s, metrics=metrics)
        await stack.enter_async_context(_background(library.follow()))
        probes = Probes()
        # None is required: whatever is lost, this process still serves what the others hold.
        probes.add("redis", queue.ping, required=False)
        probes.add("postgres", lambda: ping(pool), required=False)
        probes.add("s3", s3.ping, required=False)
        app = content_app(library=library, tools=tools, metrics=metrics, probes=probes)
        await stack.enter_async_context(listening(app, config.listen, drain_s=CLOSE_S))
        await stack.enter_async_context(serve_metrics(config.metrics.host, config.metrics.port, registry, probes))
        yield Renderer(Worker(queue=queue, tools=tools, metrics=metrics, painters=config.render_concurrency), registry)


def _purger(config: RendererConfig, http: Http, pool: Pool, metrics: RendererMetrics) -> Purger | None:
    edge = config.edge
    if edge is None:
        return None
    return Purger(
        CloudflareEdge(http, edge.api_token, zone=edge.zone_id, api_url=edge.api_url),
        base_url=edge.content_base_url,
        names=partial(find_names, pool),
        metrics=metrics,
        most_urls=MOST_URLS,
    )


@asynccontextmanager
async def _layered(config: RendererConfig, s3: S3Storage, registry: CollectorRegistry) -> AsyncIterator[LayeredStorage]:
    """Yield what stands in front of S3: memory, and local disk only where the operator wants it."""
    if config.disk is None:
        yield LayeredStorage(MemoryStorage(config.image_mem_cache_bytes, max_age_s=COPY_AGE_S), s3)
        return
    age_s = COPY_AGE_S / 2  # each, so that a copy is believed for COPY_AGE_S when it goes through both
    lost = Counter("renderer_disk_losses_total", "Calls served without the local disk.", registry=registry)
    used = Gauge("renderer_disk_used_bytes", "Bytes of pictures on local disk.", registry=registry)
    Gauge("renderer_disk_limit_bytes", "Most such bytes.", registry=registry).set(config.disk.most_bytes)
    folder = config.disk.folder / "pictures"  # our own: what else is in CACHE_DIR is not ours to count
    async with DiskStorage.open(folder, config.disk.most_bytes, max_age_s=age_s, count_loss=lost.inc) as disk:
        used.set_function(lambda: disk.used_bytes)
        yield LayeredStorage(MemoryStorage(config.image_mem_cache_bytes, max_age_s=age_s), s3, disk=disk)


def _ratings_lifetime_s(title: Title, config: RendererConfig) -> float:
    believed_s = lifetime_s(title.film_date, _now(), config.freshness)
    return YEAR_S if believed_s is None else believed_s


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _background(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
