"""Runs commands in Redis for the limits of the sources, which work without it too, each replica alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis

from shared.domain.errors import StoreDown
from shared.stores.redis import redis_errors
from shared.stores.redis_client import Script

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class ScriptRunner:
    """Runs commands in Redis. After a failure, calls fail at once, except one retry now and then."""

    def __init__(self, redis: Redis, *, timeout_s: float, retry_s: float) -> None:
        self._redis = redis
        self._timeout_s = timeout_s
        self._retry_s = retry_s
        self._is_down = False
        self._retry_at = 0.0

    def script(self, text: str) -> Callable[[Sequence[str], Sequence[Any]], Any]:
        """Return a function that runs the script with its keys and arguments, and raises ``StoreDown``."""
        script = Script(self._redis, text)
        return lambda keys, args: self.run(lambda _: script(keys, args))

    def posting(self, text: str, *, within_s: float) -> Callable[[Sequence[str], Sequence[Any]], None]:
        """Return a function that has the script run without waiting for it, after ``within_s``, if Redis is up."""
        script = Script(self._redis, text)

        def send(keys: Sequence[str], args: Sequence[Any]) -> None:
            if not self._is_down:
                script.post(keys, args, within_s=within_s)

        return send

    async def run(self, command: Callable[[Redis], Awaitable[Any]]) -> Any:
        """Run a command and return its reply. Raises ``StoreDown``."""
        self._check()
        try:
            with redis_errors():
                async with asyncio.timeout(self._timeout_s):
                    reply = await command(self._redis)
        except StoreDown as error:
            self._mark_down(error)
            raise
        self._mark_up()
        return reply

    def _check(self) -> None:
        if self._is_down:
            if time.monotonic() < self._retry_at:
                raise StoreDown("redis: failed a moment ago")
            self._retry_at = time.monotonic() + self._retry_s  # one call retries, the others fail at once

    def _mark_down(self, error: StoreDown) -> None:
        self._retry_at = time.monotonic() + self._retry_s
        if not self._is_down:
            self._is_down = True
            log.warning("source_limits_lost", reason=str(error))

    def _mark_up(self) -> None:
        if self._is_down:
            self._is_down = False
            log.info("source_limits_found")
