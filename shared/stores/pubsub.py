"""Subscribes to Redis channels, again after every lost connection and after a server that cannot do its work."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import structlog
from redis.asyncio import Redis

from shared.concurrency.backoff import pauses
from shared.domain.errors import StoreDown
from shared.observability.unreadable import DECODE_ERRORS, UnreadableMessages
from shared.stores.redis import redis_errors
from shared.stores.redis_connection import require_current

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_HEAR_S: Final = 1.0  # less than the client's own time-out
_PAUSE_S: Final = (0.1, 5.0)  # first and longest

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Generic[_T]):
    """A channel: its name, how a message is decoded, and its log events."""

    name: str
    read: Callable[[bytes], _T]
    """Raises msgspec's errors for a message that this version cannot read."""

    lost: str
    """The log event while Redis is lost."""

    unreadable: str
    """The log event for the first message of its kind that is skipped."""


async def subscribe(
    redis: Redis,
    channel: Channel[_T],
    *,
    unreadable: UnreadableMessages,
    on_reconnect: Callable[[float], Awaitable[None]] | None = None,
) -> AsyncIterator[_T]:
    """Yield every message from now on, until closed; subscribes again after a lost connection.

    ``on_reconnect`` is called at first and after each loss, before the next message, with the seconds during which
    messages may have been missed. Redis's own subscribe reply triggers it, because the client reconnects silently.
    Messages that this version cannot read are skipped.
    """
    unreadable.watch(channel.name)
    heard_at = [time.monotonic()] * 2  # the last two times, because the last one may be when the connection was lost
    waits = pauses(*_PAUSE_S)
    while True:
        pause_s = next(waits)
        hearing: Any = redis.pubsub()
        try:
            with redis_errors():
                await hearing.subscribe(channel.name)
            while True:
                with redis_errors():
                    message = await hearing.get_message(timeout=_HEAR_S)
                    require_current(hearing.connection)
                if message is not None and message["type"] == "subscribe":
                    if on_reconnect is not None:
                        await on_reconnect(time.monotonic() - heard_at[0])
                    waits = pauses(*_PAUSE_S)
                    pause_s = next(waits)
                heard_at = [heard_at[1], time.monotonic()]
                word = _read(channel, message, unreadable)
                if word is not None:
                    yield word
        except StoreDown as error:
            log.warning(channel.lost, reason=str(error), pause_s=pause_s)
        finally:
            with suppress(StoreDown), redis_errors():
                await hearing.aclose()
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads replicas, not for security


def _read(channel: Channel[_T], message: dict[str, Any] | None, unreadable: UnreadableMessages) -> _T | None:
    if message is None or message["type"] != "message":
        return None
    try:
        return channel.read(message["data"])
    except DECODE_ERRORS as exc:
        unreadable.skip(channel.name, channel.unreadable, message["data"], str(exc))
        return None
