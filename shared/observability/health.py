"""Whether this process can do its work: named checks, asked at once, each for a second at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable
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

    def add(self, name: str, ask: Ask, *, required: bool) -> None:
        """Add a check: a call that returns when the part is well and raises when it is not."""
        self._checks[name] = _Named(ask, required)

    def leave(self) -> None:
        """Be unready from now on: this process takes no more work."""
        self._leaving = True

    async def report(self) -> HealthReport:
        """Return how the parts are, as of at most a second ago, however many ask."""
        async with self._asking:
            if time.monotonic() - self._answered_at >= self._remembered_s:
                checks = await asyncio.gather(*(self._ask(named) for named in self._checks.values()))
                self._answers = dict(zip(self._checks, checks, strict=True))
                self._answered_at = time.monotonic()
        well = all(check.ok for check in self._answers.values() if check.required)
        return HealthReport(ready=well and not self._leaving, checks=self._answers)

    async def _ask(self, named: _Named) -> Check:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._check_s):
                await named.ask()
            ok = True
        except Exception:  # noqa: BLE001 - whatever a part raises, it is not well
            ok = False
        return Check(ok=ok, ms=round((time.perf_counter() - started) * 1000, 1), required=named.required)
