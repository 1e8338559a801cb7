"""The consumer group on the queue's streams: creates it where missing, reads and claims entries, trims settled ones."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.queue.protocol import Depth
from shared.queue.redis_keys import GROUP, PRIORITIES
from shared.stores.redis import redis_errors
from shared.stores.redis_connection import key_name

_CONSUMER_EXPIRES_S: Final = 3600

_T = TypeVar("_T")
Entry = tuple[bytes, Mapping[bytes, bytes] | None]
"""A stream entry's id and fields; no fields if it was trimmed while it was pending."""


class ConsumerGroup:
    """One consumer's access to the group. Every method raises ``StoreDown``."""

    def __init__(self, redis: Redis, consumer: str) -> None:
        self._redis = redis
        self._consumer = consumer

    async def run(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Make a call that needs the group; if there is none, create it and call again.

        It is missing at first, and again after Redis was emptied.
        """
        with redis_errors():
            try:
                return await call()
            except ResponseError as exc:
                if not any(word in str(exc) for word in ("NOGROUP", "UNBLOCKED")):
                    raise
            for stream in PRIORITIES:
                try:
                    await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
                except ResponseError as exc:
                    if not str(exc).startswith("BUSYGROUP"):
                        raise
            return await call()

    async def read_new(
        self, streams: Sequence[str], count: int, *, block_ms: int | None = None
    ) -> list[tuple[str, list[Entry]]]:
        """Claim new entries, up to ``count`` of each stream; return them by stream."""
        positions: dict[Any, Any] = dict.fromkeys(streams, ">")
        answer = await self.run(
            lambda: self._redis.xreadgroup(GROUP, self._consumer, positions, count=count, block=block_ms)
        )
        return [(key_name(name), entries) for name, entries in cast("list[tuple[bytes, list[Entry]]]", answer or [])]

    async def claim_idle(self, stream: str, count: int, *, idle_ms: int) -> tuple[list[Entry], dict[bytes, int]]:
        """Claim up to ``count`` entries that are pending for this long; return them, and the attempts of each."""
        rows = await self.run(
            lambda: self._redis.xpending_range(stream, GROUP, min="-", max="+", count=count, idle=idle_ms)
        )
        # XCLAIM and not XAUTOCLAIM: only XPENDING says how often a job was claimed.
        attempts: dict[Any, int] = {
            row["message_id"]: row["times_delivered"] + 1 for row in cast("list[dict[str, Any]]", rows)
        }
        if not attempts:
            return [], {}
        entries = await self.run(lambda: self._redis.xclaim(stream, GROUP, self._consumer, idle_ms, list(attempts)))
        return cast("list[Entry]", entries), attempts

    async def release(self, stream: str, entry: str, *, idle_ms: int) -> None:
        """Make an entry appear abandoned and never attempted, so that the next sweep claims it."""
        with redis_errors():
            await self._redis.xclaim(stream, GROUP, self._consumer, 0, [entry], idle=idle_ms, retrycount=0, justid=True)

    async def depth(self, stream: str) -> Depth:
        """Return how many entries of a stream wait, and how many are claimed."""
        with redis_errors():
            try:
                group = await self._info(stream)
            except _NoGroup:
                return Depth(0, 0)
            lag, pending = group["lag"], int(group["pending"])
            waiting = int(await self._redis.xlen(stream)) - pending if lag is None else int(lag)
            return Depth(max(0, waiting), pending)

    async def trim(self, stream: str) -> None:
        """Delete settled entries from the head of a stream, and consumers that were idle for an hour.

        Only the head is trimmed: deletions in the middle make the group's lag, by which renderers scale, unknown.
        """
        with redis_errors(), suppress(_NoGroup):
            group = await self._info(stream)
            least = group["last-delivered-id"]
            if group["pending"]:
                least = (await self._redis.xpending(stream, GROUP))["min"] or least
            await self._redis.xtrim(stream, minid=least, approximate=False)
            for consumer in await self._redis.xinfo_consumers(stream, GROUP):
                if consumer["pending"] == 0 and consumer["idle"] > _CONSUMER_EXPIRES_S * 1000:
                    await self._redis.xgroup_delconsumer(stream, GROUP, consumer["name"])

    async def _info(self, stream: str) -> dict[str, Any]:
        """Return Redis's information about the group. Raises ``_NoGroup``."""
        try:
            groups = await self._redis.xinfo_groups(stream)
        except ResponseError as exc:
            if "no such key" not in str(exc):  # rights may be missing, and that is no empty queue
                raise
            raise _NoGroup(stream) from exc
        for group in groups:
            if group["name"] == GROUP.encode():
                return group
        raise _NoGroup(stream)


class _NoGroup(Exception):
    """The stream, or the group on it, does not exist yet."""
