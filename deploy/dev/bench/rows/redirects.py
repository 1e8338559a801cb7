"""Rows a, g and m: redirects per second, against a bare route, with very many keys, and with every limit on."""

from contextlib import AsyncExitStack
from typing import Final

from deploy.dev.bench import keys
from deploy.dev.bench.callers import Target, Visit
from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row, compared
from deploy.dev.bench.rounds import Side, in_pairs, open_load, per_core
from deploy.dev.local.ports import HOST
from deploy.dev.local.terminal import say

MANY: Final = 100_000
FEW: Final = 100
_MANY_ROUNDS: Final = 6
_MANY_S: Final = 2.5
_FEW_S: Final = 0.8  # short, because the many keys expire meanwhile
_WARM_CALLERS: Final = 64
_CLIENTS: Final = 5000  # high enough that no request is refused
_LIMITED: Final = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": HOST}


async def measure(bench: Bench, wanted: frozenset[str]) -> list[Row]:
    """Measure the requested ones of these rows."""
    stores, known = bench.stores, MANY if "g" in wanted else FEW
    await keys.store_keys(stores.database_url, known)
    await keys.store_looks(stores.database_url, stores.redis_url, known)
    async with AsyncExitStack() as stack:
        core, enter = bench.cores.server, stack.enter_async_context
        few = await enter(bench.services(core, gateways=1))
        many = await enter(bench.services(core, gateways=1))
        limited = await enter(bench.services(core, _LIMITED, gateways=1))
        bare = await enter(bench.running(bench.server("servers", "redirects"), core))
        visits = [Visit(path) for path in keys.paths(FEW, keys.TITLES)]
        of_many = [Visit(path) for path in keys.paths(known, known)]
        targets = {
            "few": Target(gateway=few.contract.gateway, visits=visits),
            "limited": Target(gateway=limited.contract.gateway, visits=visits, clients=_CLIENTS),
            "bare": Target(gateway=bare.port, visits=visits),
            "bare-behind": Target(gateway=bare.port, visits=visits, clients=_CLIENTS),
            "many": Target(gateway=many.contract.gateway, visits=of_many, callers=_WARM_CALLERS),
        }
        pids = {"few": few.gateways[0].pid, "limited": limited.gateways[0].pid, "many": many.gateways[0].pid}
        load = await enter(open_load(targets, bench.cores.load))
        sides = {name: Side(load, name, pids.get(name, bare.pid)) for name in targets}
        await load.press("few", 0)
        rows: list[Row] = []
        if "a" in wanted:
            rows.append(await _against_bare(sides["few"], sides["bare"]))
        if "m" in wanted:
            await load.press("limited", 0)
            rows.append(await _limited(sides["limited"], sides["bare-behind"]))
        if "g" in wanted:
            rows.append(await _many_against_few(sides["many"], sides["few"]))
        return rows


async def _against_bare(ours: Side, bare: Side) -> Row:
    note = f"{FEW} keys, {FEW} settings, {keys.TITLES:,} titles, 4 query parameters, the same addresses for both"
    what = "gateway redirects, against a bare route with a constant 302"
    return await per_core("a", what, ours, bare, at_least=0.7, note=note)


async def _limited(ours: Side, bare: Side) -> Row:
    what = "redirects with quotas, limits and counting on, against a bare route with a constant 302"
    note = (
        f"As row a, with a monthly limit on every key, and {_CLIENTS:,} callers that a trusted proxy names in "
        "X-Forwarded-For, each with a rate limit for its key; both sides get that header"
    )
    return await per_core("m", what, ours, bare, at_least=0.6, note=note)


async def _many_against_few(ours: Side, few: Side) -> Row:
    say(f"warming a gateway with {MANY:,} keys and settings")
    first = await ours.load.press(ours.target, 0)
    say(f"warmed at {first.rate:,.0f} first redirects/s; once more, because the first keys have expired")
    await ours.load.press(ours.target, 0)
    return compared(
        "g",
        f"redirects with {MANY:,} keys and {MANY:,} settings, against {FEW} of each",
        "req/s of core",
        await in_pairs(lambda: ours.measure(_MANY_S), lambda: few.measure(_FEW_S), _MANY_ROUNDS),
        at_least=0.9,
        note=f"Two gateways on one core, each cycling through all its keys and settings and {keys.TITLES:,} titles; "
        f"the use of every key is stored in Postgres every other second; {ours.cost('many')}; {few.cost('few')}; "
        f"the first visit of every key with new settings went at {first.rate:,.0f} req/s.",
    )
