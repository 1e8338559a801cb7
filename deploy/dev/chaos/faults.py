"""The list of faults: what is taken away, in which order, and how it is given back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from deploy.dev.chaos.part import Part
from deploy.dev.chaos.relay import Relay, Trouble
from deploy.dev.chaos.stage import Stage

Change = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """One part taken away by ``begin`` and given back by ``end``.

    With ``stops_drawing`` calm is not before new pictures are answered again: a source that failed is held off for a
    while after it is back.
    """

    name: str
    begin: Change
    end: Change
    stops_drawing: bool = False


def faults(stage: Stage, before_kill: Callable[[Part], Awaitable[None]]) -> list[Fault]:
    """Return all faults in their order; ``before_kill`` is awaited with each renderer that is about to be killed."""
    gateway, renderer = stage.gateways[0], stage.renderers[0]

    async def kill_renderer() -> None:
        await before_kill(renderer)
        await renderer.kill()

    return [
        Fault("gateway killed", gateway.kill, gateway.start),
        _frozen("gateway", gateway),
        Fault("renderer killed", kill_renderer, renderer.start),
        _frozen("renderer", renderer),
        Fault("valkey killed", stage.valkey.kill, stage.valkey.start),
        _frozen("valkey", stage.valkey),
        Fault("postgres killed", stage.postgres.kill, stage.postgres.start),
        _frozen("postgres", stage.postgres),
        _broken("s3", stage.ways["s3"], Trouble.REFUSES),
        _broken("s3", stage.ways["s3"], Trouble.SILENT),
        _broken("fanart", stage.ways["fanart"], Trouble.REFUSES),
        _broken("omdb", stage.ways["omdb"], Trouble.SILENT),
        _broken("mdblist", stage.ways["mdblist"], Trouble.FAILS),
        _broken("tmdb images", stage.ways["tmdb images"], Trouble.REFUSES, stops_drawing=True),
        _broken("tmdb", stage.ways["tmdb"], Trouble.SILENT, stops_drawing=True),
    ]


def _frozen(name: str, part: Part) -> Fault:
    async def freeze() -> None:
        part.freeze()

    async def thaw() -> None:
        part.thaw()

    return Fault(f"{name} frozen", freeze, thaw)


def _broken(name: str, way: Relay, trouble: Trouble, *, stops_drawing: bool = False) -> Fault:
    return Fault(f"{name} {trouble}", partial(way.break_down, trouble), way.heal, stops_drawing)
