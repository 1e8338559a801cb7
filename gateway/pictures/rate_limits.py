"""Rate limits of pictures and key checks, per client."""

import math

from aiohttp import web

from shared.domain.errors import RateLimited
from shared.http.client_ip import ClientIps
from shared.stores.rate_limiter import KEY_CHECKS, PICTURES, RateLimiter


class ClientRateLimits:
    """Applies the rate limits, without I/O. Without ``rates`` there are none."""

    def __init__(self, clients: ClientIps, rates: RateLimiter | None) -> None:
        self._clients, self._rates = clients, rates

    def take_picture(self, request: web.Request, key_id: int) -> str:
        """Count a picture of a key at a client, and return the client's name. Raises ``RateLimited``."""
        client = self._clients.of(request)
        if self._rates is not None:
            wait_s = self._rates.take(PICTURES, (key_id, client))
            if wait_s > 0:
                raise RateLimited(retry_after_s=math.ceil(wait_s))
        return client

    def take_key_check(self, request: web.Request) -> None:
        """Count a key check of a client. Raises ``RateLimited``."""
        if self._rates is not None:
            wait_s = self._rates.take(KEY_CHECKS, self._clients.of(request))
            if wait_s > 0:
                raise RateLimited(retry_after_s=math.ceil(wait_s))
