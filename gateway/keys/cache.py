"""Looks up API keys: in memory if used recently, else in Postgres; during an outage from memory for longer."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol, Self

import msgspec
import structlog

from gateway.keys.api_key import ApiKey
from gateway.keys.token import KeyToken
from gateway.metrics import GatewayMetrics, Reading
from shared.concurrency.batch_buffer import BatchBuffer
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import Busy, InvalidApiKey, StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LIFETIME_S: Final = 300.0
"""Lifetime of a cached key. The change feed reports changes within seconds, but not those made directly in SQL."""

AHEAD_S: Final = 240.0
"""A key in use is refreshed in the background from this age on, so that no request waits."""

OUTAGE_S: Final = 3600.0
"""While Postgres is down, a valid key keeps working for this long."""

RETRY_S: Final = 5.0
"""Pause between two reads of the same key while Postgres is down."""

MOST_KNOWN: Final = 200_000
MOST_KNOWN_BYTES: Final = 96 << 20
"""What known keys may take together: the overrides and profiles of one may be longer than a thousand others."""

MOST_UNKNOWN: Final = 50_000
"""Unknown keys have a cache of their own, so that guessing evicts no valid key."""

MOST_READS: Final = 256
"""Keys being read at once; another one gets ``Busy``."""

AHEAD_PAUSE_S: Final = 0.1
LARGEST_BATCH: Final = 1000
MOST_AHEAD: Final = 20_000
"""Keys in use that wait for a refresh; another one is queued at its next use."""

_ENTRY_BYTES: Final = 480
READ_DEADLINE_S: Final = 2.0


class KeyRows(Protocol):
    """Where keys are stored; see :class:`gateway.db.api_keys.ApiKeys`."""

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Return the key of each token in order, ``None`` if unknown or disabled. Raises ``StoreDown``."""


class _Times(msgspec.Struct, frozen=True, gc=False):
    """When a lookup was read, is refreshed and expires; keys that were read together share the 112 bytes."""

    read_at: float
    refresh_at: float
    expires_at: float

    @classmethod
    def read(cls, now: float) -> Self:
        """Return the times of a lookup that was just made."""
        return cls(now, now + AHEAD_S, now + LIFETIME_S)


class _Entry(msgspec.Struct, gc=False):
    """A cached lookup; ``api_key`` is ``None`` for an unknown key."""

    api_key: ApiKey | None
    times: _Times

    def expire(self) -> None:
        """End the lifetime at once."""
        self.times = _Times(self.times.read_at, self.times.refresh_at, float("-inf"))

    def retry(self, now: float) -> None:
        """Put off the next refresh: one has begun."""
        self.times = _Times(self.times.read_at, now + RETRY_S, self.times.expires_at)

    def extend(self, now: float) -> bool:
        """Extend the lifetime while Postgres is down; returns whether that is still allowed."""
        ends_at = self.times.read_at + OUTAGE_S
        if self.api_key is None or now >= ends_at:
            return False
        self.times = _Times(self.times.read_at, now + RETRY_S, min(now + LIFETIME_S, ends_at))
        return True


