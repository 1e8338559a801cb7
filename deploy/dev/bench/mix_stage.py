"""What the mix is measured on: a gateway and renderers with their own queue, and the cost of a round for them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from statistics import quantiles
from typing import Final

import aiohttp
import msgspec
from redis.asyncio import Redis
from yarl import URL

from deploy.dev.bench.callers import REDIRECT, Target, Visit
from deploy.dev.bench.harness import Bench, database, family_cpu_s, machine_cpu_s, peak_mib, pin
from deploy.dev.bench.quota import quota
from deploy.dev.bench.rounds import open_load
from deploy.dev.bench.servers import COUNTS
from tests.stack.caller import fetch
from tests.stack.services import Services

HALF: Final = 0.5
"""Share of a core for each renderer, when the stores have the other core to themselves."""

_STATISTICS_S: Final = 1.2  # Postgres publishes its statistics about once a second
_SETTINGS: Final = {
    "RENDER_CONCURRENCY": "1",  # a core each
    "RENDER_WAIT_MS": "30000",  # fallback artwork measures nothing
}


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
        pictures = sum(len(times) for name, times in self.times.items() if name != REDIRECT)
        return len(self.times.get(what, ())) / pictures if pictures else 0.0

    def percentiles_ms(self, what: str) -> tuple[float, float] | None:
        """Return p50 and p99 of these responses, ``None`` when there were too few."""
        times = self.times.get(what, ())
        if len(times) < 2:  # noqa: PLR2004 - one has no quantiles
            return None
        cuts = quantiles(times, n=100, method="inclusive")
        return cuts[49] * 1000, cuts[98] * 1000


@dataclass
class Stage:
    """A gateway and its renderers, running; ``pids`` also names the other parts whose processor time is listed."""

    bench: Bench
    services: Services
    pids: dict[str, int]
    totals: dict[str, Spent] = field(default_factory=dict)

    @property
    def renderers(self) -> int:
        """Return the number of renderers."""
        return len(self.services.renderers)

    @property
    def name(self) -> str:
        """Return the stage's name for printing."""
        return f"{self.renderers} renderer{'s' * (self.renderers > 1)}"

    async def play(
        self, what: str, visits: Sequence[Visit], callers: int, seconds: float = 0.0, *, warms: bool = False
    ) -> None:
        """Run one round and keep its result, unless it only warms up. Raises ``RoundFailed``."""
        ports = self.services.contract
        target = Target(
            gateway=ports.gateway, content=ports.content, visits=list(visits), callers=callers, notes_times=True
        )
        async with open_load({what: target}, self.bench.cores.every) as load:
            before, machine_s = await self._spent(), machine_cpu_s()
            seen = await load.press(what, seconds)
            machine_s = machine_cpu_s() - machine_s
        await asyncio.sleep(_STATISTICS_S)
        if warms:
            return
        spent = {name: value - before.get(name, 0) for name, value in (await self._spent()).items()}
        cpu = {name: spent.pop(name) for name in self.pids} | {"callers": seen.cpu_s, "machine": machine_s}
        round_ = Spent(seen.visits, seen.seconds, seen.times, Counter(cpu), Counter(spent))
        self.totals[what] = self.totals[what] + round_ if what in self.totals else round_

    def halved(self) -> AbstractContextManager[None]:
        """Hold each renderer to half a core while inside. Raises ``NoQuota``."""
        return quota([part.pid for part in self.services.renderers], HALF)

    def peak_mib(self, part: str) -> float:
        """Return the peak resident memory of any process of this part."""
        return max(peak_mib(pid) for name, pid in self.pids.items() if name.startswith(part))

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
async def open_stages(bench: Bench) -> AsyncIterator[list[Stage]]:
    """Hold open one stage with one renderer and one with two, each renderer on its own core."""
    every = bench.cores.every
    async with AsyncExitStack() as stack:
        sources = await stack.enter_async_context(bench.running(bench.sources, every))
        bucket = await stack.enter_async_context(bench.running(bench.server("servers", "bucket"), every))
        neighbours = {"sources": sources.pid, **bench.pids, "bucket": bucket.pid}
        stages = []
        for renderers in (1, 2):
            # A separate Redis number and the cheap bucket; Postgres is shared.
            redis_url = str(URL(bench.stores.redis_url).with_path(f"/{renderers}"))
            stores = replace(bench.stores, redis_url=redis_url, s3_url=bucket.url)
            opened = bench.services(every, _SETTINGS, gateways=1, renderers=renderers, stores=stores)
            services = await stack.enter_async_context(opened)
            pids = {**neighbours, "gateway": services.gateways[0].pid}
            for nth, part in enumerate(services.renderers):
                pin(part.pid, frozenset([sorted(every)[nth % len(every)]]))
                pids[f"renderer-{nth + 1}"] = part.pid
            stages.append(Stage(bench, services, pids))
        yield stages


async def row_bytes(database_url: str) -> dict[str, float]:
    """Return the bytes in Postgres of one picture and of one title, indexes included."""
    tables = ("images", "titles", "title_aliases", "title_reports")
    async with database(database_url) as db:
        sizes = {t: await db.fetchval("SELECT pg_total_relation_size($1::text::regclass)", t) for t in tables}
        pictures, titles = await db.fetchrow("SELECT (SELECT count(*) FROM images), (SELECT count(*) FROM titles)")
    return {
        "Postgres: one picture": sizes.pop("images") / max(1, pictures),
        "Postgres: one title with its aliases and reports": sum(sizes.values()) / max(1, titles),
    }
