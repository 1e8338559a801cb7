"""Whether Redis does what Marquee needs it for: it runs a script on our keys, and it does not evict them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from shared.concurrency.supervisor import Supervisor
from shared.domain.errors import StoreDown
from shared.stores.redis import redis_errors
from shared.stores.redis_connection import ServerUseless
from shared.stores.redis_primary import PrimaryUnknown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 1.0
"""How often the script is run at most, however often the check is asked."""

POLICY_EVERY_S: Final = 60.0
"""How often the eviction policy is read."""

_POLICY_AGAIN_S: Final = 2.0  # until it was read for the first time
SAFE_POLICY: Final = "noeviction"
UNKNOWN_POLICY: Final = "unknown"
_POLICIES: Final = frozenset(
    [
        SAFE_POLICY,
        *(f"{keys}-{order}" for keys in ("allkeys", "volatile") for order in ("lru", "lfu", "lrm", "random")),
        "volatile-ttl",
    ]
)
"""The values of ``maxmemory-policy`` in Redis and Valkey: the label has these and ``unknown``."""

_KEYS: Final = ("marquee:probe:written", "marquee:probe:read")
_KEPT_MS: Final = 10_000

# A script with a write and a read on two keys, as most of our scripts are. KEYS: written, read. ARGV: milliseconds.
_PROBE: Final = """
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return redis.call('EXISTS', KEYS[1], KEYS[2])
"""


def policy_gauge(registry: CollectorRegistry) -> Gauge:
    """Declare the metric that names the eviction policy."""
    text = "1, labelled with Redis's maxmemory-policy. Anything but noeviction may lose jobs."
    return Gauge("marquee_redis_eviction_policy", text, ["policy"], registry=registry)


async def run_probe(redis: Redis) -> None:
    """Run a script on two of our keys. Raises redis-py's errors."""
    probe: Any = redis.register_script(_PROBE)
    await probe(keys=_KEYS, args=[_KEPT_MS])


class RedisCheck:
    """The check of one client. Build one per process."""

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis, self._clock = redis, clock
        self._probe: Any = redis.register_script(_PROBE)
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._failure: str | None = None
        self._policy: str | None = None
        self._gauge: Gauge | None = None

    def watch(self, tasks: Supervisor, registry: CollectorRegistry) -> None:
        """Read the eviction policy at the start and now and then, and export it; no sample until it is known."""
        tasks.add_periodic("redis_policy", POLICY_EVERY_S, self.read_policy)
        self._gauge = policy_gauge(registry)

    async def ask(self) -> str:
        """Run a script on two of our keys, unless one ran a moment ago.

        Returns a note about Redis, or an empty one. Raises ``StoreDown`` with the reason, which names no address.
        """
        async with self._asking:
            if self._clock() - self._asked_at >= EVERY_S:
                self._failure = await self._try()
                self._asked_at = self._clock()
        if self._failure is not None:
            raise StoreDown(self._failure)
        return self.note

    @property
    def note(self) -> str:
        """Return what an operator should know of a Redis that works."""
        if self._policy is None or self._policy == SAFE_POLICY:
            return ""
        if self._policy == UNKNOWN_POLICY:
            return "maxmemory-policy is not known: this user may not run INFO"
        return f"maxmemory-policy is {self._policy}: jobs may be evicted, set it to {SAFE_POLICY}"

    async def read_policy(self) -> float:
        """Read the eviction policy, and log it when it is not the right one; return the seconds until the next time."""
        try:
            with redis_errors():
                policy = await self._read_policy()
        except StoreDown:  # which others log
            return POLICY_EVERY_S if self._policy else _POLICY_AGAIN_S
        if policy != self._policy:
            self._policy = policy
            self._tell(policy)
        return POLICY_EVERY_S

    async def _read_policy(self) -> str:
        try:
            memory: Any = await self._redis.info("memory")
        except ResponseError:  # rights are missing, and hosts may forbid the command
            return UNKNOWN_POLICY
        policy = str(memory.get("maxmemory_policy", UNKNOWN_POLICY))
        return policy if policy in _POLICIES else UNKNOWN_POLICY

    def _tell(self, policy: str) -> None:
        if self._gauge is not None:
            self._gauge.clear()
            self._gauge.labels(policy).set(1)
        if policy == UNKNOWN_POLICY:
            log.info("redis_policy_unknown")
        elif policy != SAFE_POLICY:
            log.warning("redis_may_evict", policy=policy, wanted=SAFE_POLICY)

    async def _try(self) -> str | None:
        """Return why the script failed."""
        try:
            with redis_errors():
                await self._probe(keys=_KEYS, args=[_KEPT_MS])
        except StoreDown as error:
            return _reason(error.__cause__)
        return None


def _reason(error: BaseException | None) -> str:
    """Return the server's words, or the kind of error: the text of the others has addresses."""
    if isinstance(error, ServerUseless):
        return str(error)
    if error is not None and isinstance(error.__cause__, PrimaryUnknown):
        return "no Sentinel, or no node of the Cluster, knows where the primary is"
    if isinstance(error, ResponseError):
        return f"{error.status_code} {error}" if error.status_code else str(error)
    return f"no connection: {type(error).__name__}" if isinstance(error, RedisError | OSError) else "no answer"
