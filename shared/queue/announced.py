"""Which pictures gateways redirected to lately: only these are drawn for callers of ``/c/``, who show no key.

There is a Bloom filter for each period of eight hours, so that its size has a bound whatever callers do. A picture that
was not announced may match by chance, and is then drawn: one in 5,000 with a million pictures in a period. With tens of
millions every picture matches, and only the rate limits of ``/c/`` are left.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from cachetools import TTLCache
from redis.asyncio import Redis

PERIOD_S: Final = 8 * 3600
PERIODS: Final = 4
"""The current period and three past ones: at least 24 hours, at most 32."""

BITS: Final = 1 << 25
"""Of one filter: 4 MB."""

_HASHES: Final = 4
_HINT: Final = b"hint"  # the mark of a prefetch that waits, which an interactive job replaces
_IN_HAND_S: Final = 0.1
_MOST_IN_HAND: Final = 10_000
_EXPIRY_EVERY_S: Final = 60.0
"""How often a process sets a filter's expiry: seldom, but soon after a Redis that was emptied."""


class Announced:
    """The filters in Redis. The clocks of all hosts may differ by hours; errors of redis-py are raised as they are."""

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.time) -> None:
        self._redis, self._clock = redis, clock
        self._expiry_set: tuple[str, float] = ("", 0.0)
        """For which filter, and when."""
        self._in_hand: TTLCache[str, bool] = TTLCache(_MOST_IN_HAND, _IN_HAND_S)

    def add(self, pipe: Any, pictures: Iterable[str]) -> None:
        """Add commands to a pipeline that announce these pictures."""
        key = _key(self._period())
        words = [word for picture in pictures for bit in _bits(picture) for word in ("SET", "u1", bit, 1)]
        pipe.execute_command("BITFIELD", key, *words)
        name, set_at = self._expiry_set
        if name != key or not set_at <= self._clock() < set_at + _EXPIRY_EVERY_S:
            pipe.expire(key, (PERIODS + 1) * PERIOD_S)
            self._expiry_set = (key, self._clock())

    async def has(self, picture: str, mark: str) -> bool:
        """Return whether the picture was announced, or the key ``mark`` exists."""
        words = [word for bit in _bits(picture) for word in ("GET", "u1", bit)]
        now = self._period()
        pipe: Any = self._redis.pipeline(transaction=False)
        pipe.get(mark)
        pipe.execute_command("BITFIELD", _key(now), *words)
        found, bits = await pipe.execute()
        if found is not None and found != _HINT:
            self._in_hand[picture] = True
        else:
            self._in_hand.pop(picture, None)
        if found is not None or all(bits):
            return True
        for period in (now + 1, *range(now - 1, now - PERIODS, -1)):  # the next one: clocks differ
            pipe.execute_command("BITFIELD", _key(period), *words)
        return any(all(bits) for bits in await pipe.execute())

    def was_in_hand(self, picture: str) -> bool:
        """Return whether :meth:`has` found a moment ago that its job needs no other one; tell it once."""
        return self._in_hand.pop(picture, False)

    def _period(self) -> int:
        return int(self._clock() // PERIOD_S)


def _key(period: int) -> str:
    return f"marquee:announced:{period}"


def _bits(picture: str) -> list[int]:
    digest = hashlib.blake2b(picture.encode(), digest_size=4 * _HASHES).digest()
    return [int.from_bytes(digest[start : start + 4]) % BITS for start in range(0, len(digest), 4)]
