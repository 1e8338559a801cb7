"""A real Prometheus reads a running pair: every panel and every rule finds its numbers there."""

import asyncio
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import yaml

from deploy.dev.local.ports import HOST, free_ports
from shared.stores.redis import connect
from tests.collector import Collector
from tests.deploy.numbers import ALERTS, RULES_FILE, Query, exemplar_queries, panel_queries, rule_queries
from tests.deploy.promql import selectors
from tests.stack.caller import fetch, show, until
from tests.stack.pair import Pair
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import status
from tests.waiting import eventually, run_apart

SCRAPED_EVERY: Final = "1s"
RATE_INTERVAL: Final = "10s"
START_S: Final = 60.0
SEEN_S: Final = 60.0
STOP_S: Final = 60.0

ABSENT: Final = "MarqueeServiceAbsent"
"""It has a series only when all processes of a service are gone; what it looks for is looked for here."""

PROVOKED: Final = {"MarqueeContentErrors", "MarqueeJobsFailing", "MarqueeSourceHeldOff"}
"""Alerts about the trouble that the traffic makes: they must begin to count their time."""

_COMPARISON: Final = re.compile(r"(==|>=|>(?!=))(?! bool)")


class Prometheus:
    """A Prometheus of our own on the loopback, with the pair's processes as its targets."""

    def __init__(self, folder: Path, targets: dict[str, list[str]]) -> None:
        self._port, self._began = free_ports(1, apart_from=())[0], time.time()
        config = {
            "global": {"scrape_interval": SCRAPED_EVERY, "evaluation_interval": SCRAPED_EVERY},
            "rule_files": [str(RULES_FILE)],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": addresses}]} for job, addresses in targets.items()
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self._log = (folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={HOST}:{self._port}",
                "--enable-feature=exemplar-storage",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def is_ready(self) -> bool:
        """Tell whether it answers."""
        try:
            return isinstance(self.ask("up"), list)
        except OSError:
            return False

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series of a query as of now. Raises ``OSError``, also when the query cannot be evaluated."""
        found: list[dict[str, Any]] = self._get("query", query=query)["result"]
        return found

    def exemplars(self, query: str) -> list[dict[str, str]]:
        """Return the exemplars of all that a query reads, since the start, as Grafana asks for them."""
        series = self._get("query_exemplars", query=query, start=str(self._began), end=str(time.time()))
        return [exemplar["labels"] for each in series for exemplar in each["exemplars"]]

    def alerts(self) -> set[str]:
        """Return the names of the alerts that fire or soon will."""
        return {alert["labels"]["alertname"] for alert in self._get("alerts")["alerts"]}

    def unhealthy(self) -> list[str]:
        """Return the rules that could not be evaluated."""
        groups = self._get("rules")["groups"]
        return [
            f"{rule['name']}: {rule.get('lastError')}"
            for group in groups
            for rule in group["rules"]
            if rule["health"] == "err"
        ]

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)
        self._log.close()

    def _get(self, what: str, **query: str) -> Any:
        url = f"http://{HOST}:{self._port}/api/v1/{what}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=START_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"{query}: {error.read().decode()}") from error


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources, collector: Collector
) -> Iterator[Pair]:
    """Run a pair that uses all that it can: every source, the local disk, rates, budgets and traces."""
    if shutil.which("prometheus") is None:
        pytest.skip("Debian's package prometheus is not here")
    folder = tmp_path_factory.mktemp("prometheus-pair")
    settings = {
        "RENDER_WAIT_MS": "5000",
        "RATE_LIMITS_ENABLED": "true",
        "EXTERNAL_CACHE_ONLY": "false",
        "CACHE_DIR": str(folder / "copies"),
        "OMDB_API_KEY": "omdb-key-never-to-be-seen",
        "FANART_API_KEY": "fanart-key-never-to-be-seen",
        "OMDB_DAILY_LIMIT": "1000",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "TRACE_SAMPLE": "1",
    }
    run_apart(set_eviction(stores.redis_url, "volatile-ttl"))  # an alert watches for it
    try:
        with Pair(folder, stores, sources, settings) as pair:
            yield pair
    finally:
        run_apart(set_eviction(stores.redis_url, "noeviction"))


async def set_eviction(redis_url: str, policy: str) -> None:
    async with connect(redis_url) as redis:
        await redis.config_set("maxmemory-policy", policy)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> Iterator[Prometheus]:
    """Run a Prometheus that reads them."""
    targets = {
        f"marquee-{name}": [part.program.env["METRICS_ADDR"] for part in parts]
        for name, parts in (("gateway", pair.gateways), ("renderer", pair.renderers))
    }
    running = Prometheus(tmp_path_factory.mktemp("prometheus"), targets)
    try:
        assert eventually(running.is_ready, seconds=START_S)
        yield running
    finally:
        running.close()


async def traffic(http: aiohttp.ClientSession, pair: Pair, stopping: asyncio.Event) -> None:
    """Ask as callers do until told to stop: new titles, stored ones, wrong keys, and one in trouble."""
    film, serial = pair.sources.film(), pair.sources.serial()
    while not stopping.is_set():
        broken = pair.sources.film()  # another one each time: the trouble of one title is not that of its source
        for source in (Source.TMDB, Source.MDBLIST):
            pair.sources.break_down(source, status(500), broken)
        urls = [
            pair.picture(film.imdb),
            pair.picture(pair.sources.film().imdb),
            pair.picture(film.imdb, "?imageSize=large"),
            pair.picture(serial.imdb, kind="backdrop"),
            pair.picture(broken.imdb),
            pair.picture(film.imdb, key="f" * 64),
            f"{pair.gateway_url}/{'f' * 64}/isValid",
            f"{pair.gateway_url}/api/auth/state",
            f"{pair.content_url}/c/nothing",
        ]
        await asyncio.gather(*(fetch(http, url) for url in urls))


@asynccontextmanager
async def busy(http: aiohttp.ClientSession, pair: Pair) -> AsyncIterator[None]:
    """Have the pair asked while inside."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(traffic(http, pair, stopping))
        yield
        stopping.set()


def unfiltered(expression: str) -> str:
    """Return an expression whose comparisons tell 0 or 1 instead of leaving out what is well."""
    return _COMPARISON.sub(r"\1 bool", expression)


async def test_every_panel_and_every_rule_finds_its_numbers(
    pair: Pair, prometheus: Prometheus, http: aiohttp.ClientSession
) -> None:
    asked = [*panel_queries(RATE_INTERVAL), *(query for query in rule_queries() if query.place != ABSENT)]
    asked += [Query(ABSENT, each.text) for each in selectors(ALERTS[ABSENT]["expr"])]
    left = asked

    def all_found() -> bool:
        """Ask for what was not found yet; a filter that leaves nothing is asked what it filters."""
        nonlocal left
        left = [query for query in left if not prometheus.ask(unfiltered(query.text))]
        return not left and prometheus.alerts() >= PROVOKED

    async with busy(http, pair):
        came = await until(all_found, seconds=SEEN_S)
    begun, unhealthy = prometheus.alerts(), prometheus.unhealthy()

    filtered = [query.place for query in asked if not prometheus.ask(query.text)]
    show(
        "a real Prometheus",
        [("queries with a series", len(asked) - len(left)), ("alerts begun", " ".join(sorted(begun)))],
    )
    show(
        "rightly filter all out, for there is no such trouble; what they filter is there",
        [(name,) for name in filtered],
    )
    assert came, ([query.place for query in left], PROVOKED - begun)
    assert [] == unhealthy
    assert begun >= PROVOKED
    assert set() == begun & {"MarqueeNotScraped", ABSENT, "MarqueeStoreDown", "MarqueeQueueStandsStill"}


async def test_every_graph_of_a_histogram_names_traces_that_the_collector_has(
    pair: Pair, prometheus: Prometheus, http: aiohttp.ClientSession, collector: Collector
) -> None:
    asked = exemplar_queries(RATE_INTERVAL)
    found: dict[str, list[dict[str, str]]] = {}

    def all_found() -> bool:
        """Ask anew: a trace is sent a second after it ended, and may be told of before."""
        found.update({query.place: prometheus.exemplars(query.text) for query in asked})
        sent = {span.trace_id for span in collector.spans}
        return all(sent & {each.get("trace_id") for each in exemplars} for exemplars in found.values())

    async with busy(http, pair):
        came = await until(all_found, seconds=SEEN_S)

    show("exemplars", [(place, len(exemplars)) for place, exemplars in found.items()])
    assert came
    assert {("trace_id",)} == {tuple(each) for exemplars in found.values() for each in exemplars}


def test_what_both_processes_say_is_named_by_convention(pair: Pair) -> None:
    for part in pair.parts:
        checked = subprocess.run(
            ["promtool", "check", "metrics"],
            input=pair.page(part),
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )

        assert (0, "", "") == (checked.returncode, checked.stdout, checked.stderr)
