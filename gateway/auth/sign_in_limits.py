"""Limits sign-in attempts per client, in Redis: while Redis is down, signing in is refused."""

import math
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from redis.asyncio import Redis

from gateway.api.api_error import ApiError
from shared.domain.errors import StoreDown
from shared.stores.rate_limiter import Addition, Rate, RedisRateCells

REDIS_DEADLINE_S: Final = 1.0
"""Redis must answer within this time; there is no sign-in without it."""

SIGN_IN: Final = Rate("sign-in", 10, 8000)
REFRESH: Final = Rate("refresh", 30, 2000)
STANDING: Final = Rate("standing", 60, 1000)


class SignInLimits:
    """Counts attempts against a client's limits."""

    def __init__(self, redis: Redis) -> None:
        self._cells = RedisRateCells(redis)

    async def take(self, rate: Rate, client: str) -> None:
        """Count an attempt. Raises a 429 ``ApiError`` if there were too many.

        Raises ``StoreDown`` if Redis is down, so that an outage does not allow unlimited guesses.
        """
        one = Addition(rate, client, work_ms=rate.interval_ms, most_ms=rate.most_ms)
        (standing,) = await self._cells.add([one], REDIS_DEADLINE_S)
        if standing.left_ms > 0:
            wait_ms = standing.backlog_ms + rate.interval_ms - rate.most_ms
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many attempts from your address. Please wait a moment.",
                retry_after_s=math.ceil(wait_ms / 1000),
            )

    async def take_if_known(self, rate: Rate, client: str) -> None:
        """Count a request that guesses no secret: allowed while Redis is down."""
        with suppress(StoreDown):
            await self.take(rate, client)
