"""Which copies are out of date by word alone: those whose key begins so, and that came before somebody said so."""

import threading
from typing import Final

MOST_WORDS: Final = 1000
"""Beginnings of keys kept apart; beyond them, whatever came before the latest word is out of date."""


class Tombstones:
    """Words to forget, each for as long as a copy from before it could still be believed. Any thread may ask."""

    def __init__(self, max_age_s: float) -> None:
        self._max_age_s = max_age_s
        self._words: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, prefix: str, now: float) -> None:
        """Note that copies of keys which begin with ``prefix`` are out of date when they came at ``now`` or before."""
        with self._lock:
            words = {word: said_at for word, said_at in self._words.items() if now - said_at < self._max_age_s}
            words[prefix] = now
            self._words = words if len(words) <= MOST_WORDS else {"": now}

    def covers(self, key: str, came_at: float) -> bool:
        """Tell whether the copy of this key that came then is out of date."""
        with self._lock:
            words = self._words  # replaced as a whole, never changed
        return any(came_at <= said_at and key.startswith(word) for word, said_at in words.items())
