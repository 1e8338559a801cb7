"""How often one client may try to sign in: Redis is asked each time, and without it nobody is let through."""

import math
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from redis.asyncio import Redis

from gateway.api.api_error import ApiError
from shared.domain.errors import StoreDown
from shared.stores.rate_limiter import Addition, Rate, RedisRateCells

PATIENCE_S: Final = 1.0
"""How long Redis may take to answer; there is no sign-in without it."""

SIGN_IN: Final = Rate("sign-in", 10, 8000)
REFRESH: Final = Rate("refresh", 30, 2000)
STANDING: Final = Rate("standing", 60, 1000)


class SignInLimits:
    """Takes from a client's allowance."""

    def __init__(self, redis: Redis) -> None:
        self._cells = RedisRateCells(redis)

    async def take(self, rate: Rate, client: str) -> None:
        """Return when the client may go on; else raise a 429 ``ApiError``.

        Raises ``StoreDown`` when that cannot be known: without Redis nobody guesses passwords.
        """
        one = Addition(rate, client, work_ms=rate.interval_ms, most_ms=rate.most_ms)
        (standing,) = await self._cells.add([one], PATIENCE_S)
        if standing.left_ms > 0:
            wait_ms = standing.backlog_ms + rate.interval_ms - rate.most_ms
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many tries from your address. Please wait a moment.",
                retry_after_s=math.ceil(wait_ms / 1000),
            )

    async def take_if_known(self, rate: Rate, client: str) -> None:
        """Do the same where nobody can guess anything: without Redis everybody may go on."""
        with suppress(StoreDown):
            await self.take(rate, client)
