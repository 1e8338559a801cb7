"""The word that copies are to be dropped: from whoever removed pictures or looks to every replica that holds some."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
import structlog
from redis.asyncio import Redis

from shared.errors import StoreDown
from shared.hash import SettingsHash
from shared.jobs.connect import redis_errors
from shared.jobs.redis_names import FORGET_CHANNEL

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERYTHING: Final = "c/"
"""How the key of every picture begins."""

MOST_NAMED: Final = 1000
"""Pictures or looks that one word names."""

_HEAR_S: Final = 1.0  # less than the client's own limit for an answer
_PAUSE_S: Final = (0.1, 5.0)  # first and longest


class Forget(msgspec.Struct, frozen=True, kw_only=True, tag="forget.v1"):
    """Please drop these: copies of pictures by their keys, or by a folder of keys; looks that are removed.

    With ``purge`` an admin asked for it: then nothing that was remembered of any picture is believed.
    """

    keys: tuple[str, ...] = ()
    folder: str | None = None
    looks: tuple[SettingsHash, ...] = ()
    purge: bool = False


def look_folder(settings_hash: SettingsHash) -> str:
    """Return how the keys of a look's pictures begin."""
    return f"{EVERYTHING}{settings_hash}/"


_WORD: Final = msgspec.json.Decoder(Forget)


async def tell(redis: Redis, word: Forget) -> None:
    """Send the word to every replica that listens now. Raises ``StoreDown``."""
    with redis_errors():
        await redis.publish(FORGET_CHANNEL, msgspec.json.encode(word))


async def listen(redis: Redis, *, regained: Callable[[float], Awaitable[None]]) -> AsyncIterator[Forget]:
    """Yield every word from now on, until closed; comes back after a loss of Redis.

    ``regained`` is then told for how many seconds words may have been missed, before the next one is yielded.
    """
    heard_at = time.monotonic()
    pause_s, longest_s = _PAUSE_S
    while True:
        channel: Any = redis.pubsub(ignore_subscribe_messages=True)
        try:
            with redis_errors():
                await channel.subscribe(FORGET_CHANNEL)
                await channel.ping()  # whatever is sent after this is heard
            await regained(time.monotonic() - heard_at)
            pause_s = _PAUSE_S[0]
            while True:
                with redis_errors():
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=_HEAR_S)
                heard_at = time.monotonic()
                word = _read(message)
                if word is not None:
                    yield word
        except StoreDown as error:
            log.warning("purges_not_heard", reason=str(error), pause_s=pause_s)
        finally:
            with suppress(StoreDown), redis_errors():
                await channel.aclose()
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads replicas, guards nothing
        pause_s = min(2 * pause_s, longest_s)


def _read(message: dict[str, Any] | None) -> Forget | None:
    if message is None or message["type"] != "message":
        return None
    try:
        return _WORD.decode(message["data"])
    except (msgspec.ValidationError, msgspec.DecodeError) as exc:
        log.warning("purge_unreadable", reason=str(exc))
        return None
