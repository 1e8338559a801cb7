"""Rows d to f, o to q, s, t and w: visits of a whole stack, with one renderer and with two."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from deploy.dev.bench.capacity import capacity
from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
from deploy.dev.bench.rounds import RoundFailed
from deploy.dev.bench.rows import cold, content, mix
from deploy.dev.bench.stage import LARGE, PLAIN, WAITING, Stage, open_stages, row_bytes
from deploy.dev.bench.visits_page import COLD, COLD_LARGE, HITS, REDIRECTS, visits_page
from deploy.dev.local.processes import StartFailed

_WARM: Final = 30
_STEPS: Final[dict[str, Callable[[Sequence[Stage]], Awaitable[list[Row]]]]] = {
    "f": cold.one_at_a_time,
    "o": cold.medium,
    "s": cold.memory,  # before the large ones
    "w": cold.cards,
    "p": cold.large,
    "q": cold.second_renderer,
    "d": content.from_memory,
    "e": content.from_s3,
    "t": mix.mixed,
}
_OF_TWO: Final = frozenset("qt")
_COUNTED: Final = (REDIRECTS, HITS, COLD, COLD_LARGE)
"""The visits that the capacity is computed from."""


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