class ApiKeyCache:
    """Looks up keys, with one query per key however many requests wait for it.

    ``free_key`` says whether the free key is enabled.
    """

    def __init__(
        self, rows: KeyRows, metrics: GatewayMetrics, *, free_key: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rows, self._metrics, self._clock = rows, metrics, clock
        self.free_key = free_key
        self._known: OrderedDict[bytes, _Entry] = OrderedDict()
        self._unknown: OrderedDict[bytes, _Entry] = OrderedDict()
        self._known_bytes = 0
        self._reads: dict[bytes, asyncio.Future[_Entry]] = {}
        self._waiting: dict[bytes, KeyToken] = {}
        self._reader: asyncio.Task[None] | None = None
        self._ahead: BatchBuffer[bytes, KeyToken] = BatchBuffer(
            self._refresh,
            every_s=AHEAD_PAUSE_S,
            batch=LARGEST_BATCH,
            max_waiting=MOST_AHEAD,
            keep_failed=False,
            failed=lambda *_: self._ahead.clear(),  # while Postgres is down, all of them stay as they are
        )
        self._down_until = float("-inf")  # one failed read counts for all keys
        self._changes = 0
        metrics.watch_limit("keys_known", lambda: len(self._known), MOST_KNOWN)
        metrics.watch_limit("keys_refused", lambda: len(self._unknown), MOST_UNKNOWN)
        metrics.watch_limit("key_readings", lambda: len(self._reads), MOST_READS)
        metrics.watch_limit("keys_ahead", lambda: len(self._ahead), MOST_AHEAD)

    def cached(self, text: str) -> ApiKey | None:
        """Return the key if it is cached, without I/O; ``None`` means that :meth:`find` must be awaited.

        Raises ``InvalidApiKey`` for text that cannot be a key or is known to be none.
        """
        token = KeyToken.parse(text, free_key=self.free_key)
        now = self._clock()
        entry = self._known.get(token.digest) or self._unknown.get(token.digest)
        if entry is None:
            return None
        if now >= entry.times.expires_at and not (now < self._down_until and entry.extend(now)):
            return None
        if entry.api_key is None:
            raise InvalidApiKey("unknown key (cached)")
        if now >= entry.times.refresh_at and now >= self._down_until and len(self._ahead) < MOST_AHEAD:
            entry.retry(now)
            self._ahead.add(token.digest, token)
        return entry.api_key

    async def find(self, text: str) -> ApiKey:
        """Return the key. Raises ``InvalidApiKey``, ``StoreDown``, or ``Busy`` if too many keys are being read."""
        api_key = self.cached(text)
        if api_key is not None:
            return api_key
        token = KeyToken.parse(text, free_key=self.free_key)
        self._start_read(token)
        entry = await asyncio.shield(self._reads[token.digest])  # a cancelled caller does not cancel it for others
        if entry.api_key is None:
            raise InvalidApiKey("unknown key")
        return entry.api_key

    def invalidate(self, key_ids: Collection[int | None]) -> None:
        """Invalidate these keys, with ``None`` all keys, and everything known about unknown keys."""
        self._changes += 1
        self._unknown.clear()
        for entry in self._known.values():
            if entry.api_key is not None and (entry.api_key.id in key_ids or None in key_ids):
                entry.expire()

    async def read_ahead(self) -> None:
        """Refresh keys in use in batches before their lifetime ends, until cancelled."""
        await self._ahead.run()

    async def refresh(self) -> None:
        """Refresh all keys that are due; while Postgres is down they stay as they are."""
        await self._ahead.flush()

    async def _refresh(self, batch: dict[bytes, KeyToken]) -> None:
        changes, tokens = self._changes, list(batch.values())
        api_keys = await self._query(tokens)
        times = _Times.read(self._clock())
        for token, api_key in zip(tokens, api_keys, strict=True):
            self._store(token, _Entry(api_key, times), changes)

    async def close(self) -> None:
        """Cancel the reads in flight."""
        if self._reader is not None:
            await cancel_and_wait(self._reader)
        self._fail_reads()  # a reader that was cancelled before it started has notified no caller

    def _fail_reads(self) -> None:
        self._waiting = {}
        for read in self._reads.values():
            read.set_exception(StoreDown("keys are not being read"))
            read.exception()  # retrieved, because the loop would warn about it if all callers were cancelled
        self._reads.clear()

    def _start_read(self, token: KeyToken) -> None:
        """Start reading a key unless that is in progress. Raises ``Busy``."""
        if token.digest in self._reads:
            return
        if len(self._reads) >= MOST_READS:
            raise Busy("too many keys are being read")
        self._reads[token.digest] = asyncio.get_running_loop().create_future()
        self._waiting[token.digest] = token
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_waiting())

    async def _read_waiting(self) -> None:
        """Read the keys that callers wait for, in batches, until there are none left."""
        try:
            while self._waiting:
                tokens, self._waiting = list(self._waiting.values()), {}
                await self._read(tokens)
        except Exception:
            log.exception("key_read_crashed")
        finally:  # normally no caller is waiting; if one is, it must not wait forever
            self._reader = None
            self._fail_reads()

    async def _read(self, tokens: Sequence[KeyToken]) -> None:
        changes = self._changes
        try:
            api_keys = await self._query(tokens)
        except StoreDown as error:
            for token in tokens:
                self._serve_outage(token, error)
            return
        times = _Times.read(self._clock())
        for token, api_key in zip(tokens, api_keys, strict=True):
            self._resolve(token, self._store(token, _Entry(api_key, times), changes))

    def _serve_outage(self, token: KeyToken, error: StoreDown) -> None:
        """Resolve a read with the cached key while Postgres is down, or with the error if there is none."""
        entry = self._known.get(token.digest)
        if entry is not None and entry.extend(self._clock()):
            self._resolve(token, entry)
            return
        read = self._reads.pop(token.digest)
        read.set_exception(error)
        read.exception()  # retrieved, because the loop would warn about it if all callers were cancelled

    def _resolve(self, token: KeyToken, entry: _Entry) -> None:
        self._reads.pop(token.digest).set_result(entry)

    async def _query(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Query Postgres within the deadline. Raises ``StoreDown``."""
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                api_keys = await self._rows.find(tokens)
        except (StoreDown, TimeoutError) as error:
            self._metrics.keys_read(Reading.FAILED, len(tokens))
            self._down_until = self._clock() + RETRY_S
            raise StoreDown(f"keys cannot be looked up: {error}") from error
        found = sum(api_key is not None for api_key in api_keys)
        self._metrics.keys_read(Reading.FOUND, found)
        self._metrics.keys_read(Reading.UNKNOWN, len(api_keys) - found)
        return api_keys

    def _store(self, token: KeyToken, read: _Entry, changes: int) -> _Entry:
        """Cache a lookup; ``changes`` is the change count from before the query."""
        entry = self._known.get(token.digest)
        if entry is not None and entry.api_key == read.api_key:
            entry.times = read.times
            self._known.move_to_end(token.digest)
        else:
            entry = read
            self._replace(token, entry)
        if changes != self._changes:  # it may have changed after it was read
            entry.expire()
        return entry

    def _replace(self, token: KeyToken, entry: _Entry) -> None:
        memory, most, other = (
            (self._unknown, MOST_UNKNOWN, self._known)
            if entry.api_key is None
            else (self._known, MOST_KNOWN, self._unknown)
        )
        for former in (other.pop(token.digest, None), memory.pop(token.digest, None)):
            self._known_bytes -= 0 if former is None else _size(former)
        memory[token.digest] = entry
        while len(memory) > most:
            self._forget_oldest(memory)
        if entry.api_key is not None:
            self._known_bytes += _size(entry)
            while self._known_bytes > MOST_KNOWN_BYTES and len(memory) > 1:
                self._forget_oldest(memory)

    def _forget_oldest(self, memory: "OrderedDict[bytes, _Entry]") -> None:
        _, entry = memory.popitem(last=False)
        self._known_bytes -= _size(entry)


def _size(entry: _Entry) -> int:
    """Return the bytes of a known key's entry; those of unknown keys are limited by their number."""
    key = entry.api_key
    return 0 if key is None else _ENTRY_BYTES + len(key.overrides) + len(key.profiles)
