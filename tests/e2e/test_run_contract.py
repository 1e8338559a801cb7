"""What `make run` promises to whoever starts it, relies on its ports and pid files, and stops it."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.dev.local.ports import is_free
from deploy.dev.local.postgres import DATABASE
from deploy.dev.local.probes import has_bucket, has_database, head_of, is_redis_up, is_up
from tests.e2e.make_run import MakeRun, nothing_left_of
from tests.stack.ports import free_contract
from tests.waiting import eventually, run_apart

BACK_S = 60.0
EMBEDDED = {"postgres", "valkey", "s3", "demo"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that outlives each run: the first one makes the database, the others find it."""
    return tmp_path_factory.mktemp("run-contract")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, demo_pictures: Path) -> Iterator[MakeRun]:
    """Run two processes of each service for the tests that leave the run as it is."""
    outside = {"GATEWAYS": "2", "RENDERERS": "2", "TMDB_API_KEY": "", "S3_BUCKET": "pictures"}
    outside["DEMO_PICTURES"] = str(demo_pictures)
    with MakeRun(tmp_path_factory.mktemp("pair"), outside=outside) as run:
        yield run.until_ready()


def test_run_says_where_its_pages_are_and_which_pictures_are_ready(pair: MakeRun) -> None:
    base = f"http://127.0.0.1:{pair.port}"

    def pictures() -> list[str]:
        return [line.strip() for line in pair.out if line.startswith("  http://")]

    assert eventually(lambda: len(pictures()) == 3, seconds=BACK_S), pair.out
    at = pair.out.index(pair.ready_line)
    assert [
        f"  website    {base}/",
        f"  configure  {base}/configure",
        f"  admin      {base}/admin   (no admin yet: the first visitor creates one)",
        "  free key   t0-free-rpdb",
    ] == pair.out[at + 1 : at + 5]
    paths = [url.removeprefix(base) for url in pictures()]
    locations = [run_apart(head_of(pair.port, path)).headers["location"] for path in paths]
    heads = [run_apart(head_of(pair.port + 1, urlsplit(location).path)) for location in locations]
    assert ["HIT"] * 3 == [head.headers["x-cache-status"] for head in heads]


def test_run_notes_the_pid_of_every_process_itself(pair: MakeRun) -> None:
    programs = {name: Path(f"/proc/{pair.pid(name)}/cmdline").read_text().split("\0") for name in pair.pid_names()}

    assert {"gateway", "gateway-2", "renderer-1", "renderer-2", *EMBEDDED} == set(programs)
    assert programs["postgres"][0].endswith("/postgres")
    assert "server" in programs["valkey"][0]
    assert ["-m", "gateway"] == programs["gateway-2"][1:3]
    assert ["-m", "renderer"] == programs["renderer-1"][1:3]


def test_processes_of_a_service_share_its_port_and_have_a_metrics_port_each(pair: MakeRun) -> None:
    addresses = {
        name: tuple(pair.environment_of(name)[variable] for variable in ("LISTEN_ADDR", "METRICS_ADDR"))
        for name in ("gateway", "gateway-2", "renderer-1", "renderer-2")
    }

    port = pair.port
    expected = {
        "gateway": (port, port + 100),
        "gateway-2": (port, port + 110),
        "renderer-1": (port + 1, port + 101),
        "renderer-2": (port + 1, port + 111),
    }
    assert {name: tuple(f"127.0.0.1:{each}" for each in ports) for name, ports in expected.items()} == addresses
    assert not any(is_free(each) for ports in expected.values() for each in ports)


def test_services_see_the_outside_environment_and_empty_counts_as_not_set(pair: MakeRun) -> None:
    seen = pair.environment_of("renderer-1")

    assert "pictures" == seen["S3_BUCKET"]
    assert "demo" == seen["TMDB_API_KEY"]
    assert f"http://127.0.0.1:{pair.port + 1}" == seen["CONTENT_BASE_URL"]
    assert (pair.data_dir / "jwt_secret").read_text().strip() == seen["JWT_SECRET"]
    assert 0o600 == (pair.data_dir / "jwt_secret").stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["renderer-1", "gateway-2", "valkey", "s3", "postgres"])
def test_a_killed_process_is_reported_and_comes_back_on_its_port(pair: MakeRun, name: str) -> None:
    before = pair.pid(name)

    os.kill(before, signal.SIGKILL)

    assert eventually(lambda: pair.pid(name) != before, seconds=BACK_S)
    assert eventually(lambda: pair.reports(f"{name} ended (signal 9); restarting"), seconds=BACK_S)
    # Until it answers: the next test uses the same run.
    assert eventually(lambda: run_apart(answers_again(pair, name)), seconds=BACK_S)


