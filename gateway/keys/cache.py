"""Whose key it is: from memory when it was seen lately, else from Postgres, and from memory again when that is down."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Final, Protocol, Self

import msgspec

from gateway.keys.token import KeyToken
from gateway.metrics import GatewayMetrics, Reading
from shared.concurrency.batch_buffer import BatchBuffer
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import Busy, InvalidApiKey, StoreDown
from shared.domain.pictures import Kind

TRUSTED_S: Final = 300.0
"""What was read is believed this long; ``news.py`` tells of changes within seconds, but not of those made in SQL."""

AHEAD_S: Final = 240.0
"""A key in use is read again from this age on, in the background, so that its holder never waits."""

OUTAGE_S: Final = 3600.0
"""While Postgres is down, a key that was good goes on for this long."""

RETRY_S: Final = 5.0
"""Pause between two looks at one key while Postgres is down."""

MOST_KNOWN: Final = 200_000
MOST_REFUSED: Final = 50_000
"""Refused keys have a memory of their own, so that guessing pushes no good key out."""

MOST_READINGS: Final = 256
"""Unknown keys that are being read at one time; whoever brings one more is told to come back."""

AHEAD_PAUSE_S: Final = 0.1
LARGEST_BATCH: Final = 1000
MOST_AHEAD: Final = 20_000
"""Keys in use that wait to be read again, in batches; one more is noted at its next use."""

READ_DEADLINE_S: Final = 2.0


class ApiKey(msgspec.Struct, frozen=True, gc=False):
    """Who asks; ``monthly_limit`` is in pictures, 0 is no limit."""

    id: int
    monthly_limit: int = 0
    is_free: bool = False
    is_direct: bool = False
    """Whether its pictures are streamed to it, because its client follows no redirects."""
    choices: str = ""
    """What it chose for all kinds, as :mod:`gateway.settings.layers` reads it."""
    profiles: str = ""
    """JSON: for each profile's name, its kind and what it chose."""

    def profile(self, name: str) -> tuple[Kind, str] | None:
        """Return the kind and the choices of a profile, or ``None`` when there is none of this name."""
        return _profiles(self.profiles).get(name) if self.profiles else None

    def all_profiles(self) -> list[tuple[Kind, str]]:
        """Return the kind and the choices of every profile."""
        return list(_profiles(self.profiles).values()) if self.profiles else []


@lru_cache(20_000)
def _profiles(text: str) -> dict[str, tuple[Kind, str]]:
    return msgspec.json.decode(text, type=dict[str, tuple[Kind, str]])


