"""What keeps us from pressing a source that is in trouble: a breaker per source.

A closed breaker lets every call through. Too many accidents in a short time open it, and calls are refused here without
asking; after a pause one call may probe, and its end decides. Facts ("no such title") are good answers. A refusal that
says when to come back is no accident either: the key that was refused rests (``keys.py``), and the source is well.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

import msgspec

from shared.domain.errors import MarqueeError, SourceDown, SourceError, SourceRefused, SourceTooLarge

_LEAST_WAIT_S: Final = 1.0


class CircuitOpen(SourceDown):
    """The source was not asked, because it failed too often a moment ago."""


class KeysExhausted(SourceRefused):
    """The source was not asked, because every key rests or has spent its budget."""


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """So many accidents within so many seconds open a breaker for ``pause_s``.

    Whoever gives up after ``slow_s`` gave up because of the source. A probe that has not ended after ``probe_s`` never
    will: that is longer than a whole question may take. Where it is shared, a closed breaker is believed for
    ``believed_s``: so late a replica hears of the others' accidents.
    """

    accidents: int = 5
    within_s: float = 30.0
    pause_s: float = 30.0
    slow_s: float = 8.0
    probe_s: float = 25.0
    believed_s: float = 0.5


class Breaker(Protocol):
    """Decides whether a source may be asked now."""

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Enclose one call, retries included; raises ``CircuitOpen`` instead of letting it happen."""
        ...

    def is_open(self) -> bool:
        """Tell whether calls are refused now, as far as this process knows; asks nobody."""
        ...


class CircuitState(Protocol):
    """What a breaker remembers and decides; ``guarded`` says when each of these is due."""

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        ...

    async def fail(self, probe: str) -> None:
        """Note an accident."""
        ...

    async def close(self, probe: str) -> None:
        """End a probe that went well: calls are let through again."""
        ...

    async def leave(self, probe: str) -> None:
        """End a probe that found nothing out."""
        ...


@asynccontextmanager
async def guarded(gate: CircuitState, slow_s: float, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Enclose one call and tell the gate how it ended: nothing at all where it went well and was no probe."""
    probe, began = await gate.admit(), clock()
    settle: Callable[[str], Awaitable[None]] = gate.close
    try:
        yield
    except asyncio.CancelledError:
        settle = gate.fail if clock() - began >= slow_s else gate.leave
        raise
    except MarqueeError as error:
        settle = _settling(gate, error)
        raise
    except BaseException:  # a mistake of ours says nothing about the source
        settle = gate.leave
        raise
    finally:
        if probe or settle == gate.fail:
            await settle(probe)


def _settling(gate: CircuitState, error: MarqueeError) -> Callable[[str], Awaitable[None]]:
    """Return what an error says: an accident, an answer, or nothing, for nobody was asked."""
    if isinstance(error, CircuitOpen | KeysExhausted):
        return gate.leave
    if not isinstance(error, SourceError) or isinstance(error, SourceTooLarge):
        return gate.close  # a fact, or something about one answer: the source is well
    if isinstance(error, SourceRefused) and error.retry_after_s is not None:
        return gate.close
    return gate.fail


class MemoryBreaker:
    """A breaker that this process has for itself."""

    def __init__(
        self,
        source: str,
        *,
        rules: BreakerRules = BreakerRules(),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._rules = rules
        self._clock = clock
        self._accidents: deque[float] = deque(maxlen=rules.accidents)
        self._open_until: float | None = None
        self._probed_until = 0.0

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Enclose one call; see the protocol."""
        return guarded(self, self._rules.slow_s, self._clock)

    def is_open(self) -> bool:
        """Tell whether calls are refused now; see the protocol."""
        return self._open_until is not None and self._clock() < max(self._open_until, self._probed_until)

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        if self._open_until is None:
            return ""
        now = self._clock()
        if now < self._open_until or now < self._probed_until:
            raise held_off(self._source, self._open_until - now)
        self._probed_until = now + self._rules.probe_s
        return "probe"

    async def fail(self, probe: str) -> None:
        """Note an accident."""
        now = self._clock()
        self._accidents.append(now)
        is_full = len(self._accidents) == self._rules.accidents and now - self._accidents[0] <= self._rules.within_s
        if probe or is_full:
            self._open_until = max(self._open_until or 0.0, now + self._rules.pause_s)
        await self.leave(probe)

    async def close(self, probe: str) -> None:
        """End a probe that went well: calls are let through again."""
        self._open_until = None
        self._accidents.clear()
        await self.leave(probe)

    async def leave(self, probe: str) -> None:
        """End a probe that found nothing out."""
        if probe:
            self._probed_until = 0.0

    def follow(self, left_s: float | None) -> None:
        """Take over what all replicas know: open for so long, or closed."""
        self._open_until = None if left_s is None else self._clock() + left_s


def held_off(source: str, left_s: float) -> CircuitOpen:
    """Return the refusal of a breaker that stays open for so long, at least."""
    return CircuitOpen(source, "held off after accidents", retry_after_s=max(left_s, _LEAST_WAIT_S))
