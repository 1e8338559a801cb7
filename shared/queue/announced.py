"""Which pictures gateways redirected to lately: only these are drawn for callers of ``/c/``, who show no key.

There is a Bloom filter for each period of eight hours, so that its size has a bound whatever callers do. A picture that
was not announced may match by chance, and is then drawn: one in 5,000 with a million pictures in a period. With tens of
millions every picture matches, and only the rate limits of ``/c/`` are left.
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Final

from cachetools import TTLCache
from redis.asyncio import Redis

from shared.stores.redis_client import Script
from shared.stores.redis_connection import Words

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

# KEYS: mark, filters. ARGV: bits. Returns the mark if there is one, else 1 if all bits are set in one of the filters.
_FIND: Final = """
local mark = redis.call('GET', KEYS[1])
if mark then return mark end
local words = {}
for _, bit in ipairs(ARGV) do
  for _, word in ipairs({'GET', 'u1', bit}) do words[#words + 1] = word end
end
for nth = 2, #KEYS do
  local is_announced = 1
  for _, bit in ipairs(redis.call('BITFIELD', KEYS[nth], unpack(words))) do is_announced = is_announced * bit end
  if is_announced == 1 then return 1 end
end
return 0
"""


class Announced:
    """The filters in Redis. The clocks of all hosts may differ by hours; errors of redis-py are raised as they are."""

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.time) -> None:
        self._find, self._clock = Script(redis, _FIND), clock
        self._expiry_set: tuple[str, float] = ("", 0.0)
        """For which filter, and when."""
        self._in_hand: TTLCache[str, bool] = TTLCache(_MOST_IN_HAND, _IN_HAND_S)

    def commands(self, pictures: Iterable[str]) -> list[Words]:
        """Return the commands that announce these pictures."""
        key = _key(self._period())
        words = [word for picture in pictures for bit in _bits(picture) for word in ("SET", "u1", bit, 1)]
        commands: list[Words] = [("BITFIELD", key, *words)]
        name, set_at = self._expiry_set
        if name != key or not set_at <= self._clock() < set_at + _EXPIRY_EVERY_S:
            commands.append(("EXPIRE", key, (PERIODS + 1) * PERIOD_S))
            self._expiry_set = (key, self._clock())
        return commands

    async def has(self, picture: str, mark: str) -> bool:
        """Return whether the picture was announced, or the key ``mark`` exists; one round trip in any case."""
        now = self._period()
        periods = (now, now + 1, *range(now - 1, now - PERIODS, -1))  # the next one, too: clocks differ
        found = await self._find([mark, *map(_key, periods)], _bits(picture))
        if isinstance(found, bytes) and found != _HINT:
            self._in_hand[picture] = True
        else:
            self._in_hand.pop(picture, None)
        return isinstance(found, bytes) or bool(found)

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
