"""The stack for one host: what its file names is there, and its services are told nothing that they do not read."""

import asyncio
import json
import re
import shutil
import struct
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.config.variables import NAMES
from tests.stack.command import command

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
OURS = ("migrate", "check", "gateway", "renderer")
SSL_REQUEST = struct.pack("!i", 80877103)
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin")


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_told_only_what_they_read(name: str) -> None:
    told = set(COMPOSE["services"][name]["environment"])

    assert told
    assert {"PGPASSWORD"} == told - NAMES


def test_prometheus_reaches_the_metrics_that_are_on_loopback_otherwise() -> None:
    services = COMPOSE["services"]

    assert {"gateway": "0.0.0.0:3100", "renderer": "0.0.0.0:3101"} == {
        name: services[name]["environment"]["METRICS_ADDR"] for name in ("gateway", "renderer")
    }


@pytest.mark.parametrize("name", OURS)
def test_our_services_may_do_as_little_as_possible(name: str) -> None:
    service: dict[str, Any] = COMPOSE["services"][name]

    assert (True, ["ALL"]) == (service["read_only"], service["cap_drop"])
    assert "no-new-privileges:true" in service["security_opt"]


def test_nothing_waits_for_a_container_that_ends() -> None:
    services = COMPOSE["services"]
    ending = {name for name, service in services.items() if service.get("restart") in {"no", "on-failure"}}

    assert {"migrate", "check"} == ending
    assert [] == [
        name
        for name, service in services.items()
        if ending & set(service.get("depends_on", ())) or "service_completed_successfully" in str(service)
    ]


def test_what_is_waited_for_until_it_is_healthy_says_when_it_is() -> None:
    services = COMPOSE["services"]
    waited = {
        name
        for service in services.values()
        for name, how in (service.get("depends_on") if isinstance(service.get("depends_on"), dict) else {}).items()
        if how == {"condition": "service_healthy"}
    }

    assert {"postgres", "valkey", "s3"} == waited
    assert [] == [name for name in waited if "healthcheck" not in services[name]]


def test_the_check_asks_as_the_renderer_does_when_somebody_runs_it() -> None:
    check, renderer = COMPOSE["services"]["check"], COMPOSE["services"]["renderer"]

    assert ["python", "-m", "renderer", "check"] == check["command"][:4]
    assert ["check"] == check["profiles"]
    assert renderer["environment"] == check["environment"]
    assert renderer["depends_on"] == check["depends_on"]


@pytest.mark.parametrize("name", ["gateway", "renderer"])
def test_the_health_checks_are_those_of_the_images(name: str) -> None:
    text = (DEPLOY / "image" / "Dockerfile").read_text().partition(f" AS {name}\n")[2]
    command = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", text, re.MULTILINE)
    assert command is not None

    assert ["CMD", *json.loads(command[1])] == COMPOSE["services"][name]["healthcheck"]["test"]


@pytest.mark.parametrize("password", ["a b@c:d/e#f?g%h%41[i]&j+k$l", "\"quoted\" 'text' \\ ü"])
async def test_a_password_of_any_characters_reaches_the_database(password: str) -> None:
    service = COMPOSE["services"]["migrate"]
    async with password_of_caller() as (port, received):
        address = service["environment"]["DATABASE_URL"].replace("@postgres:5432", f"@127.0.0.1:{port}")
        environment = {"DATABASE_URL": address, "PGPASSWORD": password}
        assert environment.keys() <= service["environment"].keys()
        await command(*service["command"][2:], env=environment)

    assert ["python", "-m"] == service["command"][:2]
    assert password == received[0]


@asynccontextmanager
async def password_of_caller() -> AsyncIterator[tuple[int, list[str]]]:
    """Yield the port of a Postgres that asks each caller for a password in plain text, and what it was answered."""
    received: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while (await message(reader))[:4] == SSL_REQUEST:
                writer.write(b"N")
            writer.write(b"R" + struct.pack("!ii", 8, 3))
            assert b"p" == await reader.readexactly(1)
            received.append((await message(reader)).rstrip(b"\0").decode())
        writer.close()

    async def message(reader: asyncio.StreamReader) -> bytes:
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        return await reader.readexactly(length - 4)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], received


def test_every_file_that_is_mounted_exists() -> None:
    mounted = [
        volume.partition(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith(".")
    ]

    assert mounted
    assert [] == [path for path in mounted if not (DEPLOY / "compose" / path).exists()]


def test_every_variable_is_explained_in_the_example() -> None:
    text = (DEPLOY / "compose" / "compose.yaml").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)[:}]", text))
    explained = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose" / "example.env").read_text(), re.MULTILINE))

    assert used
    assert used == explained


def test_every_image_has_a_version() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    built = {service["image"] for service in COMPOSE["services"].values() if "build" in service}

    assert {"marquee/gateway", "marquee/renderer"} == built
    assert [] == [image for image in images if image not in built and not re.search(r":v?\d", image)]


def test_prometheus_keeps_exemplars_and_still_reads_its_file() -> None:
    service: dict[str, Any] = COMPOSE["services"]["prometheus"]
    flags = dict(flag.split("=", 1) for flag in service["command"])
    mounted = [volume.split(":")[1] for volume in service["volumes"]]

    assert "exemplar-storage" == flags["--enable-feature"]
    assert {flags["--config.file"], flags["--storage.tsdb.path"]} <= set(mounted)


def test_nothing_listens_beyond_this_host() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]

    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_the_edge_understands_its_config(tmp_path: Path) -> None:
    text = (DEPLOY / "compose" / "nginx.conf").read_text()
    # Names of the stack's own network, and words of a newer nginx than Debian's.
    text = re.sub(r"server (gateway|renderer):(\d+) resolve;", r"server 127.0.0.1:\2;", text)
    text = text.replace("/var/cache/nginx", str(tmp_path)).replace("listen 8080", "listen 127.0.0.1:8080")
    text = text.replace("${NGINX_LOCAL_RESOLVERS}", "127.0.0.11")  # as the image's own start does
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/nginx.pid;\n{text}")

    checked = subprocess.run(  # noqa: S603 - Debian's nginx
        [str(NGINX), "-t", "-e", "stderr", "-c", str(config)], capture_output=True, text=True, timeout=60, check=False
    )

    assert 0 == checked.returncode, checked.stderr
