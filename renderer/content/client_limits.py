"""The rate limits per client, shared by all replicas: requests, work, and pictures that no gateway announced."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from redis.asyncio import Redis

from renderer.config import RendererConfig
from renderer.metrics import RendererMetrics
from shared.concurrency.supervisor import Supervisor
from shared.domain.errors import RateLimited
from shared.http.client_ip import ClientIps
from shared.stores.rate_limiter import CONTENT, SEARCHES, UNANNOUNCED, WORK, Rate, RateLimiter


class ClientLimits:
    """Counts against the rate limits of a client; does no I/O."""

    def __init__(self, rates: RateLimiter, clients: ClientIps, metrics: RendererMetrics) -> None:
        self._rates, self._clients = rates, clients
        self._refused = {
            rate: metrics.rate_limited.labels(rate.name) for rate in (CONTENT, WORK, UNANNOUNCED, SEARCHES)
        }
        metrics.rate_cells.set_function(lambda: rates.cells)
        metrics.rate_cells_limit.set(rates.most_cells)

    def take(self, request: web.Request) -> "Caller":
        """Count a request; return who sent it. Raises ``RateLimited`` when the client is over its limit."""
        client = self._clients.of(request)
        self.take_from(CONTENT, client)
        return Caller(client, self)

    def take_search(self, request: web.Request) -> None:
        """Count a search for titles. Raises ``RateLimited`` when the client is over its limit."""
        self.take_from(SEARCHES, self._clients.of(request))

    def take_from(self, rate: Rate, client: str, units: int = 1) -> None:
        """Count against one of the limits. Raises ``RateLimited``."""
        wait_s = self._rates.take(rate, client, units)
        if wait_s > 0:
            self._refused[rate].inc()
            raise RateLimited(retry_after_s=math.ceil(wait_s))

    def allows(self, client: str) -> bool:
        """Count a request and return whether the client is within its limit; one that is not is counted nowhere."""
        return self._rates.take(CONTENT, client) <= 0

    def is_spent(self, rate: Rate, client: str) -> bool:
        """Return whether the client is over a limit, without counting anything."""
        return self._rates.wait_s(rate, client) > 0


class Caller:
    """Who asks for a picture; without limits, anybody."""

    def __init__(self, client: str = "", limits: ClientLimits | None = None) -> None:
        self.client, self._limits = client, limits

    def take_work(self, work: int) -> None:
        """Count the work of a picture that may have to be drawn. Raises ``RateLimited``."""
        if self._limits is not None:
            self._limits.take_from(WORK, self.client, work)

    def take_unannounced(self) -> None:
        """Count a picture that no gateway announced. Raises ``RateLimited``."""
        if self._limits is not None:
            self._limits.take_from(UNANNOUNCED, self.client)

    @property
    def asks_too_often(self) -> bool:
        """Return whether the client has asked for too many pictures that no gateway announced."""
        return self._limits is not None and self._limits.is_spent(UNANNOUNCED, self.client)


ANYBODY: Final = Caller()
"""A caller without limits, where they are switched off."""


@asynccontextmanager
async def open_client_limits(
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
