"""The Grafana dashboards in the chart: one frame, one grid, one form of panel, and text that diffs well."""

import json
from itertools import pairwise
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest

from tests.deploy.numbers import BOARD_FILES, panel_queries, panels
from tests.deploy.promql import selectors

COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
FRAME = {
    "tags": ["marquee"],
    "schemaVersion": 39,  # Grafana 11; newer versions migrate it when they load it
    "version": 1,
    "editable": True,
    "graphTooltip": 1,  # one crosshair across all panels
    "refresh": "30s",
    "time": {"from": "now-6h", "to": "now"},
    "timezone": "",
    "annotations": {"list": []},
    "links": [{"title": "Marquee", "type": "dashboards", "tags": ["marquee"], "asDropdown": False, "keepTime": True}],
    "templating": {
        "list": [
            {
                "name": "datasource",
                "label": "Data source",
                "type": "datasource",
                "query": "prometheus",
                "current": {},
                "hide": 0,
            }
        ]
    },
}
OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"},
}

each_board = pytest.mark.parametrize("path", BOARD_FILES, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    board: dict[str, Any] = json.loads(path.read_text())
    return board


def test_there_are_four_dashboards() -> None:
    assert ["gateway", "overview", "renderer", "sources"] == [path.stem for path in BOARD_FILES]


@each_board
def test_a_dashboard_is_formatted_so_that_it_diffs_well(path: Path) -> None:
    formatted = json.dumps(read(path), indent=2, ensure_ascii=False) + "\n"

    assert formatted == path.read_text(), "run `python -m json.tool --indent 2 --no-ensure-ascii FILE FILE`"


@each_board
def test_every_dashboard_has_the_same_frame(path: Path) -> None:
    board = read(path)
    own = {key: board.pop(key) for key in ("uid", "title", "description", "panels")}

    assert FRAME == board
    assert f"marquee-{path.stem}" == own["uid"]
    assert f"Marquee: {path.stem}" == own["title"]
    assert own["description"].endswith(".")
    assert "://" not in path.read_text()


@each_board
def test_panels_are_numbered_in_order_and_begin_with_a_heading(path: Path) -> None:
    board = read(path)

    assert list(range(1, len(board["panels"]) + 1)) == [panel["id"] for panel in board["panels"]]
    assert "row" == board["panels"][0]["type"]


@each_board
def test_panels_fill_the_grid_from_left_to_right_without_overlap(path: Path) -> None:
    places = [(panel["gridPos"], panel["type"] == "row") for panel in read(path)["panels"]]
    bottom = 0

    for place, is_heading in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= COLUMNS
        assert not is_heading or (0, COLUMNS, 1) == (place["x"], place["w"], place["h"])
    assert (0, 0) == (places[0][0]["x"], places[0][0]["y"])
    for (before, _), (after, after_is_heading) in pairwise(places):
        bottom = max(bottom, before["y"] + before["h"])
        beside = (before["x"] + before["w"], before["y"])
        below = (0, bottom)
        assert (after["x"], after["y"]) in ({below} if after_is_heading else {below, beside})


@each_board
def test_a_heading_is_open_and_holds_no_panels_of_its_own(path: Path) -> None:
    headings = [panel for panel in read(path)["panels"] if panel["type"] == "row"]

    assert all(heading["title"] for heading in headings)
    assert [] == [each["title"] for each in headings if each["collapsed"] or each["panels"]]


@pytest.mark.parametrize(
    ("name", "panel"), panels(), ids=lambda value: value if isinstance(value, str) else value["title"]
)
def test_a_panel_says_what_it_shows_in_which_unit_and_where_from(name: str, panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]

    assert panel["title"], name
    assert panel["description"].endswith(".")
    assert defaults["unit"]
    assert {"defaults": {"unit": defaults["unit"], "min": 0}, "overrides": []} == panel["fieldConfig"]
    assert OPTIONS[panel["type"]] == panel["options"]
    assert DATASOURCE == panel["datasource"]
    assert ascii_uppercase[: len(panel["targets"])] == "".join(each["refId"] for each in panel["targets"])
    assert panel["targets"]
    assert all(DATASOURCE == target["datasource"] for target in panel["targets"])
    assert len({target["legendFormat"] for target in panel["targets"]}) == len(panel["targets"])


def test_a_graph_of_a_histogram_shows_traces_beside_its_lines() -> None:
    graphs = [
        ("_bucket" in target["expr"], target.get("exemplar", False))
        for _, panel in panels()
        if panel["type"] == "timeseries"
        for target in panel["targets"]
    ]
    figures = [target for _, panel in panels() if panel["type"] == "stat" for target in panel["targets"]]

    assert {(True, True), (False, False)} == set(graphs)
    assert [] == [target for target in figures if "exemplar" in target]


def test_what_became_of_spans_is_on_a_panel() -> None:
    shown = {each.name for query in panel_queries() for each in selectors(query.text)}

    assert {"trace_spans_total", "trace_spans_waiting", "trace_spans_limit"} <= shown
