"""A source's keys: used in turn, each within its budget, resting after a refusal.

A source without keys has one that is nameless: its rests are those of the host. Nothing here holds a key, only the
digests that name them, so nothing here can say one.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from services.client.circuit_breaker import KeysExhausted
from shared.config.environment import Secret

DAY_S: Final = 86_400.0
REFUSED_REST_S: Final = 900.0  # a wrong key may be mended, a quota raised: look again now and then
HASTE_REST_S: Final = 30.0  # "too many requests" and no word on how long
LONGEST_REST_S: Final = DAY_S
KEPT: Final = 4
"""One part in so many of every budget is kept for those who wait."""

_FIGURES: Final = 10
_GREATEST: Final = 1_000_000_000  # calls a day
_TURNED_S: Final = 60.0  # two clocks may tell the end of a day so differently, and mean the same


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls one key has in a UTC day, and in a short window; 0 is unknown, and then there is no end to them.

    ``is_told`` says that the source tells its own count of the day in ``X-RateLimit`` headers; that one is believed.
    """

    daily: int = 0
    burst: int = 0
    day_s: float = DAY_S
    burst_s: float = 300.0
    is_told: bool = False


class Permit(msgspec.Struct, frozen=True):
    """Leave for one try with the key at ``index``; it is the key's ``used``-th call of the day, as far as we know."""

    index: int
    used: int = 0


class ReportedQuota(msgspec.Struct, frozen=True):
    """What a source says of a key's day; ``None`` is what it does not say, or says so that nobody can read it."""

    limit: int | None = None
    used: int | None = None
    reset_s: float | None = None

    @property
    def is_spent(self) -> bool:
        """Tell whether no call is left until the day turns."""
        return self.limit is not None and self.used == self.limit


class KeyPoolStatus(msgspec.Struct, frozen=True):
    """All keys of a source together, as far as this process knows."""

    used: int
    limit: int
    keys: int
    resting: int


