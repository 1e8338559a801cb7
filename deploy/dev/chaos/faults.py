"""The list of faults: what is taken down, in which order, and how it is restored."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from deploy.dev.chaos.failover import Address, demote_postgres, demote_valkey
from deploy.dev.chaos.spoiler import Spoil, Spoiler, nothing, slow_down, unreadable
from deploy.dev.chaos.stage import Stage
from tests.stack.part import Part
from tests.stack.relay import Trouble

Change = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Fault:
    """One part taken down by ``begin`` and restored by ``end``.

    With ``stops_drawing`` the stack counts as calm only when new pictures are drawn again: the circuit breaker of a
    failed source stays open for a while after it is back.
    """

    name: str
    begin: Change
    end: Change
    stops_drawing: bool = False


def faults(stage: Stage, before_kill: Callable[[Part], Awaitable[None]]) -> list[Fault]:
    """Return all faults in order; ``before_kill`` is awaited with each renderer that is about to be killed."""
    gateway, renderer = stage.services.gateways[0], stage.services.renderers[0]

    async def kill_renderer() -> None:
        await before_kill(renderer)
        renderer.kill()

    return [
        Fault("gateway killed", _now(gateway.kill), gateway.up),
        _frozen("gateway", gateway),
        Fault("renderer killed", kill_renderer, renderer.up),
        _frozen("renderer", renderer),
        Fault("valkey killed", _now(stage.valkey.kill), stage.valkey.up),
        _frozen("valkey", stage.valkey),
        Fault("postgres killed", _now(stage.postgres.kill), stage.postgres.up),
        _frozen("postgres", stage.postgres),
        _broken("s3", stage, Trouble.REFUSES),
        _broken("s3", stage, Trouble.SILENT),
        _broken("fanart", stage, Trouble.REFUSES),
        _broken("omdb", stage, Trouble.SILENT),
        _broken("mdblist", stage, Trouble.FAILS),
        _broken("tmdb images", stage, Trouble.REFUSES, stops_drawing=True),
        _broken("tmdb", stage, Trouble.SILENT, stops_drawing=True),
        _spoilt("s3 503 to half of all calls", stage.spoilers["s3"], slow_down),
        _spoilt("tmdb unreadable for one title in five", stage.spoilers["tmdb"], unreadable),
        _demoted("postgres", demote_postgres, stage),
        _demoted("valkey", demote_valkey, stage),
    ]


def _now(change: Callable[[], None]) -> Change:
    return partial(asyncio.to_thread, change)


def _frozen(name: str, part: Part) -> Fault:
    return Fault(f"{name} frozen", _now(part.freeze), _now(part.thaw))


def _broken(name: str, stage: Stage, trouble: Trouble, *, stops_drawing: bool = False) -> Fault:
    relay = stage.relays[name]
    return Fault(f"{name} {trouble}", partial(relay.break_down, trouble), relay.heal, stops_drawing)


def _spoilt(name: str, spoiler: Spoiler, spoil: Spoil) -> Fault:
    begin, end = (_now(partial(setattr, spoiler, "spoil", each)) for each in (spoil, nothing))
    return Fault(name, begin, end)


def _demoted(name: str, demote: Callable[[Address], Awaitable[None]], stage: Stage) -> Fault:
    """Return a failover to the second server, which remains the primary."""
    return Fault(
        f"{name} demoted", partial(demote, stage.addresses[name]), partial(asyncio.sleep, 0), stops_drawing=True
    )
