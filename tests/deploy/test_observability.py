"""Numbers, dashboards, alerts and the runbook agree with one another, and with the code."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Histogram, generate_latest

from shared.config.variables import NAMES
from shared.observability.exemplars import TracedHistogram
from tests.deploy.numbers import (
    ALERTS,
    GROUPS,
    MONITORING,
    RECORDED,
    ROOT,
    RULES_FILE,
    TEST_FILES,
    Query,
    exported,
    gateway_registry,
    panel_queries,
    panels,
    renderer_registry,
    rule_queries,
)
from tests.deploy.promql import grouped_by, selectors

RUNBOOK = (MONITORING / "runbook.md").read_text()
SCRAPED = {"job", "instance"}
QUERIES = [*panel_queries(), *rule_queries()]
PROMTOOL_S = 100.0
ENVIRONMENT = {"PATH": os.defpath, "GOGC": "400"}
"""Go's collector of garbage, as it is by default, takes a sixth of promtool's time; this takes some 100 MB instead."""


def promtool(*arguments: str | Path, text: bytes = b"") -> str:
    """Return what promtool says when all is well; fail with it when something is not."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool, of Debian's package prometheus, is not here")
    ended = subprocess.run(  # noqa: S603 - with our own files
        [program, *arguments], input=text, capture_output=True, timeout=PROMTOOL_S, check=False, env=ENVIRONMENT
    )
    said = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == 0, said
    return said


@pytest.mark.parametrize("registry", [gateway_registry, renderer_registry])
def test_metrics_are_named_by_convention(registry: Any) -> None:
    page = generate_latest(registry())

    said = promtool("check", "metrics", text=page)

    assert "" == said


def test_rules_are_what_prometheus_reads() -> None:
    said = promtool("check", "rules", RULES_FILE)

    assert f"{len(rule_queries())} rules found" in said


@pytest.mark.stack
@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_alerts_fire_and_resolve_as_stated(path: Path) -> None:
    said = promtool("test", "rules", path)

    assert "SUCCESS" in said


def test_panel_queries_are_what_prometheus_reads(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{nth}", "expr": query.text} for nth, query in enumerate(panel_queries())]
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    said = promtool("check", "rules", path)

    assert f"{len(rules)} rules found" in said


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.place)
def test_a_query_asks_for_metrics_and_labels_that_exist(query: Query) -> None:
    known = exported() | {name: set() for name in RECORDED} | {"up": set()}

    found = list(selectors(query.text))

    assert [] == [each.text for each in found if each.name not in known]
    assert [] == [each.text for each in found if each.labels - known[each.name] - SCRAPED - {"le"}]
    assert set() == grouped_by(query.text) - set().union(*(known[each.name] for each in found)) - SCRAPED - {"le"}
    assert found


def test_a_name_that_nobody_exports_would_be_found() -> None:
    text = 'sum by (le, kid) (rate(renderer_drawn_bucket{kind="poster",sise!~"a|b"}[5m])) / on (job) group_left () up'

    found = list(selectors(text))

    assert [("renderer_drawn_bucket", ["kind", "sise"]), ("up", [])] == [
        (each.name, sorted(each.labels)) for each in found
    ]
    assert {"le", "kid", "job"} == grouped_by(text)


def test_every_number_of_ours_is_shown_or_watched() -> None:
    asked = {each.name for query in QUERIES for each in selectors(query.text)}
    ours = [
        family.name
        for registry in (gateway_registry(), renderer_registry())
        for family in registry.collect()
        if not family.name.startswith(("process_", "python_"))
    ]

    unseen = {name for name in ours if not any(each.startswith(name) for each in asked)}

    assert set() == unseen


@pytest.mark.parametrize("registry", [gateway_registry, renderer_registry])
def test_every_histogram_names_traces(registry: Any) -> None:
    histograms = [each for each in registry()._collector_to_names if isinstance(each, Histogram)]

    assert histograms
    assert [] == [each for each in histograms if not isinstance(each, TracedHistogram)]


def test_every_alert_has_a_heading_and_every_heading_an_alert() -> None:
    headings = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)

    assert sorted(ALERTS) == sorted(headings)


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_a_heading_says_what_it_means_how_to_see_it_and_what_to_do(alert: str) -> None:
    section = RUNBOOK.partition(f"### {alert}\n")[2].partition("\n#")[0]

    assert ["Means", "See", "Do"] == re.findall(r"^\*\*(\w+)\.\*\* .{20}", section, re.MULTILINE)


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(alert: str) -> None:
    rule = ALERTS[alert]

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description", "runbook_url"} == set(rule["annotations"])
    assert f"deploy/monitoring/runbook.md#{alert.lower()}" == rule["annotations"]["runbook_url"]


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_is_tested_to_be_quiet_to_fire_and_to_resolve(alert: str) -> None:
    tests = [test for path in TEST_FILES for test in yaml.safe_load(path.read_text())["tests"]]

    courses = [
        [bool(moment["exp_alerts"]) for moment in test["alert_rule_test"] if moment["alertname"] == alert]
        for test in tests
    ]

    assert [False, True, False] in courses


def test_the_alerts_tests_evaluate_every_group_in_the_order_of_the_file() -> None:
    names = [group["name"] for group in GROUPS]

    orders = [yaml.safe_load(path.read_text())["group_eval_order"] for path in TEST_FILES]

    assert [names] * len(TEST_FILES) == orders


def test_the_runbook_names_events_and_variables_that_exist() -> None:
    code = "".join(
        path.read_text()
        for folder in ("shared", "services", "gateway", "renderer")
        for path in (ROOT / folder).rglob("*.py")
    )

    events = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", RUNBOOK)) - {
        "application_name",
        "max_connections",
        "pg_stat_activity",
    }
    variables = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`", RUNBOOK))

    assert set() == {name for name in events if f'"{name}"' not in code}
    assert variables
    assert set() == variables - NAMES


def test_the_runbook_names_panels_that_exist() -> None:
    titles = {(board, panel["title"]) for board, panel in panels()}

    named = re.findall(r"\*(\w+)\* → (.*)", RUNBOOK)

    assert len(named) > len(ALERTS) / 2
    assert [] == [
        (board, text)
        for board, text in named
        if not any(board == name and text.startswith(title) for name, title in titles)
    ]
