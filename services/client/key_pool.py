"""A source's API keys: used in rotation, each within its budget, with a cooldown after a refusal.

A source without keys has one nameless key, whose cooldown is that of the host. This module never holds a key, only
short digests of it, so it cannot leak one.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from services.client.circuit_breaker import KeysExhausted
from shared.config.environment import Secret

DAY_S: Final = 86_400.0
FIRST_REST_S: Final = 5.0  # of a key that is refused for the first time
REFUSED_COOLDOWN_S: Final = 900.0  # the key may be fixed or its quota raised, so it is tried again now and then
RATE_LIMIT_COOLDOWN_S: Final = 30.0  # the longest for a 429 without Retry-After
MAX_COOLDOWN_S: Final = DAY_S
RESERVE_DIVISOR: Final = 4
"""A quarter of every budget is reserved for requests that a user waits for."""

_MAX_DIGITS: Final = 10
_MAX_LIMIT: Final = 1_000_000_000  # calls per day
_RESET_TOLERANCE_S: Final = 60.0  # two clocks may differ by this much and still mean the same reset


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that one key may make per UTC day, and per short window; 0 means unknown, so not limited.

    With ``is_reported`` the source reports its own count of the day in ``X-RateLimit`` headers, which takes precedence.
    """

    daily: int = 0
    burst: int = 0
    day_s: float = DAY_S
    burst_s: float = 300.0
    is_reported: bool = False


class Permit(msgspec.Struct, frozen=True):
    """Allows one attempt with the key at ``index``; by our count it is that key's call number ``used`` of the day."""

    index: int
    used: int = 0


class ReportedQuota(msgspec.Struct, frozen=True):
    """The daily quota of a key as reported by the source; ``None`` for a value that is missing or unreadable."""

    limit: int | None = None
    used: int | None = None
    reset_s: float | None = None

    @property
    def is_spent(self) -> bool:
        """Return whether no call is left until the reset."""
        return self.limit is not None and self.used == self.limit


NO_REPORT: Final = ReportedQuota()


class KeyPoolStatus(msgspec.Struct, frozen=True):
    """All keys of a source together, as far as this process knows."""

    used: int
    limit: int
    keys: int
    cooling_down: int


class KeyPool(Protocol):
    """Hands out the keys of one source."""

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return a permit for one attempt, and count it: the next key in rotation, or the first ready one of ``among``.

        Work that is not urgent cannot use the reserved part of a budget. Raises ``KeysExhausted`` if no key is ready;
        it says in how many seconds the first one will be.
        """
        ...

    async def cool_down(self, index: int, cooldown_s: float) -> bool:
        """Take a key out of rotation for ``cooldown_s``; return whether it was in rotation before."""
        ...

    async def record(self, permit: Permit, reported: ReportedQuota) -> None:
        """Adopt the quota that the source reported in its response to this permit's call."""
        ...

    def status(self) -> KeyPoolStatus:
        """Return the status of the keys; does no I/O."""
        ...


