"""Looks up API keys: in memory if used recently, else in Postgres; from memory for longer while that is down."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol, Self

import msgspec

from gateway.keys.api_key import ApiKey
from gateway.keys.token import KeyToken
from gateway.metrics import GatewayMetrics, Reading
from shared.concurrency.batch_buffer import BatchBuffer
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import Busy, InvalidApiKey, StoreDown

TRUSTED_S: Final = 300.0
"""Lifetime of a cached key. The change feed reports changes within seconds, but not those made directly in SQL."""

AHEAD_S: Final = 240.0
"""A key in use is refreshed in the background from this age on, so that no request waits."""

OUTAGE_S: Final = 3600.0
"""While Postgres is down, a valid key keeps working for this long."""

RETRY_S: Final = 5.0
"""Pause between two reads of the same key while Postgres is down."""

MOST_KNOWN: Final = 200_000
MOST_REFUSED: Final = 50_000
"""Unknown keys have a cache of their own, so that guessing evicts no valid key."""

MOST_READINGS: Final = 256
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


class _Entry(msgspec.Struct, gc=False):
    """A cached result and its age."""

    holder: ApiKey | None
    read_at: float
    next_look: float
    trusted_until: float

    @classmethod
    def read(cls, holder: ApiKey | None, now: float) -> Self:
        """Return an entry for a result that was just read."""
        return cls(holder, now, now + AHEAD_S, now + TRUSTED_S)

    def renew(self, now: float) -> None:
        """Restart the lifetime: the key was read again, unchanged."""
        self.read_at, self.next_look, self.trusted_until = now, now + AHEAD_S, now + TRUSTED_S

    def outlast(self, now: float) -> bool:
        """Extend the lifetime while Postgres is down; returns whether that is still allowed."""
        ends_at = self.read_at + OUTAGE_S
        if self.holder is None or now >= ends_at:
            return False
        self.next_look = now + RETRY_S
        self.trusted_until = min(now + TRUSTED_S, ends_at)
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
        self._refused: OrderedDict[bytes, _Entry] = OrderedDict()
        self._readings: dict[bytes, asyncio.Future[_Entry]] = {}
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
        metrics.watch_limit("keys_refused", lambda: len(self._refused), MOST_REFUSED)
        metrics.watch_limit("key_readings", lambda: len(self._readings), MOST_READINGS)
        metrics.watch_limit("keys_ahead", lambda: len(self._ahead), MOST_AHEAD)

    def remembered(self, text: str) -> ApiKey | None:
        """Return the key if it is cached, without I/O; ``None`` means that :meth:`find` must be awaited.

        Raises ``InvalidApiKey`` for text that cannot be a key or is known to be none.
        """
        token = KeyToken.parse(text, free_key=self.free_key)
        now = self._clock()
        entry = self._known.get(token.digest) or self._refused.get(token.digest)
        if entry is None:
            return None
        if now >= entry.trusted_until and not (now < self._down_until and entry.outlast(now)):
            return None
        if entry.holder is None:
            raise InvalidApiKey("unknown key (cached)")
        if now >= entry.next_look and now >= self._down_until and len(self._ahead) < MOST_AHEAD:
            entry.next_look = now + RETRY_S
            self._ahead.add(token.digest, token)
        return entry.holder

    async def find(self, text: str) -> ApiKey:
        """Return the key. Raises ``InvalidApiKey``, ``StoreDown``, or ``Busy`` if too many keys are being read."""
        holder = self.remembered(text)
        if holder is not None:
            return holder
        token = KeyToken.parse(text, free_key=self.free_key)
        self._begin(token)
        entry = await asyncio.shield(self._readings[token.digest])  # a caller who leaves does not cancel it for others
        if entry.holder is None:
            raise InvalidApiKey("unknown key")
        return entry.holder

    def forget(self, key_ids: Collection[int | None]) -> None:
        """Invalidate these keys, with ``None`` all keys, and everything known about unknown keys."""
        self._changes += 1
        self._refused.clear()
        for entry in self._known.values():
            if entry.holder is not None and (entry.holder.id in key_ids or None in key_ids):
                entry.trusted_until = float("-inf")

    async def read_ahead(self) -> None:
        """Refresh keys in use in batches before their lifetime ends, until cancelled."""
        await self._ahead.run()

    async def refresh(self) -> None:
        """Refresh all keys that are due; while Postgres is down they stay as they are."""
        await self._ahead.flush()

    async def _refresh(self, batch: dict[bytes, KeyToken]) -> None:
        changes, tokens = self._changes, list(batch.values())
        for token, holder in zip(tokens, await self._look(tokens), strict=True):
            self._remember(token, holder, changes)

    async def close(self) -> None:
        """Cancel the reads in flight."""
        if self._reader is not None:
            await cancel_and_wait(self._reader)
        self._give_up()  # a reader that was cancelled before it started has notified no caller

    def _give_up(self) -> None:
        self._waiting = {}
        for reading in self._readings.values():
            reading.set_exception(StoreDown("keys are not being read"))
            reading.exception()  # retrieved, because the loop warns about it if all callers have left
        self._readings.clear()

    def _begin(self, token: KeyToken) -> None:
        """Start reading a key unless that is under way. Raises ``Busy``."""
        if token.digest in self._readings:
            return
        if len(self._readings) >= MOST_READINGS:
            raise Busy("too many keys are being read")
        self._readings[token.digest] = asyncio.get_running_loop().create_future()
        self._waiting[token.digest] = token
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_waiting())

    async def _read_waiting(self) -> None:
        """Read the keys that callers wait for, in batches, until there are none left."""
        try:
            while self._waiting:
                tokens, self._waiting = list(self._waiting.values()), {}
                await self._read(tokens)
        finally:  # normally no caller is left; if one is, it must not wait forever
            self._reader = None
            self._give_up()

    async def _read(self, tokens: Sequence[KeyToken]) -> None:
        changes = self._changes
        try:
            holders = await self._look(tokens)
        except StoreDown as error:
            for token in tokens:
                self._outlast(token, error)
            return
        for token, holder in zip(tokens, holders, strict=True):
            self._answer(token, self._remember(token, holder, changes))

    def _outlast(self, token: KeyToken, error: StoreDown) -> None:
        """Answer with the cached key while Postgres is down, or with the error if there is none."""
        entry = self._known.get(token.digest)
        if entry is not None and entry.outlast(self._clock()):
            self._answer(token, entry)
            return
        reading = self._readings.pop(token.digest)
        reading.set_exception(error)
        reading.exception()  # retrieved, because the loop warns about it if all callers have left

    def _answer(self, token: KeyToken, entry: _Entry) -> None:
        self._readings.pop(token.digest).set_result(entry)

    async def _look(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Query Postgres within the deadline. Raises ``StoreDown``."""
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                holders = await self._rows.find(tokens)
        except (StoreDown, TimeoutError) as error:
            self._metrics.keys_read(Reading.FAILED, len(tokens))
            self._down_until = self._clock() + RETRY_S
            raise StoreDown(f"keys cannot be looked up: {error}") from error
        found = sum(holder is not None for holder in holders)
        self._metrics.keys_read(Reading.FOUND, found)
        self._metrics.keys_read(Reading.UNKNOWN, len(holders) - found)
        return holders

    def _remember(self, token: KeyToken, holder: ApiKey | None, changes: int) -> _Entry:
        """Cache a result; ``changes`` is the change count from before the read."""
        entry = self._known.get(token.digest)
        if entry is not None and entry.holder == holder:
            entry.renew(self._clock())
            self._known.move_to_end(token.digest)
        else:
            entry = self._replace(token, holder)
        if changes != self._changes:  # it may have changed after it was read
            entry.trusted_until = float("-inf")
        return entry

    def _replace(self, token: KeyToken, holder: ApiKey | None) -> _Entry:
        entry = _Entry.read(holder, self._clock())
        memory, most, other = (
            (self._refused, MOST_REFUSED, self._known) if holder is None else (self._known, MOST_KNOWN, self._refused)
        )
        other.pop(token.digest, None)
        memory[token.digest] = entry
        memory.move_to_end(token.digest)
        if len(memory) > most:
            memory.popitem(last=False)
        return entry
