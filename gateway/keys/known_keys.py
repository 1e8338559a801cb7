"""Keys that were looked up lately, found or not, in packed records: a hundred thousand in six megabytes."""

from collections.abc import Collection
from hashlib import sha256
from typing import Any, Final, TypeAlias

from gateway.keys.api_key import ApiKey
from gateway.keys.token import KeyToken
from shared.concurrency.packed_table import PackedTable

DIGEST_BYTES: Final = 16
"""What is kept of a token's digest."""

LIFETIME_S: Final = 300.0
"""Lifetime of a cached key. The change feed reports changes within seconds, but not those made directly in SQL."""

AHEAD_S: Final = 240.0
"""A key in use is refreshed in the background from this age on, so that no request waits."""

OUTAGE_S: Final = 3600.0
"""While Postgres is down, a valid key keeps working for this long."""

RETRY_S: Final = 5.0
"""Pause between two reads of the same key while Postgres is down."""

MOST_KNOWN: Final = 200_000
MOST_TEXT_BYTES: Final = 80 << 20
"""What overrides and profiles may take: those of one key may be longer than a thousand others."""

MOST_UNKNOWN: Final = 50_000
"""Unknown keys have a table of their own, so that guessing evicts no valid key."""

KNOWN_BYTES: Final = MOST_KNOWN * 60
"""All known keys but their texts: 41 bytes each, and what their table takes."""

_TEXT_BYTES: Final = 400  # what two texts, the pair of them and its entry take besides their characters
_DIGITS: Final = 64  # of a key
_FREE, _DIRECT, _TEXTS = 1, 2, 4
_EXPIRED: Final = float("-inf")


Record: TypeAlias = tuple[int, int, int, float, float, float]
"""A key's id, monthly limit and flags, and when it was read, should be refreshed and expires, in seconds."""

REFRESH_AT, EXPIRES_AT = 4, 5  # of a record


class KnownKeys:
    """Known keys by their tokens, on a clock that starts near zero.

    Of a token's digest the first 16 bytes are kept: nobody can find a text with the same ones. Times are precise to a
    quarter of a second after a month.
    """

    def __init__(self, most: int = MOST_KNOWN, most_text_bytes: int = MOST_TEXT_BYTES) -> None:
        self._table = PackedTable(most, "qiBfff")
        self._texts: dict[bytes, tuple[str, str]] = {}
        """The overrides and profiles of keys that have any, oldest first."""
        self._text_bytes, self._most_text_bytes = 0, most_text_bytes

    def __len__(self) -> int:
        """Return how many keys are known."""
        return len(self._table)

    def find(self, token: KeyToken) -> Record | None:
        """Return the record of a key, or ``None``."""
        return self._table.get(token.digest[:DIGEST_BYTES])

    def key(self, token: KeyToken, record: Record) -> ApiKey:
        """Return the key of a record."""
        return self._key(token.digest[:DIGEST_BYTES], record)

    def current(self, text: str, now: float) -> ApiKey | None:
        """Return the key that is spelled like this, unless it is unknown or due to be read again.

        Quicker than the way by a token, and for whole keys without a tier only. Their form need not be checked: what
        is no key has no record.
        """
        if len(text) != _DIGITS or not text.isascii():
            return None
        name = sha256(text.encode()).digest()[:DIGEST_BYTES]
        record = self._table.get(name)
        if record is None or now >= record[REFRESH_AT] or now >= record[EXPIRES_AT]:
            return None
        return self._key(name, record) if record[2] else ApiKey(record[0], record[1])

    def put_off(self, token: KeyToken, record: Record, now: float) -> None:
        """Put off the next refresh: one has begun."""
        *kept, _, expires_at = record
        self._table.put(token.digest[:DIGEST_BYTES], *kept, now + RETRY_S, expires_at)

    def extend(self, token: KeyToken, record: Record, now: float) -> bool:
        """Extend a key's lifetime while Postgres is down; returns whether that is still allowed."""
        *kept, read_at, _, _ = record
        ends_at = read_at + OUTAGE_S
        if now >= ends_at:
            return False
        expires_at = min(now + LIFETIME_S, ends_at)
        self._table.put(token.digest[:DIGEST_BYTES], *kept, read_at, now + RETRY_S, expires_at)
        return True

    def store(self, token: KeyToken, key: ApiKey, now: float, *, is_current: bool = True) -> None:
        """Store a key that was just read; it has no lifetime unless it is current."""
        name = token.digest[:DIGEST_BYTES]
        has_texts = bool(key.overrides or key.profiles)
        flags = _FREE * key.is_free | _DIRECT * key.is_direct | _TEXTS * has_texts
        expires_at = now + LIFETIME_S if is_current else _EXPIRED
        self._drop_texts(name)
        former = self._table.put(name, key.id, key.monthly_limit, flags, now, now + AHEAD_S, expires_at)
        if former is not None:
            self._drop_texts(former)
        if has_texts:
            self._texts[name] = key.overrides, key.profiles
            self._text_bytes += _size(key.overrides, key.profiles)
        while self._text_bytes > self._most_text_bytes and len(self._texts) > 1:
            self._forget(next(iter(self._texts)))

    def discard(self, token: KeyToken) -> None:
        """Forget a key if it is known."""
        self._forget(token.digest[:DIGEST_BYTES])

    def expire(self, key_ids: Collection[int | None]) -> None:
        """End the lifetime of the keys with these ids, with ``None`` of all keys."""
        is_every = None in key_ids
        for record in [record for record in self._table if is_every or record[1] in key_ids]:
            self._table.put(*record[:-1], _EXPIRED)

    def _key(self, name: bytes, record: Record | tuple[Any, ...]) -> ApiKey:
        flags = record[2]
        overrides, profiles = self._texts[name] if flags & _TEXTS else ("", "")
        return ApiKey(record[0], record[1], flags & _FREE != 0, flags & _DIRECT != 0, overrides, profiles)

    def _forget(self, name: bytes) -> None:
        self._drop_texts(name)
        self._table.discard(name)

    def _drop_texts(self, name: bytes) -> None:
        texts = self._texts.pop(name, None)
        if texts is not None:
            self._text_bytes -= _size(*texts)


class UnknownKeys:
    """Texts that are no keys, each until its lifetime ends, on the clock of :class:`KnownKeys`."""

    def __init__(self) -> None:
        self._table = PackedTable(MOST_UNKNOWN, "f")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._table)

    def has(self, token: KeyToken, now: float) -> bool:
        """Return whether a text is known to be no key."""
        found = self._table.get(token.digest[:DIGEST_BYTES])
        return found is not None and bool(now < found[0])

    def add(self, token: KeyToken, now: float) -> None:
        """Add a text that was just looked up in vain."""
        self._table.put(token.digest[:DIGEST_BYTES], now + LIFETIME_S)

    def discard(self, token: KeyToken) -> None:
        """Remove a text: it is a key now."""
        self._table.discard(token.digest[:DIGEST_BYTES])

    def clear(self) -> None:
        """Remove all texts."""
        if self._table:
            self._table.clear()


def _size(overrides: str, profiles: str) -> int:
    return _TEXT_BYTES + len(overrides) + len(profiles)
