"""The gateway's stores as they are checked at the start, and by ``python -m gateway check``."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis

from gateway.config import GatewayConfig
from shared.stores.postgres import Pool, open_pool
from shared.stores.postgres_server import check_database
from shared.stores.redis import connect
from shared.stores.redis_server import check_redis
from shared.stores.start_check import StoreCheck


def gateway_checks(config: GatewayConfig, pool: Pool, redis: Redis) -> Mapping[str, StoreCheck]:
    """Return the check of each store, by its name in ``/readyz``."""
    return {"postgres": partial(check_database, pool), "redis": partial(check_redis, redis, config.redis_url)}


@asynccontextmanager
async def open_gateway_checks(config: GatewayConfig) -> AsyncIterator[Mapping[str, StoreCheck]]:
    """Open the stores for their checks alone."""
    async with open_pool(config.database_url) as pool, connect(config.redis_url) as redis:
        yield gateway_checks(config, pool, redis)
