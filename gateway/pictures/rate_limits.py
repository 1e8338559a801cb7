"""Rate limits of pictures, their work, searches, lists, new settings, key checks, refused keys and pages."""

import math

from aiohttp import web

from shared.domain.errors import RateLimited, TooManySettings
from shared.http.client_ip import ClientIps
from shared.stores.rate_limiter import (
    KEY_CHECKS,
    LISTS,
    PAGES,
    PICTURES,
    REFUSALS,
    SEARCHES,
    WORK,
    Rate,
    RateLimiter,
    Who,
    new_settings_rate,
)


class ClientRateLimits:
    """Applies the rate limits, without I/O. Without ``rates`` there are none."""

    def __init__(self, clients: ClientIps, rates: RateLimiter | None, *, new_settings_per_hour: int) -> None:
        self._clients, self._rates = clients, rates
        self._new_settings = new_settings_rate(new_settings_per_hour)

    def client(self, request: web.Request) -> str:
        """Return the name of a request's client, which is its own for every limit."""
        return self._clients.of(request)

    def take_picture(self, client: str, key_id: int) -> None:
        """Count a picture of a key at a client. Raises ``RateLimited``."""
        if self._rates is not None and (wait_s := self._rates.take(PICTURES, (key_id, client))):
            _wait(wait_s)

    def take_search(self, client: str, key_id: int) -> None:
        """Count a search for titles of a key at a client. Raises ``RateLimited``."""
        self._take(SEARCHES, (key_id, client))

    def take_list(self, client: str, key_id: int) -> None:
        """Count a public list of titles of a key at a client. Raises ``RateLimited``."""
        self._take(LISTS, (key_id, client))

    def take_work(self, key_id: int, client: str, work: int) -> None:
        """Count the work of a picture that may have to be drawn. Raises ``RateLimited``."""
        self._take(WORK, (key_id, client), work)

    def take_new_settings(self, client: str) -> None:
        """Count settings that a client was the first to ask for. Raises ``TooManySettings``."""
        try:
            self._take(self._new_settings, client)
        except RateLimited as error:
            raise TooManySettings(retry_after_s=error.retry_after_s) from error

    def take_key_check(self, request: web.Request) -> None:
        """Count a key check of a client. Raises ``RateLimited``."""
        self._take(KEY_CHECKS, self._clients.of(request))

    def take_refusal(self, request: web.Request) -> None:
        """Count a refused key of a client. Raises ``RateLimited``."""
        self._take(REFUSALS, self._clients.of(request))

    def require_lookup(self, request: web.Request) -> None:
        """Raise ``RateLimited`` for a client with too many refused keys, whose next key is not looked up."""
        if self._rates is not None:
            _wait(self._rates.wait_s(REFUSALS, self._clients.of(request)))

    def take_page(self, request: web.Request) -> None:
        """Count a page of a client. Raises ``RateLimited``."""
        self._take(PAGES, self._clients.of(request))

    def _take(self, rate: Rate, who: Who, units: int = 1) -> None:
        if self._rates is not None:
            _wait(self._rates.take(rate, who, units))


def _wait(seconds: float) -> None:
    if seconds > 0:
        raise RateLimited(retry_after_s=math.ceil(seconds))
