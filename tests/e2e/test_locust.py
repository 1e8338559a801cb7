"""The load scripts for operators do what their page says, against real services: each scenario, and a wrong key."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from deploy.dev.local.parts import ROOT
from deploy.dev.local.ports import HOST
from tests.stack.caller import show
from tests.stack.pair import Pair
from tests.stack.sources import Sources
from tests.stack.stores import Stores

SCRIPT = "deploy/load/locustfile.py"
SECONDS = (2, 8, 32)
"""How long a scenario is played: longer where a busy machine did not come far enough before."""

LONGEST_S = 120.0
CALLERS = 4
NOBODYS = "0" * 64


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    with Pair(tmp_path_factory.mktemp("locust"), stores, sources, {"RENDER_WAIT_MS": "15000"}) as pair:
        yield pair


@pytest.fixture(scope="module")
def key(pair: Pair) -> str:
    key, _ = asyncio.run(pair.new_key())
    return key


class Row(msgspec.Struct, frozen=True):
    """One row of locust's statistics."""

    name: str
    num_requests: int
    num_failures: int
    start_time: float
    last_request_timestamp: float | None


@dataclass(frozen=True)
class Report:
    """What one run of locust came to."""

    code: int
    rows: dict[str, Row]
    complaints: str
    page: str
    """The report for a browser: it is written last, and therefore lacks nothing."""

    @property
    def failed(self) -> int:
        return sum(row.num_failures for row in self.rows.values())

    @property
    def lasted_s(self) -> float:
        """Return the time from the first request to the last."""
        return max((row.last_request_timestamp or 0.0) - row.start_time for row in self.rows.values())

    def asked(self, *names: str) -> int:
        return sum(row.num_requests for name, row in self.rows.items() if name in names)


def played(
    scenario: str, pair: Pair, key: str, folder: Path, *options: str, until: Callable[[Report], bool] = lambda _: True
) -> Report:
    """Play a scenario as an operator does, longer each time until it went as far as ``until`` says."""
    report = Report(0, {}, "", "")
    for seconds in SECONDS:
        report = _played(scenario, pair, key, folder, seconds, *options)
        if report.rows and until(report):
            break
    return report


def _played(scenario: str, pair: Pair, key: str, folder: Path, seconds: int, *options: str) -> Report:
    """Play a scenario once with a key in the environment; nothing that it leaves may show the key."""
    command = [sys.executable, "-m", "locust", "-f", SCRIPT, "--headless", "--host", pair.gateway_url, "--json"]
    command += ["-u", str(CALLERS), "-r", str(CALLERS), "-t", f"{seconds}s", "--stop-timeout", "20"]
    command += ["--csv", str(folder / "run"), "--html", str(folder / "run.html"), "--loglevel", "DEBUG", *options]
    done = subprocess.run(
        [*command, scenario],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", os.defpath), "MARQUEE_KEY": key},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.stdout, done.stderr
    rows = {row.name: row for row in msgspec.json.decode(done.stdout, type=list[Row])}
    show(scenario, [(row.name, row.num_requests, row.num_failures) for row in rows.values()])
    files = {file.name: file.read_text() for file in folder.iterdir()}
    assert {"run_stats.csv", "run_failures.csv", "run.html"} <= set(files)
    pair.check_secrets(done.stdout, done.stderr, *files.values())
    assert [] == [name for name, text in {"stdout": done.stdout, "stderr": done.stderr, **files}.items() if key in text]
    return Report(done.returncode, rows, files["run_failures.csv"], files["run.html"])


def copies(sources: Sources, folder: Path, number: int) -> tuple[str, ...]:
    """Return options that ask for films of their own, whose pictures cost little."""
    file = folder / "ids.txt"
    file.write_text("".join(f"{sources.film().imdb}\n" for _ in range(number)))
    return "--ids", str(file), "--deadline", "20"


def test_redirects_are_asked_for_and_no_picture(pair: Pair, key: str, sources: Sources, tmp_path: Path) -> None:
    report = played("Redirects", pair, key, tmp_path, *copies(sources, tmp_path, 1))

    assert (0, 0) == (report.code, report.failed), report.complaints
    assert {"302"} == set(report.rows)
    assert report.asked("302") > 0


def test_hits_ask_for_an_address_once_and_for_its_picture_often(
    pair: Pair, key: str, sources: Sources, tmp_path: Path
) -> None:
    def is_far(report: Report) -> bool:
        return report.asked("HIT") > report.asked("302")

    report = played("Hits", pair, key, tmp_path, *copies(sources, tmp_path, 1), until=is_far)

    assert (0, 0) == (report.code, report.failed), report.complaints
    assert report.asked("HIT") > report.asked("302") > 0


def test_cold_draws_a_picture_for_each_visit(pair: Pair, key: str, sources: Sources, tmp_path: Path) -> None:
    asyncio.run(pair.quiet())
    drawn = pair.number("renderer_draw_seconds_count")

    report = played("Cold", pair, key, tmp_path, *copies(sources, tmp_path, 20))

    asyncio.run(pair.quiet())
    assert (0, 0) == (report.code, report.failed), report.complaints
    assert report.asked("MISS") > 0
    assert report.asked("302") == report.asked("MISS", "HIT") == pair.number("renderer_draw_seconds_count") - drawn


def test_the_mix_asks_for_redirects_and_pictures(pair: Pair, key: str, sources: Sources, tmp_path: Path) -> None:
    options, reports = copies(sources, tmp_path, 3), list[Report]()

    def is_far(report: Report) -> bool:
        reports.append(report)
        return report.asked("HIT") > 0

    report = played("Mix", pair, key, tmp_path, *options, until=is_far)

    assert (0, 0) == (report.code, report.failed), report.complaints
    assert report.asked("302") == report.asked("MISS", "HIT") > 0
    assert reports[0].asked("MISS") > 0
    assert report.asked("HIT") > 0


def test_a_key_that_nobody_has_makes_every_request_a_failure(pair: Pair, tmp_path: Path) -> None:
    report = played("Mix", pair, NOBODYS, tmp_path)

    assert 1 == report.code
    assert {"gateway 401"} == set(report.rows)
    assert report.asked("gateway 401") == report.failed > 0
    assert "401: the key is unknown or disabled" in report.page


def test_who_does_not_answer_is_not_stormed(pair: Pair, key: str, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))  # and does not listen
        host = f"http://{HOST}:{nobody.getsockname()[1]}/"
        report = played("Mix", pair, key, tmp_path, "--host", host, until=lambda report: report.failed >= CALLERS)

    assert 1 == report.code
    assert {"gateway no answer"} == set(report.rows)
    assert CALLERS <= report.failed <= CALLERS * (report.lasted_s + 2)
    assert "no answer: ConnectionRefusedError" in report.page


def test_no_test_runs_on_patched_sockets() -> None:
    assert [] == [name for name in ("gevent", "locust") if name in sys.modules]
