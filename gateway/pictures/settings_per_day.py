"""How many different settings a key may use on one day (UTC), over all replicas.

Every look of every title is a picture that somebody has to draw and store, so a key that anybody may use could ask for
any number of them. What a key has already used today is remembered here and costs nothing; settings that it uses for
the first time on a day cost one call to Redis.
"""

import asyncio
import math
import time
from collections.abc import Callable, Collection
from typing import Final, Protocol

import msgspec
import structlog
from redis.asyncio import Redis

from gateway.keys.api_key import ApiKey
from gateway.metrics import GatewayMetrics
from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import SettingsOfDaySpent, StoreDown
from shared.settings.digest import SettingsHash
from shared.stores.redis import CACHE_S, redis_errors
from shared.stores.redis_client import Script

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_KNOWN: Final = 40_000
"""Settings of keys that are remembered, about 160 bytes each; Redis is asked again about the others."""

LARGEST_CAP: Final = 10_000
"""Settings per key and day: all of them are read at once when a key has reached its cap."""

_DAY_S: Final = 86_400
_KEPT_S: Final = 2 * _DAY_S  # whatever the clocks of two replicas say
_USED: Final = b"used"  # no settings hash: those are hexadecimal

# KEYS: the settings that one key has used on one day, and under "used" their number. ARGV: a hash, the most, seconds.
_TAKE: Final = """
local found = redis.call('HMGET', KEYS[1], ARGV[1], 'used')
local used = tonumber(found[2] or '0')
if found[1] then return {1, used} end
if used >= tonumber(ARGV[2]) then return {0, used, redis.call('HGETALL', KEYS[1])} end
redis.call('HSET', KEYS[1], ARGV[1], '', 'used', used + 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {1, used + 1}
"""


class SettingsTaken(msgspec.Struct, frozen=True):
    """Whether settings were taken, how many a key has used that day, and which ones if there is room for no more."""

    is_taken: bool
    used: int
    all_used: Collection[SettingsHash] = ()


class SettingsOfDays(Protocol):
    """What the replicas share."""

    async def take(self, key_id: int, day: int, settings_hash: SettingsHash, most: int) -> SettingsTaken:
        """Count settings among those that a key uses on a day, unless there are ``most``. Raises ``StoreDown``."""


class RedisSettingsOfDays:
    """The settings that keys use, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._take = Script(redis, _TAKE)

    async def take(self, key_id: int, day: int, settings_hash: SettingsHash, most: int) -> SettingsTaken:
        """Count settings in one atomic call. Raises ``StoreDown``, also after ``CACHE_S``."""
        with redis_errors():
            async with asyncio.timeout(CACHE_S):
                name = f"marquee:settings-of-day:{key_id}:{day}"
                taken, used, *rest = await self._take([name], [settings_hash, most, _KEPT_S])
        names = rest[0][::2] if rest else ()
        return SettingsTaken(bool(taken), used, [SettingsHash(name.decode()) for name in names if name != _USED])


class SettingsPerDay:
    """Lets keys use settings until they have used as many as they may. A limit of 0 is none.

    While Redis is lost each replica counts on its own, and what it counted stays unknown to the others.
    """

    def __init__(
        self,
        shared: SettingsOfDays | None,
        metrics: GatewayMetrics,
        *,
        most_of_free_key: int,
        most: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._shared, self._metrics, self._clock = shared, metrics, clock
        self._most_of_free_key, self._most = most_of_free_key, most
        self._day = int(clock() // _DAY_S)
        self._known: dict[tuple[int, SettingsHash], None] = {}  # used today, the longest known first
        self._used: dict[int, int] = {}  # how many each key has used today, as far as is known here
        self._full: set[int] = set()  # keys that may use what is known here and nothing else
        self._is_alone = False
        self._flights: SingleFlight[tuple[int, SettingsHash], None] = SingleFlight()
        metrics.watch_limit("settings_of_day", lambda: len(self._known), MOST_KNOWN)
        metrics.free_key_settings_limit.set(most_of_free_key)

    def is_admitted(self, key: ApiKey, settings_hash: SettingsHash, query: str) -> bool:
        """Return whether a key may use settings without anything being asked; no I/O.

        What a key gets without parameters is always admitted, and is not counted.
        """
        most = self._most_of_free_key if key.is_free else self._most
        if not most or not query:
            return True
        if int(self._clock() // _DAY_S) != self._day:
            self._begin_day()
        return (key.id, settings_hash) in self._known

    async def admit(self, key: ApiKey, settings_hash: SettingsHash) -> None:
        """Count settings that a key uses for the first time today, as far as is known here.

        Raises ``SettingsOfDaySpent``.
        """
        if key.id in self._full:
            raise self._refusal()
        await self._flights.run((key.id, settings_hash), lambda: self._take(key, settings_hash))

    async def _take(self, key: ApiKey, settings_hash: SettingsHash) -> None:
        most, day = self._most_of_free_key if key.is_free else self._most, self._day
        taken = await self._ask(key.id, day, settings_hash, most)
        if day != self._day:  # it has ended meanwhile, and what was said about it is of no use
            return
        used = self._used[key.id] = max(self._used.get(key.id, 0), taken.used)
        if key.is_free:
            self._metrics.free_key_settings.set(used)
        if not taken.is_taken:
            for name in taken.all_used:
                self._keep(key.id, name)
            if taken.all_used and len(self._known) < MOST_KNOWN:  # all that this key may use is known here
                self._full.add(key.id)
            raise self._refusal()
        self._metrics.settings_of_day("admitted")
        self._keep(key.id, settings_hash)

    async def _ask(self, key_id: int, day: int, settings_hash: SettingsHash, most: int) -> SettingsTaken:
        try:
            if self._shared is not None:
                taken = await self._shared.take(key_id, day, settings_hash, most)
                self._is_alone = False
                return taken
        except StoreDown as error:
            if not self._is_alone:
                log.warning("settings_of_day_not_shared", reason=str(error))
            self._is_alone = True
        used = self._used.get(key_id, 0)
        return SettingsTaken(used < most, min(used + 1, most))

    def _keep(self, key_id: int, settings_hash: SettingsHash) -> None:
        if len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
            self._full.clear()  # something of theirs may now be unknown
        self._known[key_id, settings_hash] = None

    def _begin_day(self) -> None:
        self._day = int(self._clock() // _DAY_S)
        self._known.clear()
        self._used.clear()
        self._full.clear()
        self._metrics.free_key_settings.set(0)

    def _refusal(self) -> SettingsOfDaySpent:
        self._metrics.settings_of_day("refused")
        return SettingsOfDaySpent(retry_after_s=math.ceil(_DAY_S - self._clock() % _DAY_S))
