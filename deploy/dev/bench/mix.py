"""``make load``: redirects, hits, cold pictures and a realistic mix, with one renderer and with two, into ``MIX.md``.

With ``quick`` as an argument, runs a quarter of it and writes nothing; with ``quote``, measures nothing and copies the
figures of ``MIX.md`` and ``RESULTS.md`` into ``deploy/README.md``.
"""

import asyncio
import sys
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from deploy.dev.bench.callers import Visit
from deploy.dev.bench.harness import Cores, open_bench, others_share, said_of
from deploy.dev.bench.machine import describe
from deploy.dev.bench.mix_page import COLD, COLD_HALF, COLD_LARGE, HITS, MIX, REDIRECTS, figures_of, page
from deploy.dev.bench.mix_stage import Stage, open_stages, row_bytes
from deploy.dev.bench.quota import NoQuota
from deploy.dev.bench.quotes import quote
from deploy.dev.bench.rounds import RoundFailed
from deploy.dev.bench.sources import copies
from deploy.dev.local.processes import StartFailed
from deploy.dev.local.terminal import complain, say
from deploy.load.zipf import drawn, looks
from tests.stack.services import FREE_KEY

PAGE: Final = Path(__file__).with_name("MIX.md")
_ORDER: Final = (0, 1, 1, 0)  # one renderer, two, two, one: other load on the machine affects both alike
_WARM: Final = 60
_COLD: Final = 250
_LARGE: Final = 120
_HALVED: Final = 150
_KNOWN: Final = 200
_TITLES: Final = 300
_MIX_VISITS: Final = 3000  # by number: with more time the later ones would be warmer
_MIX_WARM: Final = 1200  # visits before the measured ones
_STEADY_S: Final = 5.0
_FEW, _MANY, _WAITING = 8, 16, 24  # concurrent callers: for redirects, for hits and the mix, for cold pictures

ResolvedSettings = tuple[str, str]
LOOKS: Final[list[ResolvedSettings]] = looks(8)
PLAIN: Final = LOOKS[0]
LARGE: Final = next(look for look in LOOKS if "large" in look[0])


class Titles:
    """Films that were never requested, each handed out once."""

    def __init__(self, part: float) -> None:
        self.part = part
        cold = sum(map(self.number, (_COLD, _LARGE, _HALVED)))
        self.count = 2 * (_WARM + _KNOWN + _TITLES) + len(_ORDER) * cold + 2 * _KNOWN
        self._next = iter(film.imdb for film in copies(self.count))

    def number(self, whole: int) -> int:
        """Return the part of a number that this run uses."""
        return max(20, int(whole * self.part))

    def take(self, number: int) -> list[str]:
        """Return that many new ones."""
        return list(islice(self._next, number))

    def visits(self, number: int, look: ResolvedSettings) -> list[Visit]:
        """Return a first visit of the part of this number of new ones, all with the same settings."""
        return visits(self.take(self.number(number)), look)


def visits(titles: Iterable[str], look: ResolvedSettings, *, keyed: bool = True, content: bool = True) -> list[Visit]:
    """Return a visit of each title, all with the same settings."""
    return [visit(title, look, keyed=keyed, content=content) for title in titles]


def visit(imdb: str, look: ResolvedSettings, *, keyed: bool = True, content: bool = True) -> Visit:
    """Return a visit of one title with the given settings."""
    query, name = look
    path = f"imdb/poster-default/{imdb}.jpg"
    return Visit(f"/{FREE_KEY}/{path}{query}" if keyed else "", f"/c/{name}/{path}" if content else "")


async def play(stages: list[Stage], titles: Titles) -> None:
    """Run every kind of round on every stage."""
    known = [titles.take(_KNOWN) for _ in stages]
    for stage, its in zip(stages, known, strict=True):
        for look in (PLAIN, LARGE):
            await stage.play("warm", visits(titles.take(_WARM // 2), look), _FEW, warms=True)
        await stage.play("warm", visits(its, PLAIN), _FEW, warms=True)
    for nth in _ORDER:
        await _play_cold(stages[nth], titles)
    for nth in _ORDER:
        await _play_known(stages[nth], known[nth], _STEADY_S * titles.part)
    for stage in stages:
        await _play_mix(stage, titles)


async def _play_cold(stage: Stage, titles: Titles) -> None:
    say(f"{stage.name}: cold pictures")
    await stage.play(COLD, titles.visits(_COLD, PLAIN), _WAITING)
    await stage.play(COLD_LARGE, titles.visits(_LARGE, LARGE), _WAITING)
    try:
        with stage.halved():
            await stage.play(COLD_HALF, titles.visits(_HALVED, PLAIN), _WAITING)
    except NoQuota as reason:
        say(f"skipping half a core each: {reason}")


async def _play_known(stage: Stage, known: list[str], seconds: float) -> None:
    say(f"{stage.name}: redirects and hits")
    if stage.renderers == 1:
        await stage.play(REDIRECTS, visits(known, PLAIN, content=False), _FEW, seconds)
    await stage.play(HITS, visits(known, PLAIN, keyed=False), _MANY, seconds)


async def _play_mix(stage: Stage, titles: Titles) -> None:
    say(f"{stage.name}: the mix")
    asked = zip(drawn(titles.take(_TITLES), seed=1), drawn(LOOKS, seed=2), strict=False)
    warm = [visit(*each) for each in islice(asked, titles.number(_MIX_WARM))]
    await stage.play("warm", warm, _WAITING, warms=True)
    await stage.play(MIX, [visit(*each) for each in islice(asked, titles.number(_MIX_VISITS))], _MANY)


async def measure(part: float) -> None:
    """Measure, print, and write unless it was quick. Raises ``RoundFailed`` and ``StartFailed``."""
    began, others = time.monotonic(), await others_share()
    titles, cores = Titles(part), Cores.here(shared=True)
    number = len(cores.every)
    async with open_bench(cores, titles.count) as bench, open_stages(bench) as stages:
        machine = describe({})
        await play(stages, titles)
        rows = await row_bytes(bench.stores.database_url)
        totals = {(what, stage.renderers): spent for stage in stages for what, spent in stage.totals.items()}
        figures = figures_of(totals, stages, rows)
    quiet = said_of(others, "**Other programs used {:.1f} cores at the start.**")
    where = f"- {number} cores: each renderer has one of them; stores, sources and callers use the rest"
    text = page(f"{machine}\n{where}; {time.monotonic() - began:.0f} s in all. {quiet}", totals, figures, number)
    say(text)
    if part == 1.0:
        PAGE.write_text(text)
        quote()


def main() -> int:
    """Read the arguments and run."""
    words = set(sys.argv[1:])
    if not words <= {"quick", "quote"}:
        complain("arguments are: quick, quote")
        return 2
    if "quote" in words:
        quote()
        return 0
    try:
        asyncio.run(measure(0.25 if "quick" in words else 1.0))
    except (RoundFailed, StartFailed) as error:
        complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
