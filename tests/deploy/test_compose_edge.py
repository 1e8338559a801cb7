"""The edge of the stack for one host tells the gateway whom it serves: nginx with its config, in front of a gateway."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program
from tests.gateway.auth.caller import Caller, gateway
from tests.stack.edge import find_nginx
from tests.stack.part import Part

CONFIG = Path(__file__).parents[2] / "deploy" / "compose" / "nginx.conf"
NGINX = find_nginx()
WRONG = {"username": "nobody", "password": "not the password"}
BURST = 10

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


async def test_two_addresses_have_an_allowance_of_sign_ins_each(
    tmp_path: Path, redis: Redis, postgres_url: str, valkey_url: str
) -> None:
    await redis.flushdb()
    async with (
        gateway(postgres_url, valkey_url, TRUSTED_PROXIES=HOST) as behind,
        edge(tmp_path, behind.port) as port,
    ):
        caller = Caller(behind.session, port, behind.registry, behind.app)
        first = [await sign_in(caller, "203.0.113.1") for _ in range(BURST + 6)]
        second = [await sign_in(caller, "203.0.113.2") for _ in range(BURST)]

    assert 429 in first
    assert [401] * BURST == second


async def test_an_answer_says_what_made_it(tmp_path: Path, postgres_url: str, valkey_url: str) -> None:
    async with gateway(postgres_url, valkey_url) as behind, edge(tmp_path, behind.port) as port:
        answer = await Caller(behind.session, port, behind.registry, behind.app).get("/api/ready")

    assert "marquee" == answer.headers["Server"]


async def sign_in(caller: Caller, address: str) -> int:
    """Try to sign in through a proxy with TLS in front of the edge, from ``address``; return the status."""
    return (await caller.post("/api/auth/login", WRONG, X_Forwarded_For=address)).status


@asynccontextmanager
async def edge(folder: Path, gateway_port: int) -> AsyncIterator[int]:
    """Run nginx with the config of the stack and yield its port."""
    assert NGINX is not None
    (port,) = free_ports(1, apart_from=())
    # Names of the stack's own network, and words of a newer nginx than Debian's.
    text = re.sub(r"server (?:gateway|renderer):\d+ resolve;", f"server {HOST}:{gateway_port};", CONFIG.read_text())
    text = text.replace("${NGINX_LOCAL_RESOLVERS}", HOST).replace("listen 8080", f"listen {HOST}:{port}")
    temporary = "".join(
        f"  {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("/var/cache/nginx", str(folder)).replace("http {\n", f"http {{\n{temporary}", 1)
    config = folder / "nginx.conf"
    # Started by root, nginx would work as another user, who cannot enter our folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(f"daemon off;\n{user}pid {folder}/nginx.pid;\n{text}")
    program = Program(
        name="edge",
        command=(NGINX, "-e", "stderr", "-p", str(folder), "-c", str(config)),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        is_ready=partial(is_listening, port),
    )
    part = Part(program, folder / "nginx.log")
    try:
        await asyncio.to_thread(part.start)
        yield port
    finally:
        await asyncio.to_thread(part.close)
