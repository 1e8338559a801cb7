"""The stack for one host, started by Docker Compose or podman-compose. `make compose-test` runs it.

It needs an engine that runs containers and reaches the registries of the images, and builds ours, which takes minutes.
"""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

import pytest

from deploy.dev.local.ports import free_ports

pytestmark = [pytest.mark.stress, pytest.mark.timeout(3600)]

FILE: Final = Path(__file__).parents[2] / "deploy" / "compose" / "compose.yaml"
COMPOSERS: Final = (("docker", "compose"), ("podman-compose",))
BUILD_S: Final = 1800.0
UP_S: Final = 300.0
BURST: Final = 10
PASSWORD: Final = "a b@c:d/e?f%41[g]&h+i"
"""For Postgres and the first admin: everything that an address or a file of variables could misread."""


class Stack:
    """The running stack."""

    def __init__(self, words: Sequence[str], port: int) -> None:
        self._words = words
        self.url = f"http://127.0.0.1:{port}"

    def compose(self, *words: str, seconds: float = UP_S) -> subprocess.CompletedProcess[str]:
        """Run a command of the composer to its end."""
        command = [*self._words, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)  # noqa: S603

    def status(self, path: str, body: object = None, **headers: str) -> int:
        """Return the status of a request through the edge."""
        raw = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        request = urllib.request.Request(self.url + path, raw, sent)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0


def find_composer() -> tuple[str, ...]:
    """Return the first composer whose engine answers; skips where there is none."""
    for words in COMPOSERS:
        engine = "podman" if words[0] == "podman-compose" else "docker"
        if shutil.which(words[0]) and shutil.which(engine):
            probes = ([*words, "version"], [engine, "info"])
            if all(subprocess.run(probe, capture_output=True, check=False).returncode == 0 for probe in probes):  # noqa: S603
                return words
    pytest.skip("neither docker compose nor podman-compose works here")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    composer = find_composer()
    port, grafana = free_ports(2, apart_from=())
    variables = {
        "JWT_SECRET": "5" * 64, "POSTGRES_PASSWORD": PASSWORD, "GRAFANA_PASSWORD": "grafana", "ADMIN_USERNAME": "ada",
        "ADMIN_PASSWORD": PASSWORD, "TMDB_API_KEY": "none", "MDBLIST_API_KEY": "none",
        "EDGE_PORT": str(port), "GRAFANA_PORT": str(grafana), "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    file = tmp_path_factory.mktemp("compose") / "test.env"
    file.write_text("".join(f"{name}='{text}'\n" for name, text in variables.items()))
    stack = Stack([*composer, "-p", "marquee-test", "-f", str(FILE), "--env-file", str(file)], port)
    try:
        started = stack.compose("up", "-d", "--build", seconds=BUILD_S)
        assert started.returncode == 0, started.stderr[-2000:]
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "40")


def eventually(found: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + UP_S
    while not found():
        assert time.monotonic() < until, f"{what}: not within {UP_S:g} s"
        time.sleep(1)


def test_every_store_passes_the_check_and_both_services_answer_through_the_edge(stack: Stack) -> None:
    eventually(lambda: stack.status("/") == 200, "the gateway answers")
    unknown = f"/c/{'0' * 32}/imdb/poster-default/tt0017136.jpg"
    eventually(lambda: stack.status(unknown) == 404, "the renderer answers")

    checked = stack.compose("run", "--rm", "check")

    assert 0 == checked.returncode, checked.stdout + checked.stderr


def test_the_first_admin_signs_in_and_two_addresses_have_an_allowance_each(stack: Stack) -> None:
    right, wrong = {"username": "ada", "password": PASSWORD}, {"username": "nobody", "password": "wrong"}
    eventually(lambda: stack.status("/api/auth/login", right) == 200, "the admin signs in")

    first = [stack.status("/api/auth/login", wrong, X_Forwarded_For="203.0.113.1") for _ in range(BURST + 10)]
    second = [stack.status("/api/auth/login", wrong, X_Forwarded_For="203.0.113.2") for _ in range(BURST)]

    assert 429 in first
    assert [401] * BURST == second


def test_a_restart_keeps_what_is_stored(stack: Stack) -> None:
    restarted = stack.compose("restart", seconds=UP_S)
    right = {"username": "ada", "password": PASSWORD}

    assert 0 == restarted.returncode, restarted.stderr
    eventually(lambda: stack.status("/api/auth/login", right, X_Forwarded_For="203.0.113.3") == 200, "still the admin")
