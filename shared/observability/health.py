"""Whether this process can do its work: named checks, asked at once, each for a second at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

CHECK_S: Final = 1.0
_REMEMBERED_S: Final = 1.0

Ask = Callable[[], Awaitable[object]]


class Check(msgspec.Struct, frozen=True):
    """How one part answered."""

    ok: bool
    ms: float
    required: bool


class HealthReport(msgspec.Struct, frozen=True):
    """How all parts answered; ``ready`` when every required one is well and the process is not leaving."""

    ready: bool
    checks: dict[str, Check]


@dataclass(frozen=True, slots=True)
class _Named:
    ask: Ask
    required: bool


class Probes:
    """The checks of one process. A part that the process can do without is reported and not required."""

    def __init__(self, *, check_s: float = CHECK_S, remembered_s: float = _REMEMBERED_S) -> None:
        self._checks: dict[str, _Named] = {}
        self._check_s = check_s
        self._remembered_s = remembered_s
        self._asking = asyncio.Lock()
        self._answers: dict[str, Check] = {}
        self._answered_at = float("-inf")
        self._leaving = False
        self._failing_tasks: Callable[[], Iterable[str]] = tuple

    def add(self, name: str, ask: Ask, *, required: bool) -> None:
        """Add a check: a call that returns when the part is well and raises when it is not."""
        self._checks[name] = _Named(ask, required)

    def watch_tasks(self, failing: Callable[[], Iterable[str]]) -> None:
        """Report each background task that ``failing`` names as ``task:<name>``; none of them is required."""
        self._failing_tasks = failing

    def leave(self) -> None:
        """Be unready from now on: this process takes no more work."""
        self._leaving = True

    async def report(self) -> HealthReport:
        """Return how the parts are, as of at most a second ago, however many ask."""
        checks = await self.dependencies()
        ready = all(check.ok for check in checks.values() if check.required) and not self._leaving
        tasks = {f"task:{name}": Check(ok=False, ms=0.0, required=False) for name in self._failing_tasks()}
        return HealthReport(ready=ready, checks=checks | tasks)

    async def dependencies(self) -> dict[str, Check]:
        """Return the result of every added check, at most a second old."""
        async with self._asking:
            if time.monotonic() - self._answered_at >= self._remembered_s:
                checks = await asyncio.gather(*(self._ask(named) for named in self._checks.values()))
                self._answers = dict(zip(self._checks, checks, strict=True))
                self._answered_at = time.monotonic()
            return self._answers

    async def _ask(self, named: _Named) -> Check:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._check_s):
                await named.ask()
            ok = True
        except Exception:  # noqa: BLE001 - whatever a part raises, it is not well
            ok = False
        return Check(ok=ok, ms=round((time.perf_counter() - started) * 1000, 1), required=named.required)
