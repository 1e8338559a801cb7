"""What the mix is measured on: a gateway and some renderers with a queue of their own, and what a round cost them."""

import asyncio
import json
import sys
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
from redis.asyncio import Redis
from yarl import URL

from deploy.dev.bench.backing import Backing
from deploy.dev.bench.cores import cpu_s, machine_cpu_s
from deploy.dev.bench.mix_bucket import COUNTS
from deploy.dev.bench.mix_callers import Plan, Seen
from deploy.dev.bench.quota import quota
from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, Contract, free_ports, is_free
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program

HALF: Final = 0.5
"""Of a core, for each renderer, where the stores shall have the other core to themselves."""

_ROUND_S: Final = 180.0
_STATISTICS_S: Final = 1.2  # Postgres tells what it did about once a second
_WITHOUT_WAITING: Final = {
    "RENDER_CONCURRENCY": "1",
    "RENDER_WAIT_MS": "30000",
}  # a core each; plain art measures nothing


class RoundFailed(Exception):
    """Callers met what they should not, so their times say nothing."""


class Spent(msgspec.Struct, frozen=True):
    """What one round came to: seconds of processor by part, and what the stores were asked."""

    seen: Seen
    cpu: dict[str, float]
    asked: dict[str, float]


@dataclass
class Stage:
    """A gateway and its renderers, running; ``pids`` also names the neighbours whose processor time is told apart."""

    name: str
    contract: Contract
    renderers: int
    pids: dict[str, int]
    stores: Mapping[str, str]
    folder: Path
    rounds: dict[str, list[Spent]] = field(default_factory=dict)

    async def play(self, what: str, plan: Plan, *, warms: bool = False) -> None:
        """Carry out a plan and keep what it came to, unless it only warms. Raises ``RoundFailed``."""
        before, machine_s = await self._spent(), machine_cpu_s()
        seen = await self._callers(plan)
        machine_s = machine_cpu_s() - machine_s
        await asyncio.sleep(_STATISTICS_S)
        if seen.failed:
            raise RoundFailed(f"{what}: {seen.failed} answers, the first with {seen.first_failure}")
        after = await self._spent()
        if not warms:
            spent = {name: value - before.get(name, 0) for name, value in after.items()} | {
                "callers cpu": seen.cpu_s,
                "machine cpu": machine_s,
            }
            cpu = {name.removesuffix(" cpu"): value for name, value in spent.items() if name.endswith(" cpu")}
            asked = {name: value for name, value in spent.items() if not name.endswith(" cpu")}
            self.rounds.setdefault(what, []).append(Spent(seen, cpu, asked))

    def halved(self) -> AbstractContextManager[None]:
        """Hold each renderer to half a core while inside. Raises ``NoQuota``."""
        return quota([pid for name, pid in self.pids.items() if name.startswith("renderer")], HALF)

    def peak_mib(self, part: str) -> float:
        """Return the most resident memory that any process of this part had."""
        return max(_peak_mib(pid) for name, pid in self.pids.items() if name.startswith(part))

    async def _callers(self, plan: Plan) -> Seen:
        file, answer = self.folder / f"{self.name}.plan", self.folder / f"{self.name}.seen"
        file.write_bytes(msgspec.json.encode(plan))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.dev.bench.mix_callers", str(file), str(answer), cwd=parts.ROOT
        )
        try:
            async with asyncio.timeout(_ROUND_S):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise RoundFailed(f"the callers ended with {process.returncode}")
        return msgspec.json.decode(answer.read_bytes(), type=Seen)

    async def _spent(self) -> dict[str, float]:
        """Return all that counts up."""
        spent: dict[str, float] = {f"{name} cpu": _with_children_cpu_s(pid) for name, pid in self.pids.items()}
        async with Redis.from_url(self.stores["REDIS_URL"]) as redis:
            spent["redis commands"] = int((await redis.info("stats"))["total_commands_processed"])
        db = await asyncpg.connect(self.stores["DATABASE_URL"])
        try:
            spent["postgres transactions"] = int(
                await db.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            )
        finally:
            await db.close()
        counts = await asyncio.to_thread(_counts, self.stores["S3_ENDPOINT_URL"])
        return spent | {f"s3 {name}": number for name, number in counts.items()}


@asynccontextmanager
async def open_stages(backing: Backing, films: int, bucket_port: int) -> AsyncIterator[list[Stage]]:
    """Hold open one stage with one renderer and one with two, each renderer on a core of its own."""
    cores = backing.cores
    bucket = Program(
        name="bucket",
        command=(sys.executable, "-m", "deploy.dev.bench.mix_bucket", str(bucket_port)),
        cwd=parts.ROOT,
        env=backing.stores,
        is_ready=partial(is_listening, bucket_port),
    )
    async with AsyncExitStack() as stack:
        shared = {
            "sources": await stack.enter_async_context(backing.running(backing.sources(films), cores.every)),
            **{name: int((backing.folder / f"{name}.pid").read_text()) for name in ("postgres", "valkey")},
            "bucket": await stack.enter_async_context(backing.running(bucket, cores.every)),
        }
        stages = []
        for renderers in (1, 2):
            contract = _free_contract(renderers)
            stores = backing.environment(contract) | {
                "S3_ENDPOINT_URL": f"http://{HOST}:{bucket_port}",
                "REDIS_URL": str(URL(backing.stores["REDIS_URL"]).with_path(f"/{renderers}")),
            }
            name = f"with-{renderers}"
            stage = Stage(name, contract, renderers, dict(shared), stores, backing.folder)
            gateway = replace(parts.gateway(1, contract, stores), name=f"gateway-{name}")
            stage.pids["gateway"] = await stack.enter_async_context(backing.running(gateway, cores.every))
            for nth in range(1, renderers + 1):
                program = parts.renderer(nth, contract, {**stores, **_WITHOUT_WAITING})
                program = replace(program, name=f"{program.name}-{name}")
                core = frozenset([sorted(cores.every)[(nth - 1) % len(cores.every)]])
                stage.pids[f"renderer-{nth}"] = await stack.enter_async_context(backing.running(program, core))
            stages.append(stage)
        yield stages


def _free_contract(renderers: int) -> Contract:
    while True:
        contract = Contract(free_ports(1, apart_from=())[0])
        if all(is_free(port) for port in contract.owners(1, renderers)):
            return contract


def _counts(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}{COUNTS}", timeout=10) as answer:  # noqa: S310 - our own bucket
        return dict(json.load(answer))


def _with_children_cpu_s(pid: int) -> float:
    """Return the processor time of a process and of all its children that run: Postgres has one for each connection."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        own_s = cpu_s(pid)
    except (FileNotFoundError, ProcessLookupError):  # a child may end meanwhile
        return 0.0
    return own_s + sum(_with_children_cpu_s(int(child)) for child in children)


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
