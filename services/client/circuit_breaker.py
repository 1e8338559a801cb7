"""A circuit breaker per source, which stops calls to a source that keeps failing.

A closed breaker lets every call through. Too many transient errors in a short time open it, and calls fail at once with
``CircuitOpen``; after a pause one call may probe, and its result decides. Permanent answers ("no such title") count as
successes. A refusal with a ``Retry-After`` is no failure either: the refused key cools down (``key_pool.py``), and the
source itself is well. An error that concerns one title or one key (``failure_scope.py``) says nothing about the source.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from shared.domain.errors import MarqueeError, SourceDown, SourceError, SourceRefused, SourceTooLarge

_MIN_WAIT_S: Final = 1.0


class CircuitOpen(SourceDown):
    """No request was sent, because the source failed too often a moment ago."""


class KeysExhausted(SourceRefused):
    """No request was sent, because every key is cooling down or has used up its budget."""


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """``failures`` transient errors within ``within_s`` open a breaker for ``open_s``.

    A caller that gives up after ``slow_s`` or later counts as a failure of the source. A probe is taken for lost after
    ``probe_s``, which is longer than a whole request may take. A replica caches the shared state "closed" for
    ``closed_ttl_s``, so it notices failures of other replicas with that delay.
    """

    failures: int = 5
    within_s: float = 30.0
    open_s: float = 30.0
    slow_s: float = 8.0
    probe_s: float = 25.0
    closed_ttl_s: float = 0.5


class Breaker(Protocol):
    """Decides whether a source may be called now."""

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Wrap one call, including its retries. Raises ``CircuitOpen`` without running the call."""
        ...

    def is_open(self) -> bool:
        """Return whether calls are blocked now, as far as this process knows; does no I/O."""
        ...


class CircuitState(Protocol):
    """The state of a breaker; ``guarded`` calls these methods at the right moments."""

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        ...

    async def fail(self, probe: str) -> None:
        """Record a failure."""
        ...

    async def close(self, probe: str) -> None:
        """End a successful probe: the breaker closes."""
        ...

    async def abandon(self, probe: str) -> None:
        """End a probe that gave no result."""
        ...


def guarded(state: CircuitState, slow_s: float, clock: Callable[[], float]) -> AbstractAsyncContextManager[None]:
    """Wrap one call and report its result to the breaker; an ordinary call that succeeds reports nothing."""
    return _Guard(state, slow_s, clock)


class _Guard(AbstractAsyncContextManager[None]):
    """One call. A generator-based context manager would take several times as long."""

    __slots__ = ("_began", "_clock", "_probe", "_slow_s", "_state")

    def __init__(self, state: CircuitState, slow_s: float, clock: Callable[[], float]) -> None:
        self._state, self._slow_s, self._clock = state, slow_s, clock

    async def __aenter__(self) -> None:
        self._probe, self._began = await self._state.admit(), self._clock()

    async def __aexit__(self, _: object, error: BaseException | None, trace: object) -> None:
        if error is None and not self._probe:
            return
        report = self._report(error)
        if self._probe or report == self._state.fail:
            await report(self._probe)

    def _report(self, error: BaseException | None) -> Callable[[str], Awaitable[None]]:
        """Return what the end of the call says: a failure, a success, or nothing."""
        if error is None:
            return self._state.close
        if isinstance(error, MarqueeError):
            return _report_of(self._state, error)
        if isinstance(error, asyncio.CancelledError) and self._clock() - self._began >= self._slow_s:
            return self._state.fail
        return self._state.abandon  # a bug in Marquee says nothing about the source


def _report_of(state: CircuitState, error: MarqueeError) -> Callable[[str], Awaitable[None]]:
    """Return whether an error is a failure, a success, or no result because no request was sent."""
    if isinstance(error, CircuitOpen | KeysExhausted):
        return state.abandon
    if not isinstance(error, SourceError) or isinstance(error, SourceTooLarge):
        return state.close  # a permanent answer, or a problem of this one response: the source is well
    if error.is_local:
        return state.abandon
    if isinstance(error, SourceRefused) and error.retry_after_s is not None:
        return state.close
    return state.fail


class MemoryBreaker:
    """A breaker of this process alone."""

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
        self._failures: deque[float] = deque(maxlen=rules.failures)
        self._open_until: float | None = None
        self._probed_until = 0.0

    def guard(self) -> AbstractAsyncContextManager[None]:
        """Wrap one call; see ``Breaker``."""
        return guarded(self, self._rules.slow_s, self._clock)

    def is_open(self) -> bool:
        """Return whether calls are blocked now; see ``Breaker``."""
        return self._open_until is not None and self._clock() < max(self._open_until, self._probed_until)

    async def admit(self) -> str:
        """Return the token of a probe, empty for an ordinary call. Raises ``CircuitOpen``."""
        if self._open_until is None:
            return ""
        now = self._clock()
        if now < self._open_until or now < self._probed_until:
            raise circuit_open(self._source, self._open_until - now)
        self._probed_until = now + self._rules.probe_s
        return "probe"

    async def fail(self, probe: str) -> None:
        """Record a failure."""
        now = self._clock()
        self._failures.append(now)
        is_full = len(self._failures) == self._rules.failures and now - self._failures[0] <= self._rules.within_s
        if probe or is_full:
            self._open_until = max(self._open_until or 0.0, now + self._rules.open_s)
        await self.abandon(probe)

    async def close(self, probe: str) -> None:
        """End a successful probe: the breaker closes."""
        self._open_until = None
        self._failures.clear()
        await self.abandon(probe)

    async def abandon(self, probe: str) -> None:
        """End a probe that gave no result."""
        if probe:
            self._probed_until = 0.0

    def sync(self, open_s: float | None) -> None:
        """Adopt the shared state: open for another ``open_s``, or closed."""
        self._open_until = None if open_s is None else self._clock() + open_s


def circuit_open(source: str, open_s: float) -> CircuitOpen:
    """Return the error of a breaker that stays open for at least ``open_s``."""
    return CircuitOpen(source, "circuit open after repeated failures", retry_after_s=max(open_s, _MIN_WAIT_S))
