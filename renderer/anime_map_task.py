"""The task that keeps the anime id map up to date, with an HTTP client of its own: a list is larger than any answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from renderer.config import RendererConfig
from renderer.jobs.anime_map_refresh import EVERY_S, AnimeMapRefresh
from renderer.metrics import RendererMetrics
from renderer.renderer_stores import RendererStores
from services.anime_map import MAP_ATTEMPT_S, MAP_BYTES, AnimeMapSource
from services.client.byte_budget import ByteBudget
from services.client.http import CallLimits, Http
from services.client.metrics import SourceMetrics
from services.client.retry import RetryPolicy
from services.client.shared_limits import SharedLimits
from shared.concurrency.supervisor import Supervisor


@asynccontextmanager
async def anime_map_task(
    config: RendererConfig,
    stores: RendererStores,
    tasks: Supervisor,
    source_metrics: SourceMetrics,
    metrics: RendererMetrics,
    *,
    memory: ByteBudget,
) -> AsyncIterator[None]:
    """Add the task to processes that draw, unless there is to be no map; ``memory`` is that for drawing.

    A large list is read in place of pictures, so that it needs no memory besides.
    """
    if not config.draws or not config.anime_map.urls:
        yield
        return
    async with Http(
        source_metrics,
        limits=CallLimits(attempt_s=MAP_ATTEMPT_S),
        retry_policy=RetryPolicy(total_s=2 * MAP_ATTEMPT_S, attempts=2),
        source_limits=SharedLimits(stores.redis),
        memory=ByteBudget(2 * MAP_BYTES),
    ) as http:
        refresh = AnimeMapRefresh(
            stores.pool,
            AnimeMapSource(http, config.anime_map.urls),
            origin=config.anime_map.origin,
            every=timedelta(hours=config.anime_map.hours),
            memory=memory,
            metrics=metrics,
            now=lambda: datetime.now(UTC),
        )
        tasks.add_periodic("anime_map", EVERY_S, refresh.refresh)
        yield
