"""How often one client may try, counted in Redis for all replicas together."""

import asyncio
import math
from http import HTTPStatus
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from gateway.auth.refusals import Refusal
from shared.jobs.connect import redis_errors

PATIENCE_S: Final = 1.0
"""How long Redis may take to answer; there is no sign-in without it."""


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and then one in every interval."""

    name: str
    burst: int
    interval_ms: int


SIGN_IN: Final = Rate("sign-in", 10, 8000)
REFRESH: Final = Rate("refresh", 30, 2000)

# The generic cell rate algorithm: the key holds the moment, in milliseconds of Redis's clock, at which all that was
# taken is worked off. Returns how many milliseconds to wait, 0 when this one was taken. KEYS: the cell. ARGV:
# interval, burst.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local until_free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
local wait = until_free - burst * interval - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', until_free), 'PX', string.format('%.0f', until_free - now))
return 0
"""


class RateLimits:
    """Takes from a client's allowance."""

    def __init__(self, redis: Redis) -> None:
        self._take: Any = redis.register_script(_TAKE)

    async def take(self, rate: Rate, client: str) -> None:
        """Return when the client may go on; else raise a 429 ``Refusal``.

        Raises ``StoreDown`` when that cannot be known: without Redis nobody guesses passwords.
        """
        with redis_errors():
            async with asyncio.timeout(PATIENCE_S):
                wait_ms = await self._take(
                    keys=[f"marquee:rate:{rate.name}:{client}"], args=[rate.interval_ms, rate.burst]
                )
        if wait_ms > 0:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Too many tries from your address. Please wait a moment.",
                retry_after_s=math.ceil(wait_ms / 1000),
            )
