"""The list of faults: what is taken down, in which order, and how it is restored."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from deploy.dev.chaos.failover import Address, demote_postgres, demote_valkey
from deploy.dev.chaos.spoiler import Spoil, Spoiler, nothing, slow_down, unreadable
from deploy.dev.chaos.stage import Stage
from tests.stack.part import Part
from tests.stack.relay import Relay, Trouble

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
        _killed("gateway", gateway),
        _frozen("gateway", gateway),
        Fault("renderer killed", kill_renderer, renderer.up),
        _frozen("renderer", renderer),
        _killed("valkey", stage.valkey),
        _frozen("valkey", stage.valkey),
        _killed("postgres", stage.postgres),
        _frozen("postgres", stage.postgres),
        _broken("s3", stage.relays["s3"], Trouble.REFUSES),
        _broken("s3", stage.relays["s3"], Trouble.SILENT),
        _broken("fanart", stage.relays["fanart"], Trouble.REFUSES),
        _broken("omdb", stage.relays["omdb"], Trouble.SILENT),
        _broken("mdblist", stage.relays["mdblist"], Trouble.FAILS),
        _broken("tmdb images", stage.relays["tmdb images"], Trouble.REFUSES, stops_drawing=True),
        _broken("tmdb", stage.relays["tmdb"], Trouble.SILENT, stops_drawing=True),
        _spoilt("s3 503 to half of all calls", stage.spoilers["s3"], slow_down),
        _spoilt("tmdb unreadable for one title in five", stage.spoilers["tmdb"], unreadable),
        _demoted("postgres", demote_postgres, stage),
        _demoted("valkey", demote_valkey, stage),
    ]


def _killed(name: str, part: Part) -> Fault:
    async def kill() -> None:
        part.kill()

    return Fault(f"{name} killed", kill, part.up)


def _frozen(name: str, part: Part) -> Fault:
    async def freeze() -> None:
        part.freeze()

    async def thaw() -> None:
        part.thaw()

    return Fault(f"{name} frozen", freeze, thaw)


def _broken(name: str, relay: Relay, trouble: Trouble, *, stops_drawing: bool = False) -> Fault:
    return Fault(f"{name} {trouble}", partial(relay.break_down, trouble), relay.heal, stops_drawing)


def _spoilt(name: str, spoiler: Spoiler, spoil: Spoil) -> Fault:
    async def change(to: Spoil) -> None:
        spoiler.spoil = to

    return Fault(name, partial(change, spoil), partial(change, nothing))


def _demoted(name: str, demote: Callable[[Address], Awaitable[None]], stage: Stage) -> Fault:
    """Return a failover to the second server, which is not undone."""

    async def stay() -> None:
        """Change nothing: the second server remains the primary."""

    return Fault(f"{name} demoted", partial(demote, stage.addresses[name]), stay, stops_drawing=True)
