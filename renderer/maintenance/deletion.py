"""Deletes pictures from storage, and makes every replica drop its copies."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from redis.asyncio import Redis

from renderer.db.index_rebuild import ImageName
from renderer.storage.base import Storage
from renderer.storage.storage_key import storage_key
from shared.domain.ids import ExternalId
from shared.queue.redis_keys import fresh
from shared.settings.content_url import picture_name
from shared.settings.digest import SettingsHash
from shared.stores.invalidation_message import InvalidationMessage, publish_invalidation
from shared.stores.redis import redis_errors
from shared.stores.settings_registry import settings_key

_T = TypeVar("_T")

MARKS_BATCH: Final = 1000
"""Marks that one command deletes, or one step of a scan visits."""


class Deletion:
    """The parts of every deletion. Each may be repeated safely, and each raises ``StoreDown``."""

    def __init__(self, storage: Storage, redis: Redis) -> None:
        self._storage, self._redis = storage, redis

    async def objects(self, keys: Sequence[str]) -> None:
        """Delete stored objects by their keys."""
        await self._storage.remove(keys)

    async def pictures(self, names: Sequence[ImageName], *, purge: bool = False) -> None:
        """Delete stored pictures, then make every replica drop its copies, including any read just before."""
        keys = [storage_key(name.hash, name.media, name.ext) for name in names]
        await self.objects(keys)
        await self.publish(InvalidationMessage(keys=tuple(keys), purge=purge))

    async def publish(self, message: InvalidationMessage) -> None:
        """Make every replica drop what the message names."""
        await publish_invalidation(self._redis, message)

    async def delete_marks_of(self, pictures: Sequence[ImageName], external_ids: Iterable[ExternalId]) -> None:
        """Delete the marks of pictures of one title, so that the gateway prefetches them again."""
        all_ids = list(external_ids)
        marks = [fresh(f"{picture.hash}:{picture.media}") for picture in pictures]
        marks += [fresh(picture_name(picture.hash, external_id)) for picture in pictures for external_id in all_ids]
        await self._delete(marks)

    async def delete_marks_under(self, settings_hash: SettingsHash | None) -> None:
        """Delete the marks of all pictures with these settings, or of all pictures, in batches."""
        pattern = fresh("*" if settings_hash is None else f"{settings_hash}:*")
        cursor: int | None = None
        while cursor != 0:
            with redis_errors():
                answer: Any = await self._redis.scan(cursor or 0, match=pattern, count=MARKS_BATCH)
            cursor = int(answer[0])
            await self._delete(list(answer[1]))

    async def settings(self, settings_hashes: Sequence[SettingsHash]) -> None:
        """Make Redis and every replica drop settings that are deleted."""
        await self._delete([settings_key(settings_hash) for settings_hash in settings_hashes])
        await self.publish(InvalidationMessage(settings_hashes=tuple(settings_hashes)))

    async def _delete(self, names: Sequence[Any]) -> None:
        for batch in in_batches(names, MARKS_BATCH):
            with redis_errors():
                await self._redis.unlink(*batch)


def in_batches(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield the items in batches of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
