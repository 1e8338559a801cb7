"""Rows a and g: redirects per second, against a bare route and with very many keys and looks against few."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import msgspec

from deploy.load import keys
from deploy.load.backing import Backing
from deploy.load.client import Plan, Target
from deploy.load.orders import helper
from deploy.load.results import Ratio, Row
from deploy.load.rounds import Side, compare
from deploy.local.parts import ROOT
from deploy.local.ports import free_ports
from deploy.local.probes import is_listening
from deploy.local.processes import Program
from deploy.local.terminal import say

MANY: Final = 100_000
FEW: Final = 100
_REDIRECT: Final = "HTTP/1.1 302"
_MANY_ROUNDS: Final = 6
_WARM_CONNECTIONS: Final = 64


async def measure(backing: Backing, wanted: frozenset[str]) -> list[Row]:
    """Measure the wanted ones of these rows."""
    env = backing.environment_of_stores()
    known = MANY if "g" in wanted else FEW
    await keys.store_keys(env["DATABASE_URL"], known)
    await keys.store_looks(env["DATABASE_URL"], env["REDIS_URL"], known)
    async with AsyncExitStack() as stack:
        few_pid, few = await stack.enter_async_context(backing.gateway("gateway-few", backing.cores.server))
        many_pid, many = await stack.enter_async_context(backing.gateway("gateway-many", backing.cores.server))
        bare_port = free_ports(1, apart_from=())[0]
        bare_pid = await stack.enter_async_context(
            backing.running(bare_server(backing, "redirects", bare_port), backing.cores.server)
        )
        few_paths = keys.paths(FEW, keys.TITLES)
        plan = Plan(
            {
                "few": Target(few.gateway, few_paths, _REDIRECT),
                "bare": Target(bare_port, few_paths, _REDIRECT),
                "many": Target(many.gateway, keys.paths(known, known), _REDIRECT, _WARM_CONNECTIONS),
            }
        )
        file = backing.folder / "redirects.json"
        file.write_bytes(msgspec.json.encode(plan))
        load = await stack.enter_async_context(helper("deploy.load.client", file, backing.cores.load))
        await load.measure("few", 0)
        rows: list[Row] = []
        few_side = Side(load, "few", few_pid)
        if "a" in wanted:
            rows.append(await _against_bare(few_side, Side(load, "bare", bare_pid)))
        if "g" in wanted:
            say(f"warming a gateway with {MANY:,} keys and looks")
            warmed = await load.measure("many", 0)
            say(f"warmed at {warmed.rate:,.0f} first redirects/s")
            rows.append(await _many_against_few(Side(load, "many", many_pid), Side(load, "few", few_pid), warmed.rate))
        return rows


def bare_server(backing: Backing, what: str, port: int, *arguments: str) -> Program:
    """Return a bare server as a program."""
    env = backing.environment_of_stores()
    command = (env_python(), "-m", "deploy.load.bare", what, str(port), *arguments)
    return Program(name=f"bare-{what}", command=command, cwd=ROOT, env=env, is_ready=partial(is_listening, port))
