"""Removes pictures from where they are kept, and sees to it that no replica goes on serving a copy."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from redis.asyncio import Redis

from renderer.db.index_rebuild import ImageName
from renderer.maintenance.invalidation_message import InvalidationMessage, publish_invalidation
from renderer.storage.base import Storage
from renderer.storage.storage_key import storage_key
from shared.domain.ids import ExternalId
from shared.queue.messages import picture_name
from shared.queue.redis_keys import fresh, settings_key
from shared.settings.digest import SettingsHash
from shared.stores.redis import redis_errors

_T = TypeVar("_T")

MOST_MARKS: Final = 1000
"""Marks that one command lifts, or one step of a search looks at."""


class Deletion:
    """The parts of every removal; each may be done twice, and each raises ``StoreDown``."""

    def __init__(self, storage: Storage, redis: Redis) -> None:
        self._storage, self._redis = storage, redis

    async def objects(self, keys: Sequence[str]) -> None:
        """Delete what is stored."""
        await self._storage.remove(keys)

    async def pictures(self, names: Sequence[ImageName], *, purge: bool = False) -> None:
        """Delete what is stored, then have every replica drop its copies: one read before that is dropped too."""
        keys = [storage_key(name.hash, name.media, name.ext) for name in names]
        await self.objects(keys)
        await self.publish(InvalidationMessage(keys=tuple(keys), purge=purge))

    async def publish(self, word: InvalidationMessage) -> None:
        """Have every replica drop what the word names."""
        await publish_invalidation(self._redis, word)

    async def lift_marks_of(self, pictures: Sequence[ImageName], names: Iterable[ExternalId]) -> None:
        """Lift the marks by which hints would take pictures of one title for known."""
        known_as = list(names)
        marks = [fresh(f"{picture.hash}:{picture.media}") for picture in pictures]
        marks += [fresh(picture_name(picture.hash, ref)) for picture in pictures for ref in known_as]
        await self._delete(marks)

    async def lift_marks_under(self, settings_hash: SettingsHash | None) -> None:
        """Lift the marks of all pictures of a look, or of all looks, some at a time."""
        pattern = fresh("*" if settings_hash is None else f"{settings_hash}:*")
        cursor: int | None = None
        while cursor != 0:
            with redis_errors():
                answer: Any = await self._redis.scan(cursor or 0, match=pattern, count=MOST_MARKS)
            cursor = int(answer[0])
            await self._delete(list(answer[1]))

    async def looks(self, looks: Sequence[SettingsHash]) -> None:
        """Have Redis and every replica forget looks that are removed."""
        await self._delete([settings_key(name) for name in looks])
        await self.publish(InvalidationMessage(looks=tuple(looks)))

    async def _delete(self, names: Sequence[Any]) -> None:
        for some in in_batches(names, MOST_MARKS):
            with redis_errors():
                await self._redis.unlink(*some)


def in_batches(items: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    """Yield the items, at most so many at a time."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
