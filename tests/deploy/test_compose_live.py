"""The stack for one host, started by Docker Compose or podman-compose. `make compose-test` runs it.

It needs an engine that runs containers and has the images or reaches their registries, and it builds ours, which takes
minutes.
The sources are the stand-ins of `make run`, in a container (compose_sources.yaml).
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

FILES: Final = (
    Path(__file__).parents[2] / "deploy" / "compose" / "compose.yaml",
    Path(__file__).with_name("compose_sources.yaml"),
)
PROJECT: Final = "marquee-test"
COMPOSERS: Final = (("docker", "compose"), ("podman-compose",))
BUILD_S: Final = 1800.0
UP_S: Final = 300.0
BURST: Final = 10
PASSWORD: Final = 'a b@c:d/e?f%41[g]&h+i#j$k"l'
"""For Postgres and the first admin: everything that an address or a file of variables could misread."""
POSTER: Final = "/t0-free-rpdb/imdb/poster-default/tt0017136.jpg"
CHECKED: Final = ("postgres", "valkey", "s3", "gateway", "renderer")
"""The services with a health check."""

INSIDE: Final = """
import os, sys, urllib.request
try:
    open("/app/written", "w")
    sys.exit("the root can be written")
except OSError:
    pass
answer = urllib.request.urlopen("http://127.0.0.1:3001" + sys.argv[1], timeout=60)
print(os.getuid(), answer.headers["X-Cache-Status"], len(answer.read()))
"""
"""Run in a renderer: who it is there, and what it answers itself, without the edge."""


class Stack:
    """The running stack."""

    def __init__(self, words: Sequence[str], port: int) -> None:
        self._words = words
        self.engine = "podman" if words[0] == "podman-compose" else "docker"
        self.url = f"http://127.0.0.1:{port}"

    def containers(self, service: str) -> list[str]:
        """Return the ids of the containers of a service that run."""
        labels = (f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={service}")
        filters = [word for label in labels for word in ("--filter", f"label={label}")]
        return run(self.engine, "ps", "-q", *filters).stdout.split()

    def started_at(self) -> set[str]:
        """Return when the containers of the services with a health check were started."""
        found = [each for service in CHECKED for each in self.containers(service)]
        return set(run(self.engine, "inspect", "--format", "{{.State.StartedAt}}", *found).stdout.splitlines())

    def is_healthy(self, service: str) -> bool:
        """Return whether a service has a container and the health check of each succeeds."""
        found = self.containers(service)
        if self.engine == "podman":  # which leaves the time of each check to systemd, which not every host has
            return bool(found) and all(run("podman", "healthcheck", "run", each).returncode == 0 for each in found)
        states = run("docker", "inspect", "--format", "{{.State.Health.Status}}", *found).stdout.split()
        return bool(found) and set(states) == {"healthy"}

    def in_renderer(self, path: str) -> str:
        """Return what `INSIDE` prints for a path, or why it fails."""
        done = run(self.engine, "exec", self.containers("renderer")[0], "python", "-c", INSIDE, path)
        return done.stdout.strip() or done.stderr

    def compose(self, *words: str, seconds: float = UP_S) -> subprocess.CompletedProcess[str]:
        """Run a command of the composer to its end."""
        return run(*self._words, *words, seconds=seconds)

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

    def picture(self, path: str) -> tuple[str, bytes]:
        """Return the address that a picture's redirect leads to, and its bytes."""
        with urllib.request.urlopen(self.url + path, timeout=90) as answer:  # noqa: S310
            return str(answer.url).removeprefix(self.url), answer.read()


def run(*words: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)  # noqa: S603


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
        "EDGE_PORT": str(port), "GRAFANA_PORT": str(grafana), "PUBLIC_URL": f"http://127.0.0.1:{port}", "GATEWAYS": "2",
    }  # fmt: skip
    file = tmp_path_factory.mktemp("compose") / "test.env"
    file.write_text("".join(f"{name}='{text}'\n" for name, text in variables.items()))
    named = [word for path in FILES for word in ("-f", str(path))]
    stack = Stack([*composer, "-p", PROJECT, *named, "--env-file", str(file)], port)
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

    checked = stack.compose("--profile", "check", "run", "--rm", "check")

    assert 0 == checked.returncode, checked.stdout + checked.stderr


@pytest.mark.parametrize("service", CHECKED)
def test_every_health_check_succeeds(stack: Stack, service: str) -> None:
    eventually(lambda: stack.is_healthy(service), f"{service} is healthy")

    assert (2 if service == "gateway" else 1) == len(stack.containers(service))


def test_a_poster_is_drawn_by_nobody_under_a_root_that_cannot_be_written(stack: Stack) -> None:
    eventually(lambda: stack.status(POSTER) == 200, "a poster is drawn")
    content, poster = stack.picture(POSTER)

    assert content.startswith("/c/")
    assert b"\xff\xd8\xff" == poster[:3]
    assert f"65534 HIT {len(poster)}" == stack.in_renderer(content)


def test_the_first_admin_signs_in_and_two_addresses_have_an_allowance_each(stack: Stack) -> None:
    right, wrong = {"username": "ada", "password": PASSWORD}, {"username": "nobody", "password": "wrong"}
    eventually(lambda: stack.status("/api/auth/login", right) == 200, "the admin signs in")

    first = [stack.status("/api/auth/login", wrong, X_Forwarded_For="203.0.113.1") for _ in range(BURST + 10)]
    second = [stack.status("/api/auth/login", wrong, X_Forwarded_For="203.0.113.2") for _ in range(BURST)]

    assert 429 in first
    assert [401] * BURST == second


def test_what_was_stored_is_there_after_everything_was_killed(stack: Stack) -> None:
    content, poster = stack.picture(POSTER)

    began = stack.started_at()
    killed = run(stack.engine, "kill", *(each for service in (*CHECKED, "edge") for each in stack.containers(service)))
    assert 0 == killed.returncode, killed.stderr
    started = stack.compose("up", "-d")
    assert 0 == started.returncode, started.stderr
    eventually(lambda: len(began) == len(stack.started_at() - began), "every container runs again")

    right = {"username": "ada", "password": PASSWORD}
    eventually(lambda: stack.status("/api/auth/login", right, X_Forwarded_For="203.0.113.3") == 200, "still the admin")
    eventually(lambda: stack.in_renderer(content) == f"65534 HIT {len(poster)}", "the poster is still stored")
