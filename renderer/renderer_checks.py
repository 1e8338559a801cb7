"""The renderer's stores as they are checked at the start, and by ``python -m renderer check``."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from renderer.config import RendererConfig, S3Config
from renderer.renderer_stores import RendererStores, open_s3
from renderer.storage.s3_check import check_s3
from shared.stores.postgres import open_pool
from shared.stores.postgres_server import check_database
from shared.stores.redis import connect
from shared.stores.redis_server import check_redis
from shared.stores.start_check import Finding, StoreCheck


def renderer_checks(config: RendererConfig, stores: RendererStores) -> Mapping[str, StoreCheck]:
    """Return the check of each store, by its name in ``/readyz``."""
    return {
        "postgres": partial(check_database, stores.pool),
        "redis": partial(check_redis, stores.redis, config.redis_url),
        "s3": partial(check_s3, stores.s3),
    }


@asynccontextmanager
async def open_renderer_checks(config: RendererConfig) -> AsyncIterator[Mapping[str, StoreCheck]]:
    """Open Postgres and Redis for their checks alone; S3 is opened by its check, which then says what is wrong."""
    async with open_pool(config.database_url) as pool, connect(config.redis_url) as redis:
        yield {
            "postgres": partial(check_database, pool),
            "redis": partial(check_redis, redis, config.redis_url),
            "s3": partial(_check_bucket, config.s3),
        }


async def _check_bucket(config: S3Config) -> Finding:
    async with open_s3(config) as s3:
        return await check_s3(s3)
