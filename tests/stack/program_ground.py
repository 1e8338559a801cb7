"""Runs a gateway, a renderer or a command as a process of its own, on stores of which single ones can be wrong."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from deploy.dev.local.parts import ROOT
from deploy.dev.local.ports import HOST, free_ports
from tests.stack.command import command
from tests.stack.strict_s3 import BUCKET, KEY_ID, REGION, SECRET, StrictS3

Env = Mapping[str, str]
GATEWAY: Final = {"CONTENT_BASE_URL": "http://posters.example", "JWT_SECRET": "ab" * 32}
RENDERER: Final = {
    "TMDB_API_KEY": "tmdb",
    "OMDB_API_KEY": "omdb",
    "ANIME_MAP_URL": "off",
    "S3_BUCKET": BUCKET,
    "S3_REGION": REGION,
}


@dataclass
class Ground:
    """The stores, and how programs are run on them."""

    database_url: str
    redis_url: str
    s3: StrictS3
    ports: list[int] = field(default_factory=lambda: free_ports(2, apart_from=()))

    def environment(self, program: str, changed: Env) -> dict[str, str]:
        own = GATEWAY if program == "gateway" else RENDERER | {"S3_ENDPOINT_URL": self.s3.url}
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "LISTEN_ADDR": f"{HOST}:{self.ports[0]}",
            "METRICS_ADDR": f"{HOST}:{self.ports[1]}",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            **own,
            **changed,
        }

    async def ended(self, program: str, *words: str, **changed: str) -> tuple[int, str, str]:
        """Run a program that ends by itself; return its exit code and what it says."""
        return await command(program, *words, env=self.environment(program, changed))

    @asynccontextmanager
    async def running(self, program: str, *words: str, **changed: str) -> AsyncIterator[asyncio.subprocess.Process]:
        env = self.environment(program, changed)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", program, *words, cwd=ROOT, env=env, stdout=-1, stderr=-1
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await process.communicate()

    async def readiness(self) -> int:
        """Return the status of ``/readyz``, 0 while nothing listens."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"http://{HOST}:{self.ports[1]}/readyz") as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0
