"""What the gateway keeps outside itself, behind the roles that its parts ask for."""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol

from redis.asyncio import Redis

from gateway.config import GatewayConfig
from gateway.db.admins import ensure_admin
from gateway.db.audit import ChangeSet, changes_after
from gateway.db.global_settings import GlobalRow, find_globals
from gateway.db.key_lookup import KeyRow, find_key_row, find_keys
from gateway.db.usage import add_usage, requests_this_month
from gateway.keys.cache import ApiKey, KeyRows
from gateway.keys.change_feed import ChangeSource
from gateway.keys.token import Form, KeyToken
from gateway.keys.usage import UsageRows
from gateway.pictures.handler import Looks
from gateway.pictures.settings_usage import NoteAsked
from shared.queue.prewarm import PrewarmQueue
from shared.queue.protocol import JobProducer
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.postgres import Pool, open_pool, ping
from shared.stores.rate_limiter import RateLimiter
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.settings_rows import mark_settings_used


class Admins(Protocol):
    """Where the operator's accounts are stored."""

    async def ensure(self, username: str, password_hash: str) -> bool:
        """Make the first admin; do nothing when there is one. Tells whether it was made. Raises ``StoreDown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementStores:
    """What management stands on: its parts speak SQL and Lua themselves, through the modules of ``shared``."""

    pool: Pool
    redis: Redis
    queue: PrewarmQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything outside that the gateway stands on; open while it runs."""

    keys: KeyRows
    news: ChangeSource
    usage: UsageRows
    admins: Admins
    looks: Looks
    mark_settings_used: NoteAsked
    offers: JobProducer
    pings: Mapping[str, Callable[[], Awaitable[None]]]  # each returns when its store answers, and raises if not
    rates: RateLimiter | None = None  # without it nobody is limited
    management: ManagementStores | None = None  # without it there is nothing under /api


@asynccontextmanager
async def open_stores(config: GatewayConfig) -> AsyncIterator[Stores]:
    """Hold Postgres and Redis open. Both connect when first used, so that either may be down at the start."""
    async with open_pool(config.database_url) as pool, connect(config.redis_url) as redis:
        queue = RedisStreamQueue(
            redis, consumer=f"gateway-{socket.gethostname()}-{os.getpid()}", queue_max=config.render_queue_max
        )
        yield Stores(
            keys=PostgresKeys(pool),
            news=PostgresNews(pool),
            usage=PostgresUsage(pool),
            admins=PostgresAdmins(pool),
            looks=SettingsRegistry(pool, redis),
            mark_settings_used=partial(mark_settings_used, pool),
            offers=queue,
            rates=RateLimiter(redis),
            pings={"postgres": lambda: ping(pool), "redis": queue.ping},
            management=ManagementStores(pool=pool, redis=redis, queue=queue),
        )


class PostgresKeys:
    """The keys in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, key_id: int) -> ApiKey | None:
        """Return the holder of a key by its number, disabled or not, or ``None``. Raises ``StoreDown``."""
        return _holder(await find_key_row(self._pool, key_id), Form.KEY)

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Return whoever holds each key, ``None`` when it is unknown or disabled. Raises ``StoreDown``."""
        rows = await find_keys(self._pool, [token.digest for token in tokens])
        return [_holder(rows.get(token.digest), token.form) for token in tokens]


def _holder(row: KeyRow | None, form: Form) -> ApiKey | None:
    if row is None:
        return None
    return ApiKey(
        row.id,
        row.monthly_limit,
        is_free=form is Form.FREE,
        is_direct=row.direct,
        choices=row.settings,
        profiles=row.profiles,
    )


class PostgresNews:
    """What admins and key holders changed, in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def after(self, last: int) -> ChangeSet:
        """Return the changes after this one; with -1 only where it is now. Raises ``StoreDown``."""
        return await changes_after(self._pool, last)

    async def globals(self) -> GlobalRow:
        """Return what is chosen for everybody. Raises ``StoreDown``."""
        return await find_globals(self._pool)


class PostgresUsage:
    """The usage counts in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
        """Add to the counts of a day and return these keys' use in its month. Raises ``StoreDown``."""
        return await add_usage(self._pool, counts, day)

    async def find(self, key_id: int, month: date) -> int:
        """Return what is stored for a key in a month. Raises ``StoreDown``."""
        return await requests_this_month(self._pool, key_id, month)


class PostgresAdmins:
    """The admins in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ensure(self, username: str, password_hash: str) -> bool:
        """Make the first admin unless there is one. Raises ``StoreDown``."""
        return await ensure_admin(self._pool, username, password_hash)
