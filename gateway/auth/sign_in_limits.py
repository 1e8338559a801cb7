"""Limits sign-in attempts per client and per account, in Redis: while Redis is down, signing in is refused."""

import hashlib
import ipaddress
import math
from collections.abc import Iterator
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

ACCOUNT: Final = Rate("sign-in-account", 50, 60_000)
"""Wrong passwords of one account, whatever addresses they come from. Generous, so that guessing locks out its owner
only while it goes on, and then for a minute."""

_SITE: Final = 48
_SHARE_OF_SITE: Final = 8
"""An IPv6 /48, which is one customer's site with 65,536 networks, may try this many times as much as one network."""


class SignInLimits:
    """Counts attempts against the limits of a client and of an account."""

    def __init__(self, redis: Redis) -> None:
        self._cells = RedisRateCells(redis)

    async def take(self, rate: Rate, client: str) -> None:
        """Count an attempt of a client. Raises a 429 ``ApiError`` if there were too many.

        Raises ``StoreDown`` if Redis is down, so that an outage does not allow unlimited guesses.
        """
        additions = [_addition(each, who) for each, who in _of_client(rate, client)]
        for addition, cell in zip(additions, await self._cells.add(additions, REDIS_DEADLINE_S), strict=True):
            if cell.left_ms > 0:
                raise _too_many(addition.rate, cell.backlog_ms, "Too many attempts from your address.")

    async def take_if_known(self, rate: Rate, client: str) -> None:
        """Count a request that guesses no secret: allowed while Redis is down."""
        with suppress(StoreDown):
            await self.take(rate, client)

    async def require_account(self, name: str) -> None:
        """Raise a 429 ``ApiError`` if there were too many wrong passwords for an account, and ``StoreDown``."""
        look = Addition(ACCOUNT, _digest(name), work_ms=0, most_ms=ACCOUNT.most_ms)
        (cell,) = await self._cells.add([look], REDIS_DEADLINE_S)
        if cell.backlog_ms + ACCOUNT.interval_ms > ACCOUNT.most_ms:
            raise _too_many(ACCOUNT, cell.backlog_ms, "Too many wrong passwords for this account.")

    async def count_wrong_password(self, name: str) -> None:
        """Count a wrong password for an account, which need not exist. Raises ``StoreDown``."""
        await self._cells.add([_addition(ACCOUNT, _digest(name))], REDIS_DEADLINE_S)


def _of_client(rate: Rate, client: str) -> Iterator[tuple[Rate, str]]:
    """Yield the limits that a client counts against: its own, and for an IPv6 network its site's."""
    yield rate, client
    with suppress(ValueError):
        network = ipaddress.ip_network(client)
        if isinstance(network, ipaddress.IPv6Network) and network.prefixlen > _SITE:
            site = Rate(rate.name, rate.burst * _SHARE_OF_SITE, max(1, rate.interval_ms // _SHARE_OF_SITE))
            yield site, str(network.supernet(new_prefix=_SITE))


def _addition(rate: Rate, who: str) -> Addition:
    return Addition(rate, who, work_ms=rate.interval_ms, most_ms=rate.most_ms)


def _digest(name: str) -> str:
    """Return what stands for an account's name in Redis: any text in a short and safe form."""
    return hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _too_many(rate: Rate, backlog_ms: int, sentence: str) -> ApiError:
    wait_ms = backlog_ms + rate.interval_ms - rate.most_ms
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{sentence} Please wait a moment.",
        retry_after_s=max(1, math.ceil(wait_ms / 1000)),
    )
