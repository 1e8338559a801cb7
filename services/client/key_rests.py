"""How long a refused key rests: seconds at first, longer each time, and seconds again once it was answered."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from services.client.key_pool import FIRST_REST_S, MAX_COOLDOWN_S, RATE_LIMIT_COOLDOWN_S, REFUSED_COOLDOWN_S

_GROWTH: Final = 3.0


class _Rest(msgspec.Struct):
    seconds: float = 0.0
    until: float = 0.0


class KeyRests:
    """The last rest of each key, of this process alone: the rest itself is shared by the key pool."""

    def __init__(self, keys: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests = [_Rest() for _ in range(keys)]

    def refused(self, index: int, retry_after_s: float | None, *, is_rate_limit: bool) -> float:
        """Return for how long the key rests: as the source says, else 5 s, then three times as long each time.

        Refusals during a rest are of the same moment, so they get what is left of it.
        """
        if retry_after_s:
            return min(retry_after_s, MAX_COOLDOWN_S)
        rest, now = self._rests[index], self._clock()
        if now >= rest.until:
            longest_s = RATE_LIMIT_COOLDOWN_S if is_rate_limit else REFUSED_COOLDOWN_S
            rest.seconds = min(rest.seconds * _GROWTH or FIRST_REST_S, longest_s)
            rest.until = now + rest.seconds
            return rest.seconds
        return rest.until - now

    def answered(self, index: int) -> None:
        """Record an answered call of a key: its next rest is a short one."""
        self._rests[index].seconds = 0.0
