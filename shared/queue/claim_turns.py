"""Whose turn it is: streams are claimed by deficit round robin, counted in work, so that none of them starves."""

from collections.abc import Mapping
from itertools import chain
from typing import Final, cast

from redis.asyncio import Redis

from shared.queue.consumer_group import ConsumerGroup, Entry
from shared.queue.messages import Priority
from shared.queue.protocol import Room
from shared.queue.redis_keys import CLAIM_SCRIPT, GROUP, SHARES, STREAMS
from shared.stores.redis_client import Arguments, Script

_STREAMS: Final = (*SHARES, STREAMS[Priority.PREFETCH])


class ClaimTurns:
    """Claims new jobs for one consumer, and remembers what each stream's share has left."""

    def __init__(self, redis: Redis, group: ConsumerGroup, consumer: str) -> None:
        self._script = Script(redis, CLAIM_SCRIPT)
        self._group, self._consumer = group, consumer
        self._credits = dict(SHARES)

    async def claim(self, room: Room) -> list[tuple[str, Entry]]:
        """Claim what there is room for, without waiting; return the entries with their streams.

        Raises ``StoreDown``.
        """
        turns = chain.from_iterable((self._credits[stream], share) for stream, share in SHARES.items())
        args: Arguments = [GROUP, self._consumer, room.jobs, room.others, room.work, *turns]
        credits_left, found = await self._group.run(lambda: self._script(_STREAMS, args))
        self._credits = {stream: int(left) for stream, left in zip(SHARES, credits_left, strict=True)}
        return [(_STREAMS[nth - 1], (entry, _fields(flat))) for nth, entry, flat in found]


def _fields(flat: list[bytes]) -> Mapping[bytes, bytes]:
    return cast("Mapping[bytes, bytes]", dict(zip(flat[::2], flat[1::2], strict=True)))
