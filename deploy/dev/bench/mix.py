"""``make load``: redirects, hits, cold pictures and a realistic mix, with one renderer and with two, into ``MIX.md``.

``quick`` as an argument plays a quarter of it and writes nothing; ``quote`` measures nothing and only brings the
figures of ``MIX.md`` and ``RESULTS.md`` into ``deploy/README.md``.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import asyncpg

from deploy.dev.bench.backing import Backing, open_backing
from deploy.dev.bench.cores import Cores
from deploy.dev.bench.machine import describe
from deploy.dev.bench.mix_callers import Plan, Visit
from deploy.dev.bench.mix_figures import total
from deploy.dev.bench.mix_page import COLD, COLD_HALF, COLD_LARGE, HITS, MIX, REDIRECTS, figures_of, page
from deploy.dev.bench.mix_quotes import quote
from deploy.dev.bench.mix_stage import RoundFailed, Stage, open_stages
from deploy.dev.bench.quota import NoQuota
from deploy.dev.bench.rounds import others_share
from deploy.dev.bench.sources import films
from deploy.dev.bench.zipf import drawn, looks
from deploy.dev.local.ports import free_ports
from deploy.dev.local.processes import StartFailed
from deploy.dev.local.terminal import complain, say

PAGE: Final = Path(__file__).with_name("MIX.md")
_ORDER: Final = (0, 1, 1, 0)  # one renderer, two, two, one: whatever else the machine does meets both alike
_WARM: Final = 60
_COLD: Final = 250
_LARGE: Final = 120
_HALVED: Final = 150
_KNOWN: Final = 200
_TITLES: Final = 300
_LOOKS: Final = 8
_MIX_VISITS: Final = 3000  # by number: with more time the later ones would be the warmer ones
_MIX_WARM: Final = 1200  # visits that came before those that are measured
_STEADY_S: Final = 5.0
_FEW, _MANY, _WAITING = 8, 16, 24  # callers at once: for redirects, for hits and the mix, for cold pictures
_BUSY: Final = 0.1
_KEY: Final = "t0-free-rpdb"


class Titles:
    """Films that nobody has asked for, handed out once each."""

    def __init__(self, part: float) -> None:
        self.part = part
        cold = sum(map(self.number, (_COLD, _LARGE, _HALVED)))
        each = 2 * (_WARM + _KNOWN + _TITLES) + len(_ORDER) * cold
        self.count = each + 2 * _KNOWN
        self._next = iter(film.imdb for film in films(self.count))

    def number(self, whole: int) -> int:
        """Return how many of so many this run takes."""
        return max(20, int(whole * self.part))

    def take(self, number: int) -> list[str]:
        """Return so many new ones."""
        return list(islice(self._next, number))


def visit(imdb: str, look: tuple[str, str], *, keyed: bool = True, content: bool = True) -> Visit:
    """Return a visit of one title with one look."""
    query, name = look
    path = f"imdb/poster-default/{imdb}.jpg"
    return Visit(f"/{_KEY}/{path}{query}" if keyed else "", f"/c/{name}/{path}" if content else "")


async def play(stages: list[Stage], titles: Titles) -> None:
    """Play every kind of round on every stage."""
    plain, *_ = every_look = looks(_LOOKS)
    large = next(look for look in every_look if "large" in look[0])

    def plan(stage: Stage, visits: list[Visit], callers: int, seconds: float = 0.0) -> Plan:
        ports = stage.contract
        return Plan(
            gateway=ports.gateway, content=ports.content, visits=visits, callers=callers, seconds=seconds * titles.part
        )

    known = {stage.name: titles.take(_KNOWN) for stage in stages}
    for stage in stages:
        for look in (plain, large):
            await stage.play("warm", plan(stage, [visit(t, look) for t in titles.take(_WARM // 2)], _FEW), warms=True)
        await stage.play("warm", plan(stage, [visit(t, plain) for t in known[stage.name]], _FEW), warms=True)
    for nth in _ORDER:
        stage = stages[nth]
        say(f"{stage.renderers} renderer{'s' * (stage.renderers > 1)}: cold pictures")
        cold = [visit(t, plain) for t in titles.take(titles.number(_COLD))]
        await stage.play(COLD, plan(stage, cold, _WAITING))
        cold = [visit(t, large) for t in titles.take(titles.number(_LARGE))]
        await stage.play(COLD_LARGE, plan(stage, cold, _WAITING))
        cold = [visit(t, plain) for t in titles.take(titles.number(_HALVED))]
        try:
            with stage.halved():
                await stage.play(COLD_HALF, plan(stage, cold, _WAITING))
        except NoQuota as reason:
            say(f"not with half a core each: {reason}")
    for nth in _ORDER:
        stage = stages[nth]
        say(f"{stage.renderers} renderer{'s' * (stage.renderers > 1)}: redirects and hits")
        hits = [visit(t, plain, keyed=False) for t in known[stage.name]]
        if stage.renderers == 1:
            redirects = [visit(t, plain, content=False) for t in known[stage.name]]
            await stage.play(REDIRECTS, plan(stage, redirects, _FEW, _STEADY_S))
        await stage.play(HITS, plan(stage, hits, _MANY, _STEADY_S))
    for stage in stages:
        say(f"{stage.renderers} renderer{'s' * (stage.renderers > 1)}: the mix")
        asked = zip(drawn(titles.take(_TITLES), seed=1), drawn(every_look, seed=2), strict=False)
        first = titles.number(_MIX_WARM)
        visits = [visit(t, look) for t, look in islice(asked, first + titles.number(_MIX_VISITS))]
        await stage.play("warm", plan(stage, visits[:first], _WAITING), warms=True)
        await stage.play(MIX, plan(stage, visits[first:], _MANY))


async def measure(part: float) -> None:
    """Measure, print, and write when it was not quick. Raises ``RoundFailed`` and ``StartFailed``."""
    began, busy = time.monotonic(), await others_share()
    every = frozenset(os.sched_getaffinity(0))
    titles = Titles(part)
    with _folder() as folder:
        async with open_backing(folder, Cores(every, every, every)) as backing:
            machine = describe({})
            bucket_port = free_ports(1, apart_from=backing.ports.values())[0]
            async with open_stages(backing, titles.count, bucket_port) as stages:
                await play(stages, titles)
                rows = await _row_bytes(backing)
                totals = {
                    (what, stage.renderers): total(rounds) for stage in stages for what, rounds in stage.rounds.items()
                }
                figures = figures_of(totals, stages, rows)
    quiet = "The machine was otherwise idle." if busy < _BUSY else f"**Others used {busy:.1f} cores when it began.**"
    where = f"- {len(every)} cores: each renderer has one of them; stores, sources and callers are where there is room"
    text = page(f"{machine}\n{where}; {time.monotonic() - began:.0f} s in all. {quiet}", totals, figures, len(every))
    say(text)
    if part == 1.0:
        PAGE.write_text(text)
        quote()


async def _row_bytes(backing: Backing) -> dict[str, float]:
    """Return the bytes in Postgres of one picture and of one title, indexes included."""
    db = await asyncpg.connect(backing.stores["DATABASE_URL"])
    try:
        sizes: dict[str, tuple[int, int]] = {}
        for table in ("images", "titles", "title_aliases", "title_reports"):
            number = await db.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of ours
            sizes[table] = (
                int(number),
                int(await db.fetchval("SELECT pg_total_relation_size($1::text::regclass)", table)),
            )
    finally:
        await db.close()
    pictures, titles = max(1, sizes["images"][0]), max(1, sizes["titles"][0])
    of_titles = sum(sizes[table][1] for table in ("titles", "title_aliases", "title_reports"))
    return {
        "Postgres: one picture": sizes["images"][1] / pictures,
        "Postgres: one title with its aliases and reports": of_titles / titles,
    }


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="marquee-load-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres does not run as root, and somebody else must be able to enter
        yield folder


def main() -> int:
    """Read what is wanted and do it."""
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
