"""The stack for one host: what its file names is there, and its services are told nothing that they do not read."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.config.environment import NAMES

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
OURS = ("migrate", "check", "gateway", "renderer")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin")


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_told_only_what_they_read(name: str) -> None:
    told = set(COMPOSE["services"][name]["environment"])

    assert told
    assert set() == told - NAMES


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


def test_the_services_start_once_the_check_has_passed() -> None:
    services = COMPOSE["services"]

    assert ["python", "-m", "renderer", "check"] == services["check"]["command"][:4]
    assert services["renderer"]["environment"] == services["check"]["environment"]
    for name in ("gateway", "renderer"):
        assert {"check": {"condition": "service_completed_successfully"}} == services[name]["depends_on"]
    assert {"migrate", "valkey", "bucket"} == services["check"]["depends_on"].keys()


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
    required = set(re.findall(r"\$\{([A-Z_]+):\?\}", text))
    explained = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose" / "example.env").read_text(), re.MULTILINE))

    assert required
    assert required <= explained


def test_every_image_has_a_version() -> None:
    images = [service["image"] for service in COMPOSE["services"].values() if "build" not in service]

    assert [] == [image for image in images if not re.search(r":v?\d", image)]


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
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {tmp_path}/nginx.pid;\n{text}")

    checked = subprocess.run(  # noqa: S603 - Debian's nginx
        [str(NGINX), "-t", "-e", "stderr", "-c", str(config)], capture_output=True, text=True, timeout=20, check=False
    )

    assert 0 == checked.returncode, checked.stderr
