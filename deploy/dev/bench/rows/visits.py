"""Rows d to f, o to q, s and t: visits of a whole stack, with one renderer and with two."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from deploy.dev.bench.capacity import capacity
from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
from deploy.dev.bench.rows import cold, content, mix
from deploy.dev.bench.stage import LARGE, PLAIN, WAITING, Stage, open_stages, row_bytes
from deploy.dev.bench.visits_page import visits_page

_WARM: Final = 30
_STEPS: Final[dict[str, Callable[[Sequence[Stage]], Awaitable[list[Row]]]]] = {
    "f": cold.one_at_a_time,
    "o": cold.medium,
    "s": cold.memory,  # before the large ones
    "p": cold.large,
    "q": cold.second_renderer,
    "d": content.from_memory,
    "e": content.from_s3,
    "t": mix.mixed,
}
_OF_TWO: Final = frozenset("qt")
_WHOLE: Final = frozenset("opt")
"""Rows whose rounds the tables of visits and of capacity are made from."""


async def measure(bench: Bench, wanted: frozenset[str]) -> list[Row]:
    """Measure the requested ones of these rows."""
    rows: list[Row] = []
    async with open_stages(bench, 1, *([2] if wanted & _OF_TWO else [])) as stages:
        for stage in stages:
            for look in (PLAIN, LARGE):
                await stage.cold(_WARM, WAITING, look=look)
        for letter, step in _STEPS.items():
            if letter in wanted:
                rows += await step(stages)
        if wanted >= _WHOLE:
            bytes_each = await row_bytes(bench.stores.database_url)
            bench.sections.extend([visits_page(stages), capacity(stages[0].totals, bytes_each)])
    return rows
