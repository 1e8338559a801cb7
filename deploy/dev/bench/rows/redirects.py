"""Rows a, g and m: redirects per second, against a bare route, with very many keys, and with every limit on."""

from contextlib import AsyncExitStack
from typing import Final

import msgspec

from deploy.dev.bench import keys
from deploy.dev.bench.backing import Backing, free_contract
from deploy.dev.bench.client import Plan, Target
from deploy.dev.bench.orders import measurer
from deploy.dev.bench.results import Ratio, Row
from deploy.dev.bench.rounds import Side, compare, in_pairs
from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.terminal import say

MANY: Final = 100_000
FEW: Final = 100
_REDIRECT: Final = "HTTP/1.1 302"
_MANY_ROUNDS: Final = 6
_MANY_S: Final = 2.5
_FEW_S: Final = 0.8  # short, for the many keys grow old meanwhile
_WARM_CONNECTIONS: Final = 64
_CLIENTS: Final = 5000  # so many that none is refused
_LIMITED: Final = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": HOST}


async def measure(backing: Backing, wanted: frozenset[str]) -> list[Row]:
    """Measure the wanted ones of these rows."""
    env = backing.stores
    known = MANY if "g" in wanted else FEW
    await keys.store_keys(env["DATABASE_URL"], known)
    await keys.store_looks(env["DATABASE_URL"], env["REDIS_URL"], known)
    async with AsyncExitStack() as stack:
        core, few, many, limited = backing.cores.server, free_contract(), free_contract(), free_contract()
        bare_port = free_ports(1, apart_from=())[0]
        few_pid = await stack.enter_async_context(backing.gateway("gateway-few", few, core))
        many_pid = await stack.enter_async_context(backing.gateway("gateway-many", many, core))
        limited_pid = await stack.enter_async_context(backing.gateway("gateway-limited", limited, core, _LIMITED))
        bare_pid = await stack.enter_async_context(backing.running(backing.bare("redirects", bare_port), core))
        few_paths = keys.paths(FEW, keys.TITLES)
        plan = Plan(
            {
                "few": Target(few.gateway, few_paths, _REDIRECT),
                "limited": Target(limited.gateway, few_paths, _REDIRECT, clients=_CLIENTS),
                "bare-behind": Target(bare_port, few_paths, _REDIRECT, clients=_CLIENTS),
                "bare": Target(bare_port, few_paths, _REDIRECT),
                "many": Target(many.gateway, keys.paths(known, known), _REDIRECT, _WARM_CONNECTIONS),
            }
        )
        file = backing.folder / "redirects.json"
        file.write_bytes(msgspec.json.encode(plan))
        load = await stack.enter_async_context(measurer("deploy.dev.bench.client", file, backing.cores.load))
        await load.measure("few", 0)
        rows: list[Row] = []
        few_side = Side(load, "few", few_pid)
        if "a" in wanted:
            rows.append(await _against_bare(few_side, Side(load, "bare", bare_pid)))
        if "m" in wanted:
            await load.measure("limited", 0)
            rows.append(await _limited(Side(load, "limited", limited_pid), Side(load, "bare-behind", bare_pid)))
        if "g" in wanted:
            say(f"warming a gateway with {MANY:,} keys and looks")
            warmed = await load.measure("many", 0)
            say(f"warmed at {warmed.rate:,.0f} first redirects/s; once more, for the first keys have come of age")
            await load.measure("many", 0)
            rows.append(await _many_against_few(Side(load, "many", many_pid), Side(load, "few", few_pid), warmed.rate))
        return rows


async def _against_bare(ours: Side, bare: Side) -> Ratio:
    return Ratio(
        letter="a",
        what="gateway redirects, against a bare route with a constant 302",
        unit="req/s of core",
        pairs=await compare(ours, bare),
        at_least=0.7,
        note=f"{FEW} keys, {FEW} looks, {keys.TITLES:,} titles, 4 query parameters, the same addresses for both; "
        f"{ours.cost('ours')}; {bare.cost('bare')}; load generator at most {ours.measurer_busy:.0%} busy.",
    )


async def _limited(ours: Side, bare: Side) -> Ratio:
    return Ratio(
        letter="m",
        what="redirects with quotas, limits and counting on, against a bare route with a constant 302",
        unit="req/s of core",
        pairs=await compare(ours, bare),
        at_least=0.6,
        note=f"As row a, with a monthly limit on every key, and {_CLIENTS:,} callers that a trusted proxy names in "
        f"X-Forwarded-For, each with an allowance for its key; both sides get that header; {ours.cost('ours')}; "
        f"{bare.cost('bare')}; load generator at most {ours.measurer_busy:.0%} busy.",
    )


async def _many_against_few(ours: Side, few: Side, first_rate: float) -> Ratio:
    return Ratio(
        letter="g",
        what=f"redirects with {MANY:,} keys and {MANY:,} looks, against {FEW} of each",
        unit="req/s of core",
        pairs=await in_pairs(lambda: ours.measure(_MANY_S), lambda: few.measure(_FEW_S), _MANY_ROUNDS),
        at_least=0.9,
        note=f"Two gateways on one core, each cycling through all its keys and looks and {keys.TITLES:,} titles; "
        f"the use of every key is stored in Postgres every other second; {ours.cost('many')}; {few.cost('few')}; "
        f"the first visit of every key with an unseen look went at {first_rate:,.0f} req/s.",
    )
