"""What a gateway and a renderer load and keep in memory by the time they have served a picture."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.stack.caller import fetch
from tests.stack.part import Part
from tests.stack.services import Services
from tests.stack.sources import Sources
from tests.stack.stores import Stores

MB = 1 << 20
RENDERER_IDLE = 100 * MB
GATEWAY_IDLE = 70 * MB

UNUSED = (
    "aiobotocore",  # only without S3 keys
    "botocore.client",
    "botocore.session",
    "opentelemetry.sdk.trace",  # only with a collector
    "opentelemetry.exporter",
    "google.protobuf",
    "requests",
    "sqlalchemy",  # only for migrations
    "alembic",
    "typer",  # only for operators' commands
)
OF_THE_GATEWAY = ("jinja2", "argon2", "jwt")
OF_THE_RENDERER = ("PIL", "numpy", "simplejpeg", "imagecodecs", "resvg_py", "botocore")
_IMPORTED = re.compile(r"import time: *\d+ \| *\d+ \| *([\w.]+)")


def imported(part: Part) -> set[str]:
    """Return every module that the process has loaded, of which Python writes a line each."""
    return set(_IMPORTED.findall(part.said()))


def pss(part: Part) -> int:
    """Return the memory of a process in bytes, with its share of what it has in common with others."""
    rollup = Path(f"/proc/{part.pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


@pytest.fixture
async def services(stores: Stores, sources: Sources, tmp_path: Path) -> AsyncIterator[Services]:
    settings = {"PYTHONPROFILEIMPORTTIME": "1", "RENDER_WAIT_MS": "60000"}
    async with Services(tmp_path, stores, sources, settings) as services:
        yield services


async def test_a_process_loads_only_what_it_uses(services: Services, http: aiohttp.ClientSession) -> None:
    idle = [pss(part) for part in services.parts]

    answer = await fetch(http, services.picture("tt0013442.jpg"))

    gateway, renderer = map(imported, services.parts)
    assert 200 == answer.status
    assert {"aiohttp", "asyncpg"} <= gateway & renderer
    assert [] == [name for name in (*UNUSED, *OF_THE_RENDERER) if name in gateway]
    assert [] == [name for name in (*UNUSED, *OF_THE_GATEWAY) if name in renderer]
    assert set(OF_THE_RENDERER) <= renderer
    assert idle[0] < GATEWAY_IDLE
    assert idle[1] < RENDERER_IDLE