class KeyPool(Protocol):
    """Hands out the keys of one source."""

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return leave for one try, and count it: the next key in turn, or the first of ``among`` that is ready.

        Work for which nobody waits leaves a part of each budget untouched. Raises ``KeysExhausted`` when no key is
        ready; it says after how many seconds the first will be.
        """
        ...

    async def cool_down(self, index: int, rest_s: float) -> bool:
        """Hand a key out no more for so long; return whether that is news, for it did not rest already."""
        ...

    async def record(self, ticket: Permit, told: ReportedQuota) -> None:
        """Believe what the source said of the key when it answered to this ticket."""
        ...

    def standing(self) -> KeyPoolStatus:
        """Return how the keys stand; asks nobody."""
        ...


class HeldKey(msgspec.Struct):
    """What is known of one key; times are the clock's seconds."""

    limit: int
    used: int = 0
    ends: float = 0.0
    burst: int = 0
    burst_ends: float = 0.0
    rests_until: float = 0.0

    def turn(self, now: float, quota: Quota) -> None:
        """Begin the windows that are over anew."""
        if now >= self.ends:
            self.used, self.ends = 0, (now // quota.day_s + 1) * quota.day_s
        if now >= self.burst_ends:
            self.burst, self.burst_ends = 0, (now // quota.burst_s + 1) * quota.burst_s

    def wait_s(self, now: float, quota: Quota, *, is_urgent: bool) -> float:
        """Return for how long the key is not to be used; at most 0 when it is ready."""
        waits = [self.rests_until - now]
        if is_spent(self.used, self.limit, is_urgent=is_urgent):
            waits.append(self.ends - now)
        if is_spent(self.burst, quota.burst, is_urgent=is_urgent):
            waits.append(self.burst_ends - now)
        return max(waits)


class MemoryKeyPool:
    """Keys that this process counts for itself."""

    def __init__(
        self, source: str, names: Sequence[str], quota: Quota, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._quota = quota
        self._clock = clock
        self._turn = 0
        self._keys = [HeldKey(quota.daily) for _ in names]

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return leave for one try; see the protocol."""
        now, waits = self._clock(), []
        for index in among or self._in_turn():
            key = self._keys[index]
            key.turn(now, self._quota)
            wait_s = key.wait_s(now, self._quota, is_urgent=is_urgent)
            if wait_s <= 0:
                key.used += 1
                key.burst += 1
                return Permit(index, key.used)
            waits.append(wait_s)
        raise no_key(self._source, min(waits))

    async def cool_down(self, index: int, rest_s: float) -> bool:
        """Hand a key out no more for so long; see the protocol."""
        key, now = self._keys[index], self._clock()
        is_news = key.rests_until <= now
        key.rests_until = max(key.rests_until, now + rest_s)
        return is_news

    async def record(self, ticket: Permit, told: ReportedQuota) -> None:
        """Believe the source; see the protocol.

        A count below ours may only mean that other calls are still under way, so it is believed when ours was the last.
        """
        key, now = self._keys[ticket.index], self._clock()
        key.turn(now, self._quota)
        key.limit = told.limit or key.limit
        if told.used is not None and (told.used > key.used or key.used == ticket.used):
            key.used = told.used
        if told.reset_s is not None:
            key.ends = now + told.reset_s

    def standing(self) -> KeyPoolStatus:
        """Return how the keys stand; see the protocol."""
        now = self._clock()
        for key in self._keys:
            key.turn(now, self._quota)
        return KeyPoolStatus(
            used=sum(key.used for key in self._keys),
            limit=sum(key.limit for key in self._keys),
            keys=len(self._keys),
            resting=sum(key.wait_s(now, self._quota, is_urgent=True) > 0 for key in self._keys),
        )

    def is_news(self, ticket: Permit, told: ReportedQuota) -> bool:
        """Tell whether ``learn`` would change more than the seconds of the day's end."""
        key = self._keys[ticket.index]
        turned = told.reset_s is not None and abs(self._clock() + told.reset_s - key.ends) > _TURNED_S
        counted = told.used is not None and (told.used > key.used or (told.used != key.used == ticket.used))
        return turned or counted or (told.limit or key.limit) != key.limit

    def follow(self, keys: Sequence[HeldKey]) -> None:
        """Take over what all replicas know of the keys; the times in it are seconds from now."""
        now = self._clock()
        self._keys = [
            HeldKey(key.limit, key.used, now + key.ends, key.burst, now + key.burst_ends, now + key.rests_until)
            for key in keys
        ]

    def _in_turn(self) -> Sequence[int]:
        count, first = len(self._keys), self._turn
        self._turn = (first + 1) % count
        return [(first + nth) % count for nth in range(count)]


def names_of(source: str, keys: Sequence[Secret]) -> tuple[str, ...]:
    """Return how the keys are called where others may read it.

    The digests are short on purpose: some keys are so short themselves that a long one would give them away.
    """
    return tuple(hashlib.sha256(f"{source}:{key}".encode()).hexdigest()[:6] for key in keys) or ("nameless",)


def is_spent(used: int, limit: int, *, is_urgent: bool) -> bool:
    """Tell whether a budget is used up, of which a part is kept for those who wait."""
    return 0 < limit <= used or (limit > 0 and not is_urgent and used >= limit - -(-limit // KEPT))


def no_key(source: str, wait_s: float) -> KeysExhausted:
    """Return the refusal of a ring none of whose keys is ready before so many seconds."""
    return KeysExhausted(
        source, "every key rests, or has spent its budget", retry_after_s=float(max(1, -(-wait_s // 1)))
    )


def read_told(headers: Mapping[str, str], now: float) -> ReportedQuota:
    """Read ``X-RateLimit`` headers, whose names are in lower case; what is no sensible figure is left out."""
    limit = _figure(headers, "x-ratelimit-limit")
    limit = limit if limit and limit <= _GREATEST else None
    remaining = _figure(headers, "x-ratelimit-remaining")
    reset = _figure(headers, "x-ratelimit-reset")
    reset_s = None if reset is None else reset - now
    if reset_s is not None and not 0 < reset_s <= DAY_S + _TURNED_S:
        return ReportedQuota(limit=limit)  # the count of another day, or nobody knows of which
    used = None if limit is None or remaining is None or remaining > limit else limit - remaining
    return ReportedQuota(limit, used, reset_s)


def rest_s(told_s: float | None, *, is_haste: bool) -> float:
    """Return for how long a refused key rests: as told, else a while."""
    return min(told_s or (HASTE_REST_S if is_haste else REFUSED_REST_S), LONGEST_REST_S)


def _figure(headers: Mapping[str, str], name: str) -> int | None:
    written = headers.get(name, "").strip()
    is_figure = written.isascii() and written.isdigit() and len(written) <= _FIGURES
    return int(written) if is_figure else None
