"""Which clients have received pictures from this installation, and since when.

Only a name from a closed list is kept, never what a client sent. It is kept in Redis: a loss costs a line on the
overview and nothing else.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from redis.asyncio import Redis

from gateway.pictures.client_rules import client_name
from shared.domain.errors import StoreDown
from shared.domain.pictures import Kind
from shared.stores.redis import redis_errors

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
_DEADLINE_S: Final = 2.0
_FIRST: Final = "marquee:clients:first"


class FirstPicture(msgspec.Struct, frozen=True, kw_only=True):
    """The first picture that a client was answered with; ``method`` is HEAD if it only looked whether there is one."""

    kind: Kind
    method: str
    at: datetime


class ClientSeen(FirstPicture, frozen=True, kw_only=True):
    """A client by name, its first picture, and how long ago that was."""

    name: str
    age_s: int


class FirstPictures:
    """Notes each client once; no I/O until :meth:`flush`. It holds at most one entry for each known name."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._noted: set[str] = set()
        self._unstored: dict[str, FirstPicture] = {}

    def note(self, user_agent: str | None, method: str, kind: Kind) -> None:
        """Note that a client was answered with a picture; nothing if that is known here.

        Redirects that a process has in memory are answered below the handlers and are not noted. A client makes
        another request soon enough: such a redirect has to be announced again after five minutes.
        """
        name = client_name(user_agent)
        if name in self._noted:
            return
        self._noted.add(name)
        self._unstored[name] = FirstPicture(kind=kind, method=method, at=self._now())

    async def flush(self, redis: Redis) -> None:
        """Store what is new, unless another process has it; what Redis does not take is tried again."""
        if not self._unstored:
            return
        waiting = dict(self._unstored)
        try:
            with redis_errors():
                async with asyncio.timeout(_DEADLINE_S):
                    # Of two processes that note a client in the same moment, either may be the one that is kept.
                    known: Any = await redis.hmget(_FIRST, list(waiting))
                    new = [name for name, first in zip(waiting, known, strict=True) if first is None]
                    if new:
                        fields: Any = {name: msgspec.json.encode(waiting[name]) for name in new}
                        await redis.hset(_FIRST, mapping=fields)
        except StoreDown as error:
            log.warning("clients_not_stored", reason=str(error))
            return
        for name in waiting:
            del self._unstored[name]


async def clients_seen(redis: Redis, *, now: datetime) -> list[ClientSeen]:
    """Return the clients with their first pictures, the latest first. Raises ``StoreDown``."""
    with redis_errors():
        async with asyncio.timeout(_DEADLINE_S):
            stored: Any = await redis.hgetall(_FIRST)
    seen = [_seen(name.decode(), msgspec.json.decode(value, type=FirstPicture), now) for name, value in stored.items()]
    return sorted(seen, key=lambda each: each.at, reverse=True)


def _seen(name: str, first: FirstPicture, now: datetime) -> ClientSeen:
    age_s = max(0, int((now - first.at).total_seconds()))
    return ClientSeen(name=name, kind=first.kind, method=first.method, at=first.at, age_s=age_s)
