"""The rate limit of picture requests per client, shared by all replicas."""

import math

from aiohttp import web

from renderer.metrics import RendererMetrics
from shared.domain.errors import RateLimited
from shared.http.client_ip import ClientIps
from shared.stores.rate_limiter import CONTENT, RateLimiter


class ClientLimits:
    """Counts requests against the rate limit of their client."""

    def __init__(self, rates: RateLimiter, clients: ClientIps, metrics: RendererMetrics) -> None:
        self._rates, self._clients = rates, clients
        self._refused = metrics.rate_limited.labels(CONTENT.name)
        metrics.rate_cells.set_function(lambda: rates.cells)
        metrics.rate_cells_limit.set(rates.most_cells)

    def take(self, request: web.Request) -> None:
        """Count a request. Raises ``RateLimited`` when the client is over its limit; does no I/O."""
        wait_s = self._rates.take(CONTENT, self._clients.of(request))
        if wait_s > 0:
            self._refused.inc()
            raise RateLimited(retry_after_s=math.ceil(wait_s))
