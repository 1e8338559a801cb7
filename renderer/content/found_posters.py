"""Which posters a search found lately: only these are served in small, so nobody spends a source's budget on others."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, Final, TypeVar

from redis.asyncio import Redis

from shared.domain.errors import StoreDown
from shared.stores.redis import redis_errors

_T = TypeVar("_T")

_KEPT_S: Final = 2 * 24 * 3600
_TIMEOUT_S: Final = 0.3
_NAME: Final = "marquee:poster:"


class FoundPosters:
    """The names of files, in Redis for two days."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def remember(self, files: Iterable[str]) -> None:
        """Allow these files. Raises ``StoreDown``."""
        pipe: Any = self._redis.pipeline(transaction=False)
        for file in files:
            pipe.set(_NAME + file, 1, ex=_KEPT_S)
        await self._within(pipe.execute())

    async def holds(self, file: str) -> bool:
        """Return whether a search found this file lately. Raises ``StoreDown``."""
        return bool(await self._within(self._redis.exists(_NAME + file)))

    async def _within(self, reply: Awaitable[_T]) -> _T:
        try:
            with redis_errors():
                async with asyncio.timeout(_TIMEOUT_S):
                    return await reply
        except TimeoutError as error:
            raise StoreDown("redis: no reply in time") from error
