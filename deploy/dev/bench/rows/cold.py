"""Rows f, o to q, s and w: pictures that were never requested, in time, processor time and memory."""

import asyncio
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

import aiohttp

from deploy.dev.bench.callers import WHOLE
from deploy.dev.bench.harness import memory_mb, pinned
from deploy.dev.bench.quota import NoQuota, quota
from deploy.dev.bench.results import KINDS, Row, bounded, compared, percentile
from deploy.dev.bench.rounds import RoundFailed, in_pairs
from deploy.dev.bench.rows.pixels import codecs
from deploy.dev.bench.sources import POSTER
from deploy.dev.bench.stage import BACKDROP, CARD, WAITING, Look, Spent, Stage
from deploy.dev.bench.visits_page import COLD, COLD_HALF, HALF, bottleneck
from deploy.dev.demo.drawing import render
from shared.domain.pictures import Format
from tests.stack.caller import fetch

_ALONE: Final = 200
_CARDS: Final = 40  # of a round
_MEDIUM: Final = 60  # of a round of row q, for each renderer
_CODECS: Final = 40  # times that the codecs alone run in a round
_MANY: Final = 1000
_STORES: Final = ("valkey", "postgres", "bucket", "sources")


async def one_at_a_time(stages: Sequence[Stage]) -> list[Row]:
    """Return how long a caller waits for a picture when there is no other."""
    spent = await stages[0].cold(_ALONE, 1)
    times = sorted(spent.times[WHOLE])
    note = f"{_ALONE} films; fastest {times[0] * 1000:.1f}, slowest {times[-1] * 1000:.1f} ms."
    ours = f"p50 {percentile(times, 50) * 1000:.1f} ms, p99 {percentile(times, 99) * 1000:.1f} ms"
    return [Row.stated("f", ours, note)]


async def cards(stages: Sequence[Stage]) -> list[Row]:
    """Return how long a caller waits for a card with its title's logo, against a backdrop of the same size."""
    stage = stages[0]

    async def p50_ms(look: Look) -> float:
        return percentile(sorted((await stage.cold(_CARDS, 1, look=look)).times[WHOLE]), 50) * 1000

    return [compared("w", await in_pairs("w", lambda: p50_ms(CARD), lambda: p50_ms(BACKDROP)))]


async def against_codecs(
    name: str, what: str, look: Look, art_width: int, number: int, stages: Sequence[Stage]
) -> list[Row]:
    """Return what a poster costs all processes, against its codecs; each round visits this number of titles."""
    stage = stages[0]
    art = render(POSTER, art_width, "jpg")
    alone = codecs(art, await _picture(stage, look), Format.JPG)

    async def ours() -> float:
        spent = await stage.cold(number, WAITING, what, look)
        return spent.cpu_ms("gateway") + spent.cpu_ms("renderer")

    async def bare() -> float:
        return await asyncio.to_thread(_cpu_ms, alone, stage.bench.cores.server)

    pairs = await in_pairs(name, ours, bare)
    whole = stage.totals[what]
    stores = ", ".join(f"{name} {whole.cpu_ms(name):.1f}" for name in _STORES)
    note = (
        f"Gateway {whole.cpu_ms('gateway'):.1f} ms, renderer {whole.cpu_ms('renderer'):.1f} ms; beside them {stores}. "
        f"Artwork of {len(art) >> 10} KiB."
    )
    return [compared(name, pairs, note)]


async def _picture(stage: Stage, look: Look) -> bytes:
    """Return a finished picture of one more title. Raises ``RoundFailed``."""
    url = stage.services.picture(f"{next(stage.bench.titles)}.jpg", look.query, kind=look.kind)
    async with aiohttp.ClientSession() as http:
        answer = await fetch(http, url)
    if answer.status != HTTPStatus.OK:
        raise RoundFailed(f"{url}: {answer.status}")
    return answer.body


def _cpu_ms(once: Callable[[], object], cores: frozenset[int]) -> float:
    """Return the milliseconds of processor time of one call, on these cores."""
    with pinned(cores):
        began = time.thread_time()
        for _ in range(_CODECS):
            once()
        return (time.thread_time() - began) / _CODECS * 1000


async def second_renderer(stages: Sequence[Stage]) -> list[Row]:
    """Return what two renderers do against one, by their processor time, and by the clock with half a core each."""
    one, two = stages

    async def per_core_s(stage: Stage) -> float:
        spent = await _round(stage, COLD)
        return stage.renderers * 1000 / spent.cpu_ms("renderer")

    name = "q by processor time"
    pairs = await in_pairs(name, lambda: per_core_s(two), lambda: per_core_s(one))
    alone, both = one.totals[COLD], two.totals[COLD]
    note = (
        f"By the clock, with all other parts on the same cores, {alone.rate:.1f} → {both.rate:.1f} per second "
        f"(× {both.rate / alone.rate:.2f}). The bottleneck of two is {bottleneck(both, len(one.bench.cores.every))}."
    )
    return [compared(name, pairs, note), await _halved(one, two)]


async def _halved(one: Stage, two: Stage) -> Row:
    name = "q by the clock"

    async def rate(stage: Stage) -> float:
        return (await _round(stage, COLD_HALF)).rate

    try:
        with quota([part.pid for stage in (one, two) for part in stage.services.renderers], HALF):
            pairs = await in_pairs(name, lambda: rate(two), lambda: rate(one))
    except NoQuota as reason:
        return Row(letter="q", what=KINDS[name].what, bound=str(KINDS[name]), not_measured=str(reason))
    note = f"The bottleneck of two is {bottleneck(two.totals[COLD_HALF], len(one.bench.cores.every), HALF)}."
    return compared(name, pairs, note)


async def _round(stage: Stage, what: str) -> Spent:
    return await stage.cold(_MEDIUM * stage.renderers, WAITING, what)


async def memory(stages: Sequence[Stage]) -> list[Row]:
    """Return the memory of a renderer as it starts, and after a thousand posters."""
    one = stages[0]
    await one.stock(_MANY)
    full_mb = memory_mb(one.pids["renderer-1"])
    return [bounded("s idle renderer", one.idle_mb), bounded("s full renderer", full_mb, posters=_MANY)]
