"""Whether every store can be used, asked before a process serves: the same for a start and for the command ``check``.

A store that refuses, by its own words, stops the start: waiting would not help. One that is away is waited for.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import msgspec
import structlog

from shared.config.process import CannotStart
from shared.domain.errors import StoreDown, StoreRefused

log: structlog.stdlib.BoundLogger = structlog.get_logger()

WAIT_S: Final = 30.0
"""How long a start waits for stores that are away. Then the process starts without them: what needs no store that is
away, such as stored pictures while Postgres is down, is served. The chart's startup probe allows 120 s."""

ASK_S: Final = 20.0
"""Longest time for one check: five calls to S3 with their repetitions take up to that."""

_PAUSE_S: Final = 1.0
_SAY_AGAIN_S: Final = 10.0


class Finding(msgspec.Struct, frozen=True):
    """What is known of a store that can be used; ``warning`` is what an operator should change all the same."""

    details: str
    warning: str = ""


StoreCheck: TypeAlias = Callable[[], Awaitable[Finding]]
"""Raises ``StoreRefused`` when the store refuses, in the store's own words, and ``StoreDown`` while it is away."""

Outcome: TypeAlias = Finding | StoreDown
"""What one check found, or why the store cannot be used."""


async def check_once(checks: Mapping[str, StoreCheck]) -> dict[str, Outcome]:
    """Return the outcome of every check, asked at the same time, each within ``ASK_S``."""
    outcomes = await asyncio.gather(*(_outcome(check) for check in checks.values()))
    return dict(zip(checks, outcomes, strict=True))


async def check_until_usable(
    checks: Mapping[str, StoreCheck], *, wait_s: float, stopping: asyncio.Event | None = None
) -> dict[str, Outcome]:
    """Return the outcome of every check, once no store is away any more, one refuses, or ``wait_s`` have passed.

    Says in the log what it waits for. Returns early when ``stopping`` is set.
    """
    loop, stop = asyncio.get_running_loop(), stopping or asyncio.Event()
    ends_at, say_at = loop.time() + wait_s, 0.0
    outcomes = await _unless_stopped(check_once(checks), stop)
    while not stop.is_set() and (away := _away(outcomes)) and not refusals(outcomes) and loop.time() < ends_at:
        if loop.time() >= say_at:
            _say_waiting(away)
            say_at = loop.time() + _SAY_AGAIN_S
        await _unless_stopped(asyncio.sleep(_PAUSE_S, {}), stop)
        outcomes |= await _unless_stopped(check_once({name: checks[name] for name in away}), stop)
    return outcomes


async def require_stores(checks: Mapping[str, StoreCheck], stopping: asyncio.Event, *, wait_s: float = WAIT_S) -> None:
    """Return when the process may start. Raises ``CannotStart`` with the words of each store that refuses."""
    outcomes = await check_until_usable(checks, wait_s=wait_s, stopping=stopping)
    if refused := refusals(outcomes):
        raise CannotStart("; ".join(str(error) for error in refused.values()))
    for name, outcome in outcomes.items():
        if isinstance(outcome, StoreDown):
            log.warning("store_still_away", store=name, reason=str(outcome), waited_s=wait_s)
        else:
            log.info("store_checked", store=name, details=outcome.details)


def refusals(outcomes: Mapping[str, Outcome]) -> dict[str, StoreRefused]:
    """Return the stores that refuse, by name."""
    return {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, StoreRefused)}


def _away(outcomes: Mapping[str, Outcome]) -> dict[str, StoreDown]:
    return {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, StoreDown)}


def _say_waiting(away: Mapping[str, StoreDown]) -> None:
    for name, error in away.items():
        log.warning("store_awaited", store=name, reason=str(error))


async def _outcome(check: StoreCheck) -> Outcome:
    try:
        async with asyncio.timeout(ASK_S):
            return await check()
    except TimeoutError:
        return StoreDown(f"no answer within {ASK_S:g} s")
    except StoreDown as error:
        # A certificate that is not trusted stays so until somebody changes it.
        return StoreRefused(str(error)) if _is_untrusted(error) else error


def _is_untrusted(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


async def _unless_stopped(work: Awaitable[dict[str, Outcome]], stop: asyncio.Event) -> dict[str, Outcome]:
    """Return what the work returns, or nothing when the process is told to stop meanwhile."""
    working = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else {}
    finally:
        working.cancel()
        stopped.cancel()
