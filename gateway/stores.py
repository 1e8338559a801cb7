"""Opens Postgres and Redis for the gateway."""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from redis.asyncio import Redis

from gateway.admin.bootstrap_admin import EnsureAdmin
from gateway.config import GatewayConfig
from gateway.db.admins import ensure_admin
from gateway.db.api_keys import ApiKeys
from gateway.db.audit import ChangeLog
from gateway.db.usage import UsageCounts
from gateway.keys.cache import KeyRows
from gateway.keys.change_feed import ChangeSource
from gateway.keys.usage import UsageRows
from gateway.pictures.new_settings import SettingsStore
from gateway.pictures.settings_per_day import RedisSettingsOfDays, SettingsOfDays
from gateway.pictures.settings_usage import MarkSettingsUsed
from shared.observability.unreadable import UnreadableMessages
from shared.queue.prewarm import PrewarmQueue
from shared.queue.protocol import JobProducer
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import Pool, open_pool
from shared.stores.postgres_check import check_postgres
from shared.stores.rate_limiter import RateLimiter
from shared.stores.redis import connect
from shared.stores.redis_check import RedisCheck
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.settings_rows import mark_settings_used


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementStores:
    """What the API uses: pools and queue, for SQL in ``gateway.db`` and Lua in ``shared``."""

    pool: Pool
    redis: Redis
    queue: PrewarmQueue
    redis_check: RedisCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Every store that the gateway uses; open while it runs."""

    keys: KeyRows
    changes: ChangeSource
    usage: UsageRows
    ensure_admin: EnsureAdmin
    settings_store: SettingsStore
    mark_settings_used: MarkSettingsUsed
    offers: JobProducer
    pings: Mapping[str, Callable[[], Awaitable[object]]]  # each returns when its store does its work, and raises if not
    rates: RateLimiter | None = None  # without it there are no rate limits
    settings_of_days: SettingsOfDays | None = None  # without it this process counts the settings of keys by itself
    management: ManagementStores | None = None  # without it there is nothing under /api
    unreadable: UnreadableMessages = field(default_factory=UnreadableMessages)


@asynccontextmanager
async def open_stores(config: GatewayConfig) -> AsyncIterator[Stores]:
    """Open Postgres and Redis. Both connect on first use, so that either may be down at the start."""
    async with open_pool(config.database_url) as pool, connect(config.redis_url) as redis:
        unreadable = UnreadableMessages()
        queue = RedisStreamQueue(
            redis,
            consumer=f"gateway-{socket.gethostname()}-{os.getpid()}",
            queue_max=config.render_queue_max,
            unreadable=unreadable,
        )
        redis_check = RedisCheck(redis)
        yield Stores(
            keys=ApiKeys(pool),
            changes=ChangeLog(pool),
            usage=UsageCounts(pool),
            ensure_admin=partial(ensure_admin, pool),
            settings_store=SettingsRegistry(pool, redis),
            mark_settings_used=partial(mark_settings_used, pool),
            offers=queue,
            rates=RateLimiter(redis),
            settings_of_days=RedisSettingsOfDays(redis),
            pings={"postgres": lambda: check_postgres(pool), "redis": redis_check.ask},
            management=ManagementStores(pool=pool, redis=redis, queue=queue, redis_check=redis_check),
            unreadable=unreadable,
        )
