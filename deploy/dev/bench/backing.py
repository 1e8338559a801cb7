"""What the measured services stand on: real stores, started by the pieces of the embedded run, and the services."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from deploy.dev.bench.cores import Cores, pin
from deploy.dev.local import parts
from deploy.dev.local.environment import BUCKET, service_defaults
from deploy.dev.local.keeper import Keeper
from deploy.dev.local.ports import Contract, free_ports, is_free
from deploy.dev.local.postgres import Postgres
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program, run_once
from shared.config.environment import NAMES

_NO_SECRET: Final = "0" * 64  # signs nothing here
_UNLIMITED: Final = {"RATE_LIMITS_ENABLED": "false"}  # all load comes from one address


@dataclass(frozen=True)
class Backing:
    """Postgres, Valkey and S3, running; ``ports`` also names the sources."""

    folder: Path
    cores: Cores
    ports: Mapping[str, int]

    def environment(self, contract: Contract) -> dict[str, str]:
        """Return what services of these ports are told; nothing from outside that is about Marquee comes through."""
        outside = {name: value for name, value in os.environ.items() if name not in NAMES}
        return {**outside, **service_defaults(contract, self.ports, _NO_SECRET), **_UNLIMITED}

    @property
    def stores(self) -> dict[str, str]:
        """Return what leads to the stores."""
        return self.environment(Contract(0))

    def bare(self, what: str, port: int, *arguments: str) -> Program:
        """Return a bare server."""
        return self._module(f"bare-{what}", "bare", what, str(port), *arguments, port=port)

    def sources(self, films: int) -> Program:
        """Return instant sources that know so many films."""
        port = self.ports["demo"]
        return self._module("sources", "sources", str(port), str(films), port=port)

    def _module(self, name: str, module: str, *arguments: str, port: int) -> Program:
        command = (sys.executable, "-m", f"deploy.dev.bench.{module}", *arguments)
        is_ready = partial(is_listening, port)
        return Program(name=name, command=command, cwd=parts.ROOT, env=self.stores, is_ready=is_ready)

    @asynccontextmanager
    async def running(self, program: Program, cores: frozenset[int]) -> AsyncIterator[int]:
        """Run a program on these cores while inside; yields its pid. Raises ``StartFailed``."""
        log = program.log or self.folder / f"{program.name}.log"
        keeper = Keeper(replace(program, log=log), self.folder / f"{program.name}.pid")
        try:
            await keeper.start()
            pid = int(keeper.pid_file.read_text())
            pin(pid, cores)
            yield pid
        finally:
            await keeper.stop()

    @asynccontextmanager
    async def gateway(
        self, name: str, contract: Contract, cores: frozenset[int], extra: Mapping[str, str] | None = None
    ) -> AsyncIterator[int]:
        """Run a gateway on the contract's ports while inside, with ``extra`` in its environment; yields its pid."""
        program = parts.gateway(1, contract, self.environment(contract) | dict(extra or {}))
        async with self.running(replace(program, name=name), cores) as pid:
            yield pid

    @asynccontextmanager
    async def renderer(
        self, name: str, contract: Contract, cores: frozenset[int], extra: Mapping[str, str] | None = None
    ) -> AsyncIterator[int]:
        """Run a renderer on the contract's ports while inside, with ``extra`` in its environment; yields its pid."""
        program = parts.renderer(1, contract, self.environment(contract) | dict(extra or {}))
        async with self.running(replace(program, name=name), cores) as pid:
            yield pid


@asynccontextmanager
async def open_backing(folder: Path, cores: Cores) -> AsyncIterator[Backing]:
    """Hold the stores open on the load's cores, the database brought up to this version."""
    names = ("postgres", "valkey", "s3", "demo")
    ports = dict(zip(names, free_ports(len(names), apart_from=()), strict=True))
    backing = Backing(folder, cores, ports)
    postgres = Postgres.choose(folder / "postgres", folder / "postgres.log")
    await postgres.prepare()
    async with (
        backing.running(postgres.server(ports["postgres"]), cores.load),
        backing.running(parts.valkey(ports["valkey"], folder / "valkey", folder / "valkey.log"), cores.load),
        backing.running(parts.s3(ports["s3"], BUCKET, folder / "s3.log"), cores.load),
    ):
        await run_once(parts.migrations(backing.stores))
        yield backing


def free_contract() -> Contract:
    """Return ports for one gateway and one renderer that nobody uses now."""
    while True:
        contract = Contract(free_ports(1, apart_from=())[0])
        if all(is_free(port) for port in contract.owners(1, 1)):
            return contract
