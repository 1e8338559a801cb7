"""Rows a, g, m and s: redirects per second, against a bare route, with very many keys, and with every limit on."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import islice, permutations
from typing import Final

import msgspec
from redis.asyncio import Redis

from deploy.dev.bench.callers import Target, Visit
from deploy.dev.bench.harness import Bench, database, memory_mb
from deploy.dev.bench.results import Row, bounded, compared
from deploy.dev.bench.rounds import Side, in_pairs, open_load, per_core
from deploy.dev.local.ports import HOST
from deploy.dev.local.terminal import say
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash, settings_text
from shared.settings.model import DEFAULT_ORDER
from shared.settings.parameters import parse
from tests.stack.services import Services

TITLES: Final = 5000
_FIRST_TITLE: Final = 1_000_000
_BATCH: Final = 5000
_QUOTA: Final = 2_000_000_000  # requests a month: counted, but never reached
_SIZES: Final = ("medium", "large", "very-large")
_LABELS: Final = ("t", "i", "o")
MANY: Final = 100_000
FEW: Final = 100
_OF_MANY: Final = frozenset("gs")
_MANY_S: Final = 2.5
_FEW_S: Final = 0.8  # short, because the many keys expire meanwhile
_WARM_CALLERS: Final = 64
_CLIENTS: Final = 5000  # high enough that no request is refused
_LIMITED: Final = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": HOST}


async def measure(bench: Bench, wanted: frozenset[str]) -> AsyncIterator[Row]:
    """Measure the requested ones of these rows."""
    stores, known = bench.stores, MANY if wanted & _OF_MANY else FEW
    await store_keys(stores.database_url, known)
    await store_looks(stores.database_url, stores.redis_url, known)
    async with AsyncExitStack() as stack:
        core, enter = bench.cores.server, stack.enter_async_context
        few = await enter(bench.services(core, gateways=1))
        many = await enter(bench.services(core, gateways=1))
        limited = await enter(bench.services(core, _LIMITED, gateways=1))
        bare = await enter(bench.running(bench.server("servers", "redirects"), core))
        visits = [Visit(path) for path in paths(FEW, FEW, TITLES)]
        targets = {
            "few": Target(gateway=few.contract.gateway, visits=visits),
            "limited": Target(gateway=limited.contract.gateway, visits=visits, clients=_CLIENTS),
            "bare": Target(gateway=bare.port, visits=visits),
            "bare-behind": Target(gateway=bare.port, visits=visits, clients=_CLIENTS),
            "keys": _warming(many, paths(known, FEW, known)),
            "many": _warming(many, paths(known, known, known)),
        }
        pids = {"few": few.gateways[0].pid, "limited": limited.gateways[0].pid}
        pids |= dict.fromkeys(("keys", "many"), many.gateways[0].pid)
        load = await enter(open_load(targets, bench.cores.load))
        sides = {name: Side(load, name, pids.get(name, bare.pid)) for name in targets}
        await load.press("few", 0)
        if "a" in wanted:
            note = f"{FEW} keys, {FEW} settings, {TITLES:,} titles"
            yield await per_core("a", sides["few"], sides["bare"], note=note)
        if "m" in wanted:
            await load.press("limited", 0)
            note = f"As row a, with a monthly limit on every key, and {_CLIENTS:,} callers with a rate limit each"
            yield await per_core("m", sides["limited"], sides["bare-behind"], note=note)
        if wanted & _OF_MANY:
            await _warm(sides["keys"], "keys")
            if "s" in wanted:
                yield bounded("s keys", memory_mb(pids["many"]), many=MANY)
            first = await _warm(sides["many"], "keys and settings")
            if "s" in wanted:
                yield Row.stated("s settings", f"{memory_mb(pids['many']):.0f} MB", many=MANY)
            if "g" in wanted:
                yield await _many_against_few(sides["many"], sides["few"], first)


def _warming(gateway: Services, paths: Sequence[str]) -> Target:
    return Target(gateway=gateway.contract.gateway, visits=[Visit(path) for path in paths], callers=_WARM_CALLERS)


async def _warm(many: Side, what: str) -> float:
    """Have each of very many keys used, and return how many first visits there were per second."""
    say(f"warming a gateway with {MANY:,} {what}")
    first = await many.load.press(many.target, 0)
    say(f"warmed at {first.rate:,.0f} first redirects/s; once more, because the first keys have expired")
    await many.load.press(many.target, 0)
    return first.rate


async def _many_against_few(many: Side, few: Side, first: float) -> Row:
    pairs = await in_pairs("g", lambda: many.measure(_MANY_S), lambda: few.measure(_FEW_S))
    costs = f"{many.cost('many')}; {few.cost('few')}; the first visit of all settings went at {first:,.0f} req/s"
    return compared("g", pairs, f"{TITLES:,} titles; {costs}.", many=MANY, few=FEW)


def key(number: int) -> str:
    """Return the text of one key."""
    return hashlib.sha256(f"bench {number}".encode()).hexdigest()


def looks(number: int) -> Iterator[dict[str, str]]:
    """Yield distinct settings, each of four query parameters."""
    for nth, order in enumerate(islice(permutations(DEFAULT_ORDER), number)):
        yield {
            "imageSize": _SIZES[nth % 3],
            "ratings_limit": str(1 + nth % 10),
            "label_style": _LABELS[nth // 3 % 3],
            "ratings_order": ",".join(order),
        }


def paths(keys: int, settings: int, requests: int) -> list[str]:
    """Return addresses that cycle through this many keys, this many settings, and ``TITLES`` titles."""
    queries = ["&".join(f"{name}={value}" for name, value in look.items()) for look in looks(settings)]
    every = [key(nth) for nth in range(keys)]
    return [
        f"/{every[nth % keys]}/imdb/poster-default/tt{_FIRST_TITLE + nth % TITLES}.jpg?{queries[nth % settings]}"
        for nth in range(requests)
    ]


async def store_keys(database_url: str, number: int) -> None:
    """Store the keys as an admin would have created them."""
    rows = [(f"bench {nth}", hashlib.sha256(key(nth).encode()).digest(), key(nth)[:8], _QUOTA) for nth in range(number)]
    columns = ["name", "key_hash", "key_prefix", "monthly_limit"]
    async with database(database_url) as db:
        await db.copy_records_to_table("api_keys", records=rows, columns=columns)
        await db.execute("ANALYZE api_keys")


async def store_looks(database_url: str, redis_url: str, number: int) -> None:
    """Store the settings as another gateway would have: in Postgres and in Redis."""
    every = (parse(Kind.POSTER, Format.JPG, look) for look in looks(number))
    made = {settings_hash(settings): settings for settings in every}
    if len(made) != number:
        raise ValueError(f"{number - len(made)} settings are equal to others")
    bodies = {name: msgspec.json.encode(settings).decode() for name, settings in made.items()}
    rows = [
        (name, settings.kind.value, settings.format.value, bodies[name], settings_text(settings))
        for name, settings in made.items()
    ]
    columns = ["hash", "kind", "format", "settings", "text"]
    async with database(database_url) as db:
        await db.copy_records_to_table("settings_registry", records=rows, columns=columns)
    # Under a name other than the registry's own the gateway would query Postgres: a slower start, the same result.
    pairs = [(f"marquee:look:{name}", body) for name, body in bodies.items()]
    async with Redis.from_url(redis_url) as redis:
        for start in range(0, len(pairs), _BATCH):
            await redis.mset(dict(pairs[start : start + _BATCH]))
