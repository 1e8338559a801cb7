"""The whole stack, built by hand: started in order and stopped in reverse."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.dev.local import parts
from deploy.dev.local.environment import BUCKET, embedded_parts, kept_secret, service_defaults, write_run_env
from deploy.dev.local.ports import Contract, free_ports
from deploy.dev.local.postgres import Postgres
from deploy.dev.local.processes import Keeper, Program, StartFailed, run_once
from deploy.dev.local.terminal import STDOUT, log_format


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of this run; ``data_dir`` is absolute and has the folders `run` and `log`."""

    outside: Mapping[str, str]
    contract: Contract
    gateways: int
    renderers: int
    data_dir: Path

    @property
    def run_env(self) -> Path:
        """Return the file with the addresses of this run's stores."""
        return self.data_dir / "run.env"

    def log(self, name: str) -> Path:
        """Return an empty log for one part: each run starts a new one, so that logs do not grow forever."""
        file = self.data_dir / "log" / f"{name}.log"
        file.write_bytes(b"")
        return file


@dataclass
class Stack:
    """Everything that `make run` runs."""

    plan: Plan
    _backing: list[Keeper] = field(default_factory=list)
    _services: list[Keeper] = field(default_factory=list)

    async def start(self) -> None:
        """Start every part and return when requests can be served.

        Raises StartFailed. In either case, call `stop` afterwards.
        """
        plan = self.plan
        embedded = embedded_parts(plan.outside)
        contract_ports = plan.contract.owners(plan.gateways, plan.renderers)
        ports = dict(zip(embedded, free_ports(len(embedded), apart_from=contract_ports), strict=True))
        secret = kept_secret(plan.data_dir / "jwt_secret")
        formats = {"LOG_FORMAT": log_format(STDOUT)}
        env = {**service_defaults(plan.contract, ports, secret), **formats, **plan.outside}
        try:
            async with asyncio.TaskGroup() as behind:
                # Only the word "ready" waits for the demo catalogue: the first picture is the first to use it.
                if "demo" in ports:
                    behind.create_task(self._keep(self._backing, parts.demo(ports["demo"], plan.log("demo"))))
                await self._start_backing(ports, env)
                await self._start_services(env)
            write_run_env(plan.run_env, env)
        except ExceptionGroup as group:
            raise _first(group) from group

    async def stop(self) -> None:
        """Stop the services, which may drain, and then the parts they depend on; afterwards no child is left."""
        self.plan.run_env.unlink(missing_ok=True)
        for tier in (self._services, self._backing):
            await asyncio.gather(*(keeper.stop() for keeper in reversed(tier)))

    async def _start_backing(self, ports: Mapping[str, int], env: Mapping[str, str]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start_database(ports.get("postgres"), env))
            if port := ports.get("valkey"):
                data = self.plan.data_dir / "valkey"
                group.create_task(self._keep(self._backing, parts.valkey(port, data, self.plan.log("valkey"))))
            if port := ports.get("s3"):
                data = self.plan.data_dir / "s3"
                program = parts.s3(port, env.get("S3_BUCKET") or BUCKET, data, self.plan.log("s3"))
                group.create_task(self._keep(self._backing, program))
            else:
                group.create_task(run_once(parts.outside_bucket(env)))

    async def _start_database(self, port: int | None, env: Mapping[str, str]) -> None:
        if port is not None:
            postgres = Postgres.choose(self.plan.data_dir / "postgres", self.plan.log("postgres"))
            await postgres.prepare()
            await self._keep(self._backing, postgres.server(port))
        await run_once(parts.migrations(env))

    async def _start_services(self, env: Mapping[str, str]) -> None:
        plan = self.plan
        gateways = [parts.gateway(n, plan.contract, env) for n in range(1, plan.gateways + 1)]
        renderers = [parts.renderer(n, plan.contract, env) for n in range(1, plan.renderers + 1)]
        async with asyncio.TaskGroup() as group:
            for program in (*gateways, *renderers):
                group.create_task(self._keep(self._services, program))

    async def _keep(self, tier: list[Keeper], program: Program) -> None:
        keeper = Keeper(program, self.plan.data_dir / "run" / f"{program.name}.pid")
        tier.append(keeper)
        await keeper.start()


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """Return the failure to show to the person; anything but a failed start is a bug and keeps its traceback."""
    failures = group.subgroup(StartFailed)
    if failures is None:
        return group
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
