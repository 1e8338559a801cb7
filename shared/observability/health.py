"""Readiness: named checks, run concurrently, each for a second at most, and what is wrong in a few words."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from shared.domain.errors import StoreDown

CHECK_S: Final = 1.0
_CACHE_S: Final = 1.0
_LONGEST_DETAIL: Final = 200

Ask = Callable[[], Awaitable[object]]
"""Raises when the dependency is not well; text that it returns is a note for the operator while it is."""


class Check(msgspec.Struct, frozen=True):
    """The result of one check.

    ``detail`` says why it failed, or is a note about a dependency that works. Callers may read it: it has no secret.
    """

    ok: bool
    ms: float
    required: bool
    detail: str = ""


class HealthReport(msgspec.Struct, frozen=True):
    """The result of all checks; ``ready`` when every required one passed, from the end of the start to the shutdown."""

    ready: bool
    checks: dict[str, Check]


@dataclass(frozen=True, slots=True)
class _Named:
    ask: Ask
    required: bool


class Probes:
    """The checks of one process. One that is not required is reported and does not affect readiness."""

    def __init__(self, *, check_s: float = CHECK_S, cache_s: float = _CACHE_S) -> None:
        self._checks: dict[str, _Named] = {}
        self._check_s = check_s
        self._cache_s = cache_s
        self._asking = asyncio.Lock()
        self._answers: dict[str, Check] = {}
        self._answered_at = float("-inf")
        self._leaving = self._starting = False
        self._failing_tasks: Callable[[], Iterable[str]] = tuple

    def add(self, name: str, ask: Ask, *, required: bool) -> None:
        """Add a check. It raises when the dependency is not well: ``StoreDown`` with the reason in words for anyone."""
        self._checks[name] = _Named(ask, required)
        self._answered_at = float("-inf")  # what was found without it says nothing about it

    def watch_tasks(self, failing: Callable[[], Iterable[str]]) -> None:
        """Report each background task that ``failing`` names as ``task:<name>``; none of them is required."""
        self._failing_tasks = failing

    def hold(self) -> None:
        """Report this process as not ready until :meth:`release`, because it is starting."""
        self._starting = True

    def release(self) -> None:
        """Report this process as started."""
        self._starting = False

    def leave(self) -> None:
        """Report this process as not ready from now on, because it is shutting down."""
        self._leaving = True

    async def report(self) -> HealthReport:
        """Return the result of all checks, at most a second old, and the background tasks that keep failing."""
        checks = await self.dependencies()
        is_well = all(check.ok for check in checks.values() if check.required)
        ready = is_well and not self._starting and not self._leaving
        tasks = {f"task:{name}": Check(ok=False, ms=0.0, required=False) for name in self._failing_tasks()}
        return HealthReport(ready=ready, checks=checks | tasks)

    async def dependencies(self) -> dict[str, Check]:
        """Return the result of every added check, at most a second old."""
        async with self._asking:
            if time.monotonic() - self._answered_at >= self._cache_s:
                checks = await asyncio.gather(*(self._ask(named) for named in self._checks.values()))
                self._answers = dict(zip(self._checks, checks, strict=True))
                self._answered_at = time.monotonic()
            return self._answers

    async def _ask(self, named: _Named) -> Check:
        started = time.perf_counter()
        ok, detail = await self._outcome(named.ask)
        ms = round((time.perf_counter() - started) * 1000, 1)
        return Check(ok=ok, ms=ms, required=named.required, detail=_one_line(detail))

    async def _outcome(self, ask: Ask) -> tuple[bool, str]:
        try:
            async with asyncio.timeout(self._check_s):
                note = await ask()
        except TimeoutError:
            return False, f"no answer within {self._check_s:g} s"
        except StoreDown as error:
            return False, str(error)
        except Exception as error:  # noqa: BLE001 - any error means that the check failed
            return False, type(error).__name__  # its text was not written for callers
        return True, note if isinstance(note, str) else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_DETAIL]
