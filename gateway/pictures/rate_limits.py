"""Who may ask how often: the allowances of pictures and of key checks, and the names of the clients that have them."""

import math

from aiohttp import web

from shared.domain.errors import RateLimited
from shared.http.client_ip import ClientIps
from shared.stores.rate_limiter import KEY_CHECKS, PICTURES, RateLimiter


class ClientRateLimits:
    """Takes from what a client may ask for; no I/O. Without ``rates`` nobody is limited."""

    def __init__(self, clients: ClientIps, rates: RateLimiter | None) -> None:
        self._clients, self._rates = clients, rates

    def take_picture(self, request: web.Request, key_id: int) -> str:
        """Take from the allowance of a key at its client, and return the client's name. Raises ``RateLimited``."""
        client = self._clients.of(request)
        if self._rates is not None:
            wait_s = self._rates.take(PICTURES, (key_id, client))
            if wait_s > 0:
                raise RateLimited(retry_after_s=math.ceil(wait_s))
        return client

    def take_key_check(self, request: web.Request) -> None:
        """Take from what a client may ask about keys. Raises ``RateLimited``."""
        if self._rates is not None:
            wait_s = self._rates.take(KEY_CHECKS, self._clients.of(request))
            if wait_s > 0:
                raise RateLimited(retry_after_s=math.ceil(wait_s))
