"""The message that makes every replica drop its copies of deleted pictures and settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec
from redis.asyncio import Redis

from shared.observability.unreadable import UnreadableMessages
from shared.settings.digest import SettingsHash
from shared.stores.pubsub import Channel, subscribe
from shared.stores.redis import redis_errors

EVERYTHING: Final = "c/"
"""Prefix of every picture's storage key."""


class InvalidationMessage(msgspec.Struct, frozen=True, kw_only=True, tag="forget.v1"):
    """What to drop: copies of pictures by their keys, or by a folder of keys, and deleted settings.

    With ``purge``, on behalf of an admin, replicas drop everything they have cached about pictures.
    """

    keys: tuple[str, ...] = ()
    folder: str | None = None
    settings_hashes: tuple[SettingsHash, ...] = msgspec.field(default=(), name="looks")
    purge: bool = False


def settings_folder(settings_hash: SettingsHash) -> str:
    """Return the prefix of the storage keys of all pictures with these settings."""
    return f"{EVERYTHING}{settings_hash}/"


_CHANNEL_NAME: Final = "marquee:forget"
_CHANNEL: Final = Channel(
    name=_CHANNEL_NAME,
    read=msgspec.json.Decoder(InvalidationMessage).decode,
    lost="purges_not_heard",
    unreadable="purge_unreadable",
)


async def publish_invalidation(redis: Redis, message: InvalidationMessage) -> None:
    """Send the message to every replica that is subscribed now. Raises ``StoreDown``."""
    with redis_errors():
        await redis.publish(_CHANNEL_NAME, msgspec.json.encode(message))


def invalidation_messages(
    redis: Redis, *, unreadable: UnreadableMessages, on_reconnect: Callable[[float], Awaitable[None]] | None = None
) -> AsyncIterator[InvalidationMessage]:
    """Yield every message from now on, until closed; reconnects after a loss of Redis.

    ``on_reconnect`` is then called with the seconds for which messages may have been missed, before the next one.
    """
    return subscribe(redis, _CHANNEL, unreadable=unreadable, on_reconnect=on_reconnect)
