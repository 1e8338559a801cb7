"""What visits are measured on: a gateway and renderers with their own queue, and the cost of a round for each part."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import urlencode

import aiohttp
import msgspec
from redis.asyncio import Redis
from yarl import URL

from deploy.dev.bench.callers import REDIRECT, WHOLE, Target, Visit
from deploy.dev.bench.harness import Bench, database, family_cpu_s, machine_cpu_s, memory_mb, pin
from deploy.dev.bench.results import percentile
from deploy.dev.bench.rounds import RoundFailed, open_load
from deploy.dev.bench.servers import COUNTS
from deploy.load.zipf import looks
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.model import Heading
from shared.settings.parameters import parse
from tests.stack.caller import fetch
from tests.stack.services import FREE_KEY, Services


class Look(NamedTuple):
    """A query, the settings hash it leads to, and the kind of picture."""

    query: str
    name: str
    kind: Kind = Kind.POSTER


def _small_backdrop(title: Heading) -> Look:
    query = {"imageSize": "small", "title": title.value}
    name = settings_hash(parse(Kind.BACKDROP, Format.JPG, query))
    return Look(f"?{urlencode(query)}", name, Kind.BACKDROP)


LOOKS: Final = [Look(*each) for each in looks(8)]
PLAIN: Final = LOOKS[0]
LARGE: Final = next(look for look in LOOKS if "large" in look.query)
BACKDROP: Final = _small_backdrop(Heading.NONE)
CARD: Final = _small_backdrop(Heading.LOGO)
WAITING: Final = 24
"""Callers at once for cold pictures, so that the renderers never wait for one."""

_STATISTICS_S: Final = 1.2  # Postgres publishes its statistics about once a second
_PLAIN_ART: Final = "MISS-FALLBACK"
_SETTINGS: Final = {
    "RENDER_CONCURRENCY": "1",  # a core each
    "RENDER_WAIT_MS": "30000",  # fallback artwork measures nothing
}


def visits(titles: Iterable[str], look: Look = PLAIN, *, keyed: bool = True, content: bool = True) -> list[Visit]:
    """Return a visit of each title, all with the same settings."""
    return [visit(title, look, keyed=keyed, content=content) for title in titles]


def visit(imdb: str, look: Look = PLAIN, *, keyed: bool = True, content: bool = True) -> Visit:
    """Return a visit of one title with the given settings."""
    path = f"imdb/{look.kind}-default/{imdb}.jpg"
    return Visit(f"/{FREE_KEY}/{path}{look.query}" if keyed else "", f"/c/{look.name}/{path}" if content else "")


class Spent(msgspec.Struct, frozen=True):
    """The cost of rounds of one kind: seconds of processor time by part, and calls to the stores."""

    visits: int
    seconds: float
    times: dict[str, list[float]]
    cpu: Counter[str]  # adds up fractions as well
    asked: Counter[str]

    def __add__(self, other: "Spent") -> "Spent":
        times = {name: [*self.times.get(name, ()), *other.times.get(name, ())] for name in self.times | other.times}
        visits, seconds = self.visits + other.visits, self.seconds + other.seconds
        return Spent(visits, seconds, times, self.cpu + other.cpu, self.asked + other.asked)

    @property
    def rate(self) -> float:
        """Return visits per second of real time."""
        return self.visits / self.seconds

    def cpu_ms(self, part: str) -> float:
        """Return the milliseconds of processor time that a visit cost all processes of this part."""
        return self._cpu_s(part) / self.visits * 1000

    def busy(self, part: str) -> float:
        """Return how many cores all processes of this part used."""
        return self._cpu_s(part) / self.seconds

    def _cpu_s(self, part: str) -> float:
        return sum(value for name, value in self.cpu.items() if name.startswith(part))

    def each(self, what: str) -> float:
        """Return how many calls to a store one visit cost."""
        return self.asked[what] / self.visits

    def share(self, what: str) -> float:
        """Return the share of the pictures with this cache status."""
        pictures = sum(len(times) for name, times in self.times.items() if name not in {REDIRECT, WHOLE})
        return len(self.times.get(what, ())) / pictures if pictures else 0.0

    def percentiles_ms(self, what: str) -> tuple[float, float]:
        """Return p50 and p99 of these responses."""
        return percentile(self.times[what], 50) * 1000, percentile(self.times[what], 99) * 1000


@dataclass
class Stage:
    """A gateway and its renderers, running; ``pids`` also names the other parts whose processor time is listed."""

    bench: Bench
    services: Services
    pids: dict[str, int]
    totals: dict[str, Spent] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=list)
    """The titles that it has as medium posters."""

    def __post_init__(self) -> None:
        self.renderers = len(self.services.renderers)
        self.idle_mb = memory_mb(self.pids["renderer-1"])

    async def stock(self, number: int) -> None:
        """Have at least this number of medium posters drawn. Raises ``RoundFailed``."""
        if number > len(self.drawn):
            await self.cold(number - len(self.drawn), WAITING)

    async def cold(self, number: int, callers: int, what: str = "", look: Look = PLAIN) -> Spent:
        """Visit this number of titles that were never requested, and keep the cost under ``what``.

        Raises ``RoundFailed``, also when a caller got plain artwork.
        """
        titles = list(islice(self.bench.titles, number))
        spent = await self.play(visits(titles, look), callers, what=what)
        if _PLAIN_ART in spent.times:
            raise RoundFailed(f"{what}: {len(spent.times[_PLAIN_ART])} pictures were not drawn in time")
        self.drawn += titles if look == PLAIN else ()
        return spent

    async def play(self, made: Sequence[Visit], callers: int, seconds: float = 0.0, *, what: str = "") -> Spent:
        """Run one round, and add its cost to that of others under ``what``, if named. Raises ``RoundFailed``."""
        ports = self.services.contract
        target = Target(
            gateway=ports.gateway, content=ports.content, visits=list(made), callers=callers, notes_times=True
        )
        async with open_load({what: target}, self.bench.cores.every) as load:
            before, machine_s = await self._spent(), machine_cpu_s()
            seen = await load.press(what, seconds)
            machine_s = machine_cpu_s() - machine_s
        await asyncio.sleep(_STATISTICS_S)
        used = {name: value - before.get(name, 0) for name, value in (await self._spent()).items()}
        cpu = {name: used.pop(name) for name in self.pids} | {"callers": seen.cpu_s, "machine": machine_s}
        spent = Spent(seen.visits, seen.seconds, seen.times, Counter(cpu), Counter(used))
        if what:
            self.totals[what] = self.totals[what] + spent if what in self.totals else spent
        return spent

    async def _spent(self) -> dict[str, float]:
        """Return all counters."""
        spent: dict[str, float] = {name: family_cpu_s(pid) for name, pid in self.pids.items()}
        stores = self.services.stores
        async with Redis.from_url(stores.redis_url) as redis:
            spent["redis commands"] = int((await redis.info("stats"))["total_commands_processed"])
        async with database(stores.database_url) as db:
            query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            spent["postgres transactions"] = await db.fetchval(query)
        async with aiohttp.ClientSession() as http:
            counts: Mapping[str, float] = (await fetch(http, f"{stores.s3_url}{COUNTS}")).json
        return spent | {f"s3 {name}": number for name, number in counts.items()}


@asynccontextmanager
async def open_stages(bench: Bench, *renderers: int) -> AsyncIterator[list[Stage]]:
    """Hold open a stage with each of these numbers of renderers, each renderer on its own core."""
    every = bench.cores.every
    async with AsyncExitStack() as stack:
        sources = await stack.enter_async_context(bench.running(bench.sources, every))
        bucket = await stack.enter_async_context(bench.running(bench.server("servers", "bucket"), every))
        stages = []
        for number in renderers:
            # A separate Redis number and the cheap bucket; Postgres is shared.
            redis_url = str(URL(bench.stores.redis_url).with_path(f"/{number}"))
            stores = replace(bench.stores, redis_url=redis_url, s3_url=bucket.url)
            opened = bench.services(every, _SETTINGS, gateways=1, renderers=number, stores=stores)
            services = await stack.enter_async_context(opened)
            pids = {"sources": sources.pid, **bench.pids, "bucket": bucket.pid, "gateway": services.gateways[0].pid}
            for nth, part in enumerate(services.renderers):
                pin(part.pid, frozenset([sorted(every)[nth % len(every)]]))
                pids[f"renderer-{nth + 1}"] = part.pid
            stages.append(Stage(bench, services, pids))
        yield stages


async def row_bytes(database_url: str) -> dict[str, float]:
    """Return the bytes in Postgres of one picture, and of one title with its aliases and reports, indexes included."""
    tables = ("images", "titles", "title_aliases", "title_reports")
    async with database(database_url) as db:
        sizes = {t: await db.fetchval("SELECT pg_total_relation_size($1::text::regclass)", t) for t in tables}
        pictures, titles = await db.fetchrow("SELECT (SELECT count(*) FROM images), (SELECT count(*) FROM titles)")
    return {"picture": sizes.pop("images") / max(1, pictures), "title": sum(sizes.values()) / max(1, titles)}
