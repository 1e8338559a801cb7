"""What keeps us from pressing a source that is in trouble: a breaker per source.

A closed breaker lets every call through. Too many accidents in a short time open it, and calls are refused here without
asking; after a pause one call may probe, and its end decides. Facts ("no such title") are good answers. A spent quota
opens the breaker at once for as long as the source told us to wait.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from shared.errors import MarqueeError, SourceDown, SourceError, SourceRefused, SourceTimeout, SourceTooLarge

ACCIDENTS: Final = 5
WITHIN_S: Final = 30.0
PAUSE_S: Final = 30.0
SLOW_S: Final = 8.0  # whoever gives up after so long gave up because of the source
LONGEST_PAUSE_S: Final = 900.0  # a daily quota may be raised by its owner: look again now and then


class HeldOff(SourceDown):
    """The source was not asked, because it failed too often a moment ago."""


class QuotaHeldOff(SourceRefused):
    """The source was not asked, because it refused us a moment ago."""


class Breaker(Protocol):
    """Decides whether a source may be asked now."""

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Enclose one call, retries included; raises ``HeldOff`` or ``QuotaHeldOff`` instead of letting it happen."""
        ...


class MemoryBreaker:
    """A breaker that this process has for itself."""

    def __init__(
        self,
        source: str,
        *,
        accidents: int = ACCIDENTS,
        within_s: float = WITHIN_S,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._most = accidents
        self._within_s = within_s
        self._pause_s = pause_s
        self._clock = clock
        self._accidents: deque[float] = deque(maxlen=accidents)
        self._open_until: float | None = None
        self._refused = False
        self._probing = False

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Enclose one call; see the protocol."""
        is_probe, began = self._admit(), self._clock()
        try:
            yield
        except asyncio.CancelledError:
            if self._clock() - began >= SLOW_S:
                self._note(SourceTimeout(self._source, "given up"), is_probe=is_probe)
            raise
        except SourceError as error:
            self._note(error, is_probe=is_probe)
            raise
        except MarqueeError:  # a fact: the source answered
            self._recover(is_probe=is_probe)
            raise
        else:
            self._recover(is_probe=is_probe)
        finally:
            if is_probe:
                self._probing = False

    def _admit(self) -> bool:
        """Return whether this call is the probe; raise when there is none to be made."""
        if self._open_until is None:
            return False
        left_s = self._open_until - self._clock()
        if left_s > 0 or self._probing:
            held_off = QuotaHeldOff if self._refused else HeldOff
            raise held_off(self._source, "held off after accidents", retry_after_s=max(left_s, 1.0))
        self._probing = True
        return True

    def _recover(self, *, is_probe: bool) -> None:
        if is_probe:
            self._open_until = None
            self._accidents.clear()

    def _note(self, error: SourceError, *, is_probe: bool) -> None:
        if isinstance(error, SourceTooLarge):  # says something about one answer, nothing about the source
            self._recover(is_probe=is_probe)
            return
        now = self._clock()
        self._accidents.append(now)
        told_to_wait = isinstance(error, SourceRefused) and error.retry_after_s is not None
        is_full = len(self._accidents) == self._most and now - self._accidents[0] <= self._within_s
        if told_to_wait or is_probe or is_full:
            pause_s = min(error.retry_after_s or self._pause_s, LONGEST_PAUSE_S) if told_to_wait else self._pause_s
            self._refused = isinstance(error, SourceRefused)
            self._open_until = max(self._open_until or 0.0, now + pause_s)