class KeyState(msgspec.Struct):
    """The state of one key; times are seconds of the clock."""

    limit: int
    used: int = 0
    ends: float = 0.0
    burst: int = 0
    burst_ends: float = 0.0
    cooling_until: float = 0.0

    def roll_over(self, now: float, quota: Quota) -> None:
        """Start new windows in place of those that have ended."""
        if now >= self.ends:
            self.used, self.ends = 0, (now // quota.day_s + 1) * quota.day_s
        if now >= self.burst_ends:
            self.burst, self.burst_ends = 0, (now // quota.burst_s + 1) * quota.burst_s

    def wait_s(self, now: float, quota: Quota, *, is_urgent: bool) -> float:
        """Return how long until the key is ready; 0 or less if it is."""
        until = self.cooling_until
        if is_spent(self.used, self.limit, is_urgent=is_urgent):
            until = max(until, self.ends)
        if is_spent(self.burst, quota.burst, is_urgent=is_urgent):
            until = max(until, self.burst_ends)
        return until - now


class MemoryKeyPool:
    """Keys whose calls this process counts alone."""

    def __init__(
        self, source: str, names: Sequence[str], quota: Quota, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._quota = quota
        self._clock = clock
        self._next = 0
        self._keys = [KeyState(quota.daily) for _ in names]
        every = range(len(names))
        self._rotations = [(*every[first:], *every[:first]) for first in every]

    async def acquire(self, *, is_urgent: bool, among: Sequence[int] = ()) -> Permit:
        """Return a permit for one attempt; see ``KeyPool``."""
        now, waits = self._clock(), []
        for index in among or self._rotation():
            key = self._keys[index]
            key.roll_over(now, self._quota)
            wait_s = key.wait_s(now, self._quota, is_urgent=is_urgent)
            if wait_s <= 0:
                key.used += 1
                key.burst += 1
                return Permit(index, key.used)
            waits.append(wait_s)
        raise keys_exhausted(self._source, min(waits))

    async def cool_down(self, index: int, cooldown_s: float) -> bool:
        """Take a key out of rotation; see ``KeyPool``."""
        key, now = self._keys[index], self._clock()
        was_ready = key.cooling_until <= now
        key.cooling_until = max(key.cooling_until, now + cooldown_s)
        return was_ready

    async def record(self, permit: Permit, reported: ReportedQuota) -> None:
        """Adopt the reported quota; see ``KeyPool``.

        A lower count than our own may only mean that other calls are still in flight, so it is adopted only if this
        permit was the last.
        """
        key, now = self._keys[permit.index], self._clock()
        key.roll_over(now, self._quota)
        key.limit = reported.limit or key.limit
        if reported.used is not None and (reported.used > key.used or key.used == permit.used):
            key.used = reported.used
        if reported.reset_s is not None:
            key.ends = now + reported.reset_s

    @property
    def is_limited(self) -> bool:
        """Return whether the day's calls of any key have a limit."""
        return any(key.limit for key in self._keys)

    def status(self) -> KeyPoolStatus:
        """Return the status of the keys; see ``KeyPool``."""
        now = self._clock()
        for key in self._keys:
            key.roll_over(now, self._quota)
        return KeyPoolStatus(
            used=sum(key.used for key in self._keys),
            limit=sum(key.limit for key in self._keys),
            keys=len(self._keys),
            cooling_down=sum(key.wait_s(now, self._quota, is_urgent=True) > 0 for key in self._keys),
        )

    def is_change(self, permit: Permit, reported: ReportedQuota) -> bool:
        """Return whether ``record`` would change more than the reset time by a few seconds."""
        key = self._keys[permit.index]
        reset_s, used = reported.reset_s, reported.used
        is_new_reset = reset_s is not None and abs(self._clock() + reset_s - key.ends) > _RESET_TOLERANCE_S
        is_new_count = used is not None and (used > key.used or (used != key.used == permit.used))
        return is_new_reset or is_new_count or (reported.limit or key.limit) != key.limit

    def sync(self, keys: Sequence[KeyState]) -> None:
        """Adopt the shared state of the keys; its times are seconds from now."""
        now = self._clock()
        self._keys = [
            KeyState(key.limit, key.used, now + key.ends, key.burst, now + key.burst_ends, now + key.cooling_until)
            for key in keys
        ]

    def leaves(self, *, is_urgent: bool, margin: int, share: int) -> bool:
        """Return whether every window has more than ``margin`` calls left, and more than one in ``share``."""
        now = self._clock()
        for key in self._keys:
            key.roll_over(now, self._quota)
            for used, limit in ((key.used, key.limit), (key.burst, self._quota.burst)):
                least = max(margin, limit // share)
                if limit and is_spent(used + least, limit, is_urgent=is_urgent):
                    return False
        return True

    def rotate_after(self, index: int) -> None:
        """Let the rotation go on after this key, which was given out by others."""
        self._next = (index + 1) % len(self._keys)

    def _rotation(self) -> Sequence[int]:
        order = self._rotations[self._next]
        self.rotate_after(self._next)
        return order


def key_names(source: str, keys: Sequence[Secret]) -> tuple[str, ...]:
    """Return public names of the keys.

    The digests are short on purpose: some keys are themselves so short that a long digest would give them away.
    """
    return tuple(hashlib.sha256(f"{source}:{key}".encode()).hexdigest()[:6] for key in keys) or ("nameless",)


def is_spent(used: int, limit: int, *, is_urgent: bool) -> bool:
    """Return whether a budget is used up; without ``is_urgent``, its reserved part does not count."""
    return 0 < limit <= used or (limit > 0 and not is_urgent and used >= limit - -(-limit // RESERVE_DIVISOR))


def keys_exhausted(source: str, wait_s: float) -> KeysExhausted:
    """Return the error of a pool whose first key will be ready in ``wait_s``."""
    return KeysExhausted(
        source,
        "every key is cooling down or has used up its budget",
        retry_after_s=float(max(1, -(-wait_s // 1))),
    )


def read_quota(headers: Mapping[str, str], now: float) -> ReportedQuota:
    """Read ``X-RateLimit`` headers, whose names are in lower case; implausible values are left out."""
    limit = _figure(headers, "x-ratelimit-limit")
    limit = limit if limit and limit <= _MAX_LIMIT else None
    remaining = _figure(headers, "x-ratelimit-remaining")
    reset = _figure(headers, "x-ratelimit-reset")
    reset_s = None if reset is None else reset - now
    if reset_s is not None and not 0 < reset_s <= DAY_S + _RESET_TOLERANCE_S:
        return ReportedQuota(limit=limit)  # the count belongs to another day
    used = None if limit is None or remaining is None or remaining > limit else limit - remaining
    return ReportedQuota(limit, used, reset_s)


def _figure(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    is_figure = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_figure else None
