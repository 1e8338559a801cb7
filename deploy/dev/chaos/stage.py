"""The stack that the run breaks: real stores, the sources behind ways that can be broken, two of each service."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from deploy.dev.bench.backing import free_contract
from deploy.dev.chaos.part import Part
from deploy.dev.chaos.relay import Relay
from deploy.dev.local import parts
from deploy.dev.local.environment import BUCKET, service_defaults
from deploy.dev.local.ports import HOST, Contract, free_ports
from deploy.dev.local.postgres import Postgres
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program, run_once
from shared.config.environment import NAMES

FILMS: Final = 2000
SOURCES: Final = {
    "tmdb": ("TMDB_API_URL", "/tmdb/3"),
    "tmdb images": ("TMDB_IMAGE_URL", "/tmdb-images/t/p"),
    "mdblist": ("MDBLIST_API_URL", "/mdblist"),
    "omdb": ("OMDB_API_URL", "/omdb"),
    "fanart": ("FANART_API_URL", "/fanart/v3"),
}
"""Each source with the variable that leads to it, and its path in the demo."""

_NO_SECRET: Final = "0" * 64  # signs nothing here


@dataclass(frozen=True)
class Stage:
    """Everything that runs."""

    contract: Contract
    environment: dict[str, str]
    gateways: list[Part]
    renderers: list[Part]
    valkey: Part
    postgres: Part
    ways: dict[str, Relay]
    """The ways to the sources, by ``SOURCES``, and the way to ``s3``."""
    s3_port: int
    """Where S3 is when its way is broken."""


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """Run the stack while inside; afterwards no process of it is left. Raises ``StartFailed``."""
    ports = free_ports(4 + 1 + len(SOURCES), apart_from=())
    valkey_port, postgres_port, s3_port, sources_port, *way_ports = ports
    contract = free_contract()
    async with AsyncExitStack() as undo:
        ways = {}
        targets = {"s3": s3_port, **dict.fromkeys(SOURCES, sources_port)}
        for (name, target), port in zip(targets.items(), way_ports, strict=True):
            ways[name] = await undo.enter_async_context(Relay(port, target))
        by_name = dict(zip(targets, way_ports, strict=True))
        env = _environment(contract, {"valkey": valkey_port, "postgres": postgres_port}, by_name)
        server = Postgres.choose(folder / "postgres", folder / "postgres.log")
        await server.prepare()
        backing = [
            Part(program, folder / f"{program.name}.log")
            for program in (
                parts.valkey(valkey_port, folder / "valkey", folder / "valkey.log"),
                server.server(postgres_port),
                parts.s3(s3_port, BUCKET, folder / "s3.log"),
                _sources(sources_port),
            )
        ]
        await _start(undo, backing)
        await run_once(parts.migrations(env))
        gateways = [Part(parts.gateway(n, contract, env), folder / f"gateway-{n}.log") for n in (1, 2)]
        renderers = [Part(parts.renderer(n, contract, env), folder / f"renderer-{n}.log") for n in (1, 2)]
        await _start(undo, [*gateways, *renderers])
        yield Stage(contract, env, gateways, renderers, backing[0], backing[1], ways, s3_port)


def _environment(contract: Contract, stores: dict[str, int], ways: dict[str, int]) -> dict[str, str]:
    """Return what the services are told; nothing from outside that is about Marquee comes through."""
    outside = {name: value for name, value in os.environ.items() if name not in NAMES}
    told = service_defaults(contract, {**stores, "s3": ways["s3"], "demo": ways["tmdb"]}, _NO_SECRET)
    sources = {name: f"http://{HOST}:{ways[source]}{path}" for source, (name, path) in SOURCES.items()}
    return {**outside, **told, **sources, "RATE_LIMITS_ENABLED": "false"}  # all callers have one address


def _sources(port: int) -> Program:
    return Program(
        name="sources",
        command=(sys.executable, "-m", "deploy.dev.chaos.sources", str(port), str(FILMS)),
        cwd=parts.ROOT,
        env=dict(os.environ),
        is_ready=partial(is_listening, port),
    )


async def _start(undo: AsyncExitStack, some: list[Part]) -> None:
    for part in some:
        undo.push_async_callback(part.close)
    async with asyncio.TaskGroup() as group:
        for part in some:
            group.create_task(part.start())
