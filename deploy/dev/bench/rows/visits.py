"""Rows d to f, o to q, s, t and w: visits of a whole stack, with one renderer and with two."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import islice
from typing import Final

from deploy.dev.bench.capacity import capacity
from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
from deploy.dev.bench.rounds import RoundFailed
from deploy.dev.bench.rows import cold, content
from deploy.dev.bench.stage import LARGE, LOOKS, PLAIN, WAITING, Stage, open_stages, row_bytes, visit, visits
from deploy.dev.bench.visits_page import COLD, COLD_LARGE, HITS, MIX, REDIRECTS, visits_page
from deploy.dev.local.processes import StartFailed
from deploy.load.zipf import drawn

_WARM: Final = 30
_KNOWN: Final = 200
_TITLES: Final = 300
_WARM_MIX: Final = 1200
_VISITS: Final = 3000  # by number: with more time the later ones would be warmer
_STEADY_S: Final = 3.0
_FEW, _MANY = 8, 16  # concurrent callers
_OF_TWO: Final = frozenset("qt")
_COUNTED: Final = (REDIRECTS, HITS, COLD, COLD_LARGE)
"""The visits that the capacity is computed from."""


async def _mixed(stages: Sequence[Stage]) -> list[Row]:
    """Play redirects alone, hits alone and realistic use on each stage, the last in turn."""
    for stage in stages:
        await stage.stock(_KNOWN)
        known = stage.drawn[-_KNOWN:]
        await stage.play(visits(known), _FEW)
        await stage.play(visits(known, content=False), _FEW, _STEADY_S, what=REDIRECTS)
        await stage.play(visits(known, keyed=False), _MANY, _STEADY_S, what=HITS)
        titles = list(islice(stage.bench.titles, _TITLES))
        asked = zip(drawn(titles, seed=1), drawn(LOOKS, seed=2), strict=False)
        await stage.play([visit(*each) for each in islice(asked, _WARM_MIX)], WAITING)
        await stage.play([visit(*each) for each in islice(asked, _VISITS)], _MANY, what=MIX)
    one, two = (stage.totals[MIX] for stage in stages)
    rates = f"{one.rate:,.0f} and {two.rate:,.0f} visits/s"
    return [Row.stated("t", rates, f"{one.share('HIT'):.1%} of the pictures were stored.")]


_STEPS: Final[dict[str, Callable[[Sequence[Stage]], Awaitable[list[Row]]]]] = {
    "f": cold.one_at_a_time,
    "o": partial(cold.against_codecs, "o", COLD, PLAIN, 780, 60),
    "s": cold.memory,  # before the large ones
    "w": cold.cards,
    "p": partial(cold.against_codecs, "p", COLD_LARGE, LARGE, 2000, 30),
    "q": cold.second_renderer,
    "d": content.from_memory,
    "e": content.from_s3,
    "t": _mixed,
}


async def measure(bench: Bench, wanted: frozenset[str]) -> AsyncIterator[Row]:
    """Measure the requested ones of these rows; one that fails does not keep the others from being measured."""
    async with open_stages(bench, 1, *([2] if wanted & _OF_TWO else [])) as stages:
        for stage in stages:
            for look in (PLAIN, LARGE):
                await stage.cold(_WARM, WAITING, look=look)
        for letter, step in _STEPS.items():
            if letter in wanted:
                for row in await _taken(letter, step(stages)):
                    yield row
        if all(what in stages[0].totals for what in _COUNTED):
            bytes_each = await row_bytes(bench.stores.database_url)
            bench.sections.extend([visits_page(stages), capacity(stages[0].totals, bytes_each)])


async def _taken(letter: str, step: Awaitable[list[Row]]) -> list[Row]:
    try:
        return await step
    except (RoundFailed, StartFailed) as error:
        return [Row.failed(letter, error)]