@pytest.mark.stress  # a busy machine takes longer
def test_a_second_run_is_ready_in_under_five_seconds(data_dir: Path) -> None:
    with MakeRun(data_dir) as first:
        first.until_ready()

    began = time.monotonic()
    with MakeRun(data_dir) as second:
        second.until_ready()
        took_s = time.monotonic() - began

    assert took_s < 5


@pytest.mark.parametrize(
    ("send", "code"),
    [
        pytest.param(lambda run: os.kill(run.make.pid, signal.SIGTERM), -signal.SIGTERM, id="SIGTERM to make alone"),
        pytest.param(lambda run: os.kill(run.make.pid, signal.SIGINT), -signal.SIGINT, id="SIGINT to make alone"),
        pytest.param(lambda run: os.killpg(run.make.pid, signal.SIGINT), -signal.SIGINT, id="SIGINT to all"),
        pytest.param(lambda run: os.killpg(run.make.pid, signal.SIGTERM), -signal.SIGTERM, id="SIGTERM to all"),
        pytest.param(lambda run: os.kill(run.make.pid, signal.SIGKILL), -signal.SIGKILL, id="SIGKILL to make"),
        pytest.param(lambda run: os.kill(run.supervisor, signal.SIGTERM), 0, id="SIGTERM to the supervisor"),
        pytest.param(lambda run: os.kill(run.supervisor, signal.SIGKILL), 2, id="SIGKILL to the supervisor"),
    ],
)
def test_a_stopped_run_leaves_nothing_behind(data_dir: Path, send: Callable[[MakeRun], None], code: int) -> None:
    with MakeRun(data_dir) as run, nothing_left_of(run.until_ready()):
        send(run)

        assert code == run.until_ended()


def test_a_stopped_run_removes_its_pid_files(data_dir: Path) -> None:
    with MakeRun(data_dir) as run:
        run.until_ready()

        os.kill(run.supervisor, signal.SIGINT)

        assert 0 == run.until_ended()
        assert set() == run.pid_names()


def test_a_port_in_use_is_one_sentence_and_nothing_is_started(tmp_path: Path) -> None:
    port = free_contract().gateway
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()

        with MakeRun(tmp_path, port=port) as run:
            code = run.until_ended()

    assert 2 == code  # make's own, for a recipe that ended with 1
    assert f"port {port + 1} (the content server) is in use" in run.err[0]
    assert [] == list(tmp_path.iterdir())


def test_a_data_folder_serves_one_run_at_a_time(pair: MakeRun) -> None:
    with MakeRun(pair.data_dir) as second:
        code = second.until_ended()

    assert 2 == code
    assert second.reports("is in use by another run")


def test_parts_given_from_outside_are_not_started(pair: MakeRun, tmp_path: Path) -> None:
    given = pair.environment_of("gateway")
    variables = ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    outside = {name: given[name] for name in variables}

    with MakeRun(tmp_path, outside=outside) as run:
        run.until_ready()
        names = run.pid_names()
        seen = run.environment_of("renderer-1")

    assert {"gateway", "renderer-1", "demo"} == names
    assert outside == {name: seen[name] for name in variables}


def test_a_service_that_refuses_to_start_ends_the_run_and_is_named(data_dir: Path) -> None:
    with MakeRun(data_dir, outside={"JWT_SECRET": "too short"}) as run:
        code = run.until_ended()

    assert 2 == code
    assert any(line.startswith("gateway ended (exit code") and line.endswith("before it was ready") for line in run.err)


async def answers_again(run: MakeRun, name: str) -> bool:
    """Tell whether a process does what it is there for."""
    port = port_of(run, name)
    match name:
        case "postgres":
            return await has_database(port, DATABASE)
        case "valkey":
            return await is_redis_up(port)
        case "s3":
            return await has_bucket(port, "pictures")
        case _:
            return await is_up(port, "/metrics")


def port_of(run: MakeRun, name: str) -> int:
    """Return the port of a process by what the services were told of it."""
    told = run.environment_of("gateway" if name not in {"gateway-2", "renderer-1"} else name)
    variable = {"valkey": "REDIS_URL", "s3": "S3_ENDPOINT_URL", "postgres": "DATABASE_URL"}.get(name, "METRICS_ADDR")
    return int(told[variable].rpartition(":")[2].partition("/")[0])