class KeyRows(Protocol):
    """Where keys are stored."""

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Return who holds each, in order; ``None`` when nobody does or the key is disabled. Raises ``StoreDown``."""


class _Entry(msgspec.Struct, gc=False):
    """What is known of a key, and since when."""

    holder: ApiKey | None
    read_at: float
    next_look: float
    trusted_until: float

    @classmethod
    def read(cls, holder: ApiKey | None, now: float) -> Self:
        """Return what was just read."""
        return cls(holder, now, now + AHEAD_S, now + TRUSTED_S)

    def renew(self, now: float) -> None:
        """Begin a new term: it was read again and is as it was."""
        self.read_at, self.next_look, self.trusted_until = now, now + AHEAD_S, now + TRUSTED_S

    def outlast(self, now: float) -> bool:
        """Go on for a while without Postgres; tells whether that is still allowed."""
        ends_at = self.read_at + OUTAGE_S
        if self.holder is None or now >= ends_at:
            return False
        self.next_look = now + RETRY_S
        self.trusted_until = min(now + TRUSTED_S, ends_at)
        return True


class ApiKeyCache:
    """Answers whose key it is; one look at Postgres per key however many ask.

    ``free_key`` says whether that one is let in.
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
            failed=lambda *_: self._ahead.clear(),  # without Postgres they all stay as they are
        )
        self._down_until = float("-inf")  # one failed look speaks for all keys
        self._changes = 0
        metrics.watch_limit("keys_known", lambda: len(self._known), MOST_KNOWN)
        metrics.watch_limit("keys_refused", lambda: len(self._refused), MOST_REFUSED)
        metrics.watch_limit("key_readings", lambda: len(self._readings), MOST_READINGS)
        metrics.watch_limit("keys_ahead", lambda: len(self._ahead), MOST_AHEAD)

    def remembered(self, text: str) -> ApiKey | None:
        """Return the holder if memory knows it, without any I/O; ``None`` means that :meth:`find` must be awaited.

        Raises ``InvalidApiKey`` for what cannot be a key and for what is known to be none.
        """
        token = KeyToken.parse(text, free_key=self.free_key)
        now = self._clock()
        entry = self._known.get(token.digest) or self._refused.get(token.digest)
        if entry is None:
            return None
        if now >= entry.trusted_until and not (now < self._down_until and entry.outlast(now)):
            return None
        if entry.holder is None:
            raise InvalidApiKey("unknown key, as remembered")
        if now >= entry.next_look and now >= self._down_until and len(self._ahead) < MOST_AHEAD:
            entry.next_look = now + RETRY_S
            self._ahead.add(token.digest, token)
        return entry.holder

    async def find(self, text: str) -> ApiKey:
        """Return the holder. Raises ``InvalidApiKey``, ``StoreDown``, or ``Busy`` when too many keys are being read."""
        holder = self.remembered(text)
        if holder is not None:
            return holder
        token = KeyToken.parse(text, free_key=self.free_key)
        self._begin(token)
        entry = await asyncio.shield(self._readings[token.digest])  # one caller who leaves does not end it for others
        if entry.holder is None:
            raise InvalidApiKey("unknown key")
        return entry.holder

    def forget(self, key_ids: Collection[int | None]) -> None:
        """Believe what is remembered of these keys no longer, with ``None`` of any; and that a refused one still is."""
        self._changes += 1
        self._refused.clear()
        for entry in self._known.values():
            if entry.holder is not None and (entry.holder.id in key_ids or None in key_ids):
                entry.trusted_until = float("-inf")

    async def read_ahead(self) -> None:
        """Read keys in use again, many at a time, before their term ends; until cancelled."""
        await self._ahead.run()

    async def refresh(self) -> None:
        """Read all keys again that are due; without Postgres they go on as they are."""
        await self._ahead.flush()

    async def _refresh(self, batch: dict[bytes, KeyToken]) -> None:
        changes, tokens = self._changes, list(batch.values())
        for token, holder in zip(tokens, await self._look(tokens), strict=True):
            self._remember(token, holder, changes)

    async def close(self) -> None:
        """End the looks that are in flight."""
        if self._reader is not None:
            await cancel_and_wait(self._reader)
        self._give_up()  # a reader that was ended before it began has told nobody

    def _give_up(self) -> None:
        self._waiting = {}
        for reading in self._readings.values():
            reading.set_exception(StoreDown("keys are not being read"))
            reading.exception()  # looked at, for the loop would complain when all callers have left
        self._readings.clear()

    def _begin(self, token: KeyToken) -> None:
        """Have Postgres asked, unless this key is being read. Raises ``Busy``."""
        if token.digest in self._readings:
            return
        if len(self._readings) >= MOST_READINGS:
            raise Busy("too many keys are being read")
        self._readings[token.digest] = asyncio.get_running_loop().create_future()
        self._waiting[token.digest] = token
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_waiting())

    async def _read_waiting(self) -> None:
        """Ask for all keys that callers wait for, again and again until there are none: who comes meanwhile is next."""
        try:
            while self._waiting:
                tokens, self._waiting = list(self._waiting.values()), {}
                await self._read(tokens)
        finally:  # normally there is nobody left; whoever is must not wait for ever
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
        """Let a key go on that was good before; its callers get the error when it was not."""
        entry = self._known.get(token.digest)
        if entry is not None and entry.outlast(self._clock()):
            self._answer(token, entry)
            return
        reading = self._readings.pop(token.digest)
        reading.set_exception(error)
        reading.exception()  # looked at, for the loop would complain when all callers have left

    def _answer(self, token: KeyToken, entry: _Entry) -> None:
        self._readings.pop(token.digest).set_result(entry)

    async def _look(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Ask Postgres, within the deadline. Raises ``StoreDown``."""
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
        """Keep what was read; ``changes`` were known when the look began."""
        entry = self._known.get(token.digest)
        if entry is not None and entry.holder == holder:
            entry.renew(self._clock())
            self._known.move_to_end(token.digest)
        else:
            entry = self._replace(token, holder)
        if changes != self._changes:  # it may have been changed after it was read
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
