"""Redis as the middle tier of a :class:`shared.concurrency.tiered_cache.TieredCache`."""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, Generic, TypeVar

import structlog
from redis.asyncio import Redis

from shared.domain.errors import MarqueeError, StoreDown
from shared.stores.redis import CACHE_S, redis_errors
from shared.stores.redis_client import Script

log: structlog.stdlib.BoundLogger = structlog.get_logger()

# KEYS: as many as there are. ARGV: their value, seconds.
_PUT: Final = """
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'EX', ARGV[2]) end
return #KEYS
"""

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class RedisTier(Generic[_K, _V]):
    """Values in Redis for ``ttl_s``, each call within ``CACHE_S``. Failures are logged as ``event``.

    ``decode`` returns ``None`` for a value that is of no use, and raises a ``MarqueeError`` or ``ValueError`` for what
    this version cannot read.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        name: Callable[[_K], str],
        encode: Callable[[_V], str | bytes],
        decode: Callable[[_K, bytes], _V | None],
        ttl_s: int,
        event: str,
    ) -> None:
        self._redis, self._name, self._ttl_s, self._event = redis, name, ttl_s, event
        self._encode, self._decode = encode, decode
        self._put = Script(redis, _PUT)

    async def get(self, key: _K) -> _V | None:
        """Return the value, or ``None`` when Redis does not have it, is lost, or holds what cannot be read."""
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    body: Any = await self._redis.get(self._name(key))
            return None if body is None else self._decode(key, body)
        except (MarqueeError, ValueError) as error:
            log.warning(self._event, reason=str(error))
            return None

    async def put(self, keys: Iterable[_K], value: _V) -> bool:
        """Store one value under these keys; return whether Redis took it."""
        body = self._encode(value)
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    pipe: Any = self._redis.pipeline(transaction=False)
                    for key in keys:
                        pipe.set(self._name(key), body, ex=self._ttl_s)
                    await pipe.execute()
        except StoreDown as error:
            log.warning(self._event, reason=str(error))
            return False
        return True

    def post(self, keys: Iterable[_K], value: _V) -> None:
        """Store one value under these keys without waiting; what Redis does not take is not there."""
        body = self._encode(value)
        self._put.post(list(map(self._name, keys)), [body, self._ttl_s])
