"""The order of work on one picture: a list of steps over one draft."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from renderer.steps.draw import draw
from renderer.steps.fetch_artwork import fetch
from renderer.steps.fetch_metadata import describe
from renderer.steps.fetch_ratings import gather
from renderer.steps.load_existing import recall
from renderer.steps.lock import claim
from renderer.steps.resolve import resolve
from renderer.steps.select_artwork import choose
from renderer.steps.skip_unchanged import compare
from renderer.steps.store import store
from shared.observability.tracing import start_span

Step = Callable[[JobContext, Dependencies], Awaitable[None]]

RATED: Final[tuple[Step, ...]] = (
    resolve,
    claim,
    recall,
    describe,
    choose,
    gather,
    compare,
    fetch,
    draw,
    store,
)
"""A finished picture, from an id to stored bytes."""

PLAIN: Final[tuple[Step, ...]] = (resolve, describe, choose, fetch, draw)
"""The plain art in the right size, for a caller who can wait no longer; never stored."""


async def run(steps: Sequence[Step], draft: JobContext, tools: Dependencies, metrics: RendererMetrics) -> None:
    """Take the draft through the steps in order, timing each, until one of them sets its outcome.

    Raises what a step raises: ``MarqueeError`` for what is foreseen. Lets go of what the steps hold in any case.
    """
    try:
        for step in steps:
            with metrics.step_seconds.labels(step.__name__).time(), start_span(step.__name__):
                await step(draft, tools)
            if draft.outcome is not None:
                return
    finally:
        await draft.close()
