"""Looks up API keys: in memory if used recently, else in Postgres; during an outage from memory for longer."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

import structlog

from gateway.keys.api_key import ApiKey
from gateway.keys.known_keys import (
    EXPIRES_AT,
    MOST_KNOWN,
    MOST_UNKNOWN,
    REFRESH_AT,
    RETRY_S,
    KnownKeys,
    UnknownKeys,
)
from gateway.keys.token import KeyToken
from gateway.metrics import GatewayMetrics, Reading
from shared.concurrency.batch_buffer import BatchBuffer
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import Busy, InvalidApiKey, StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_READS: Final = 256
"""Keys being read at once; another one gets ``Busy``."""

AHEAD_PAUSE_S: Final = 0.1
LARGEST_BATCH: Final = 1000
MOST_AHEAD: Final = 20_000
"""Keys in use that wait for a refresh; another one is queued at its next use."""

READ_DEADLINE_S: Final = 2.0


class KeyRows(Protocol):
    """Where keys are stored; see :class:`gateway.db.api_keys.ApiKeys`."""

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Return the key of each token in order, ``None`` if unknown or disabled. Raises ``StoreDown``."""


class ApiKeyCache:
    """Looks up keys, with one query per key however many requests wait for it.

    ``free_key`` says whether the free key is enabled.
    """

    def __init__(
        self, rows: KeyRows, metrics: GatewayMetrics, *, free_key: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rows, self._metrics, self._clock = rows, metrics, clock
        self.free_key = free_key
        self._started = clock()
        self._known, self._unknown = KnownKeys(), UnknownKeys()
        self._reads: dict[bytes, asyncio.Future[ApiKey | None]] = {}
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
        now, known = self._clock() - self._started, self._known
        current = known.current(text, now)
        if current is not None:
            return current
        token = KeyToken.parse(text, free_key=self.free_key)
        record = known.find(token)
        if record is None:
            if self._unknown.has(token, now):
                raise InvalidApiKey("unknown key (cached)")
            return None
        if now >= record[EXPIRES_AT] and not (now < self._down_until and known.extend(token, record, now)):
            return None
        if now >= record[REFRESH_AT] and now >= self._down_until and len(self._ahead) < MOST_AHEAD:
            known.put_off(token, record, now)
            self._ahead.add(token.digest, token)
        return known.key(token, record)

    async def find(self, text: str) -> ApiKey:
        """Return the key. Raises ``InvalidApiKey``, ``StoreDown``, or ``Busy`` if too many keys are being read."""
        api_key = self.cached(text)
        if api_key is not None:
            return api_key
        token = KeyToken.parse(text, free_key=self.free_key)
        self._start_read(token)
        api_key = await asyncio.shield(self._reads[token.digest])  # a cancelled caller does not cancel it for others
        if api_key is None:
            raise InvalidApiKey("unknown key")
        return api_key

    def invalidate(self, key_ids: Collection[int | None]) -> None:
        """Invalidate these keys, with ``None`` all keys, and everything known about unknown keys."""
        self._changes += 1
        self._unknown.clear()
        self._known.expire(key_ids)

    async def read_ahead(self) -> None:
        """Refresh keys in use in batches before their lifetime ends, until cancelled."""
        await self._ahead.run()

    async def refresh(self) -> None:
        """Refresh all keys that are due; while Postgres is down they stay as they are."""
        await self._ahead.flush()

    async def _refresh(self, batch: dict[bytes, KeyToken]) -> None:
        changes, tokens = self._changes, list(batch.values())
        api_keys = await self._query(tokens)
        for token, api_key in zip(tokens, api_keys, strict=True):
            self._store(token, api_key, changes)

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
        for token, api_key in zip(tokens, api_keys, strict=True):
            self._store(token, api_key, changes)
            self._reads.pop(token.digest).set_result(api_key)

    def _serve_outage(self, token: KeyToken, error: StoreDown) -> None:
        """Resolve a read with the cached key while Postgres is down, or with the error if there is none."""
        record = self._known.find(token)
        if record is not None and self._known.extend(token, record, self._now()):
            self._reads.pop(token.digest).set_result(self._known.key(token, record))
            return
        read = self._reads.pop(token.digest)
        read.set_exception(error)
        read.exception()  # retrieved, because the loop would warn about it if all callers were cancelled

    async def _query(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Query Postgres within the deadline. Raises ``StoreDown``."""
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                api_keys = await self._rows.find(tokens)
        except (StoreDown, TimeoutError) as error:
            self._metrics.keys_read(Reading.FAILED, len(tokens))
            self._down_until = self._now() + RETRY_S
            raise StoreDown(f"keys cannot be looked up: {error}") from error
        found = sum(api_key is not None for api_key in api_keys)
        self._metrics.keys_read(Reading.FOUND, found)
        self._metrics.keys_read(Reading.UNKNOWN, len(api_keys) - found)
        return api_keys

    def _store(self, token: KeyToken, api_key: ApiKey | None, changes: int) -> None:
        """Cache a lookup; ``changes`` is the change count from before the query."""
        is_current = changes == self._changes  # else it may have changed after it was read
        if api_key is None:
            self._known.discard(token)
            if is_current:
                self._unknown.add(token, self._now())
            return
        self._unknown.discard(token)
        self._known.store(token, api_key, self._now(), is_current=is_current)

    def _now(self) -> float:
        return self._clock() - self._started
