"""The word that copies are to be dropped: from whoever removed pictures or looks to every replica that holds some."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec
from redis.asyncio import Redis

from shared.queue.redis_keys import FORGET_CHANNEL
from shared.settings.digest import SettingsHash
from shared.stores.pubsub import Channel, subscribe
from shared.stores.redis import redis_errors

EVERYTHING: Final = "c/"
"""How the key of every picture begins."""

MOST_NAMED: Final = 1000
"""Pictures or looks that one word names."""


class InvalidationMessage(msgspec.Struct, frozen=True, kw_only=True, tag="forget.v1"):
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


_WORDS: Final = Channel(
    name=FORGET_CHANNEL,
    read=msgspec.json.Decoder(InvalidationMessage).decode,
    lost="purges_not_heard",
    unreadable="purge_unreadable",
)


async def publish_invalidation(redis: Redis, word: InvalidationMessage) -> None:
    """Send the word to every replica that listens now. Raises ``StoreDown``."""
    with redis_errors():
        await redis.publish(FORGET_CHANNEL, msgspec.json.encode(word))


def invalidation_messages(
    redis: Redis, *, on_reconnect: Callable[[float], Awaitable[None]]
) -> AsyncIterator[InvalidationMessage]:
    """Yield every word from now on, until closed; comes back after a loss of Redis.

    ``on_reconnect`` is then told for how many seconds words may have been missed, before the next one is yielded.
    """
    return subscribe(redis, _WORDS, on_reconnect=on_reconnect)
