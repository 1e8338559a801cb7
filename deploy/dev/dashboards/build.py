"""Writes the Grafana dashboards: `python -m deploy.dev.dashboards.build`, after a change of what they show."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deploy.dev.dashboards import gateway, overview, renderer, sources
from deploy.dev.dashboards.panel import Board, Panel, Row

FOLDER: Final = Path(__file__).parents[2] / "monitoring" / "dashboards"
BOARDS: Final = (overview.BOARD, gateway.BOARD, renderer.BOARD, sources.BOARD)

_SCHEMA: Final = 39  # of Grafana 11; newer ones bring it up to date by themselves
_COLUMNS: Final = 24
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_CHOICE_OF_DATASOURCE: Final = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "current": {},
    "hide": 0,
}


def dashboard(board: Board) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it."""
    return {
        "uid": f"marquee-{board.name}",
        "title": f"Marquee: {board.title}",
        "description": board.text,
        "tags": ["marquee"],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,  # one crosshair over all panels
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "templating": {"list": [_CHOICE_OF_DATASOURCE]},
        "annotations": {"list": []},
        "links": [
            {"title": "Marquee", "type": "dashboards", "tags": ["marquee"], "asDropdown": False, "keepTime": True}
        ],
        "panels": list(_placed(board.rows)),
    }


def text_of(board: Board) -> str:
    """Return the text of a dashboard's file."""
    return json.dumps(dashboard(board), indent=2, ensure_ascii=False) + "\n"


def _placed(rows: tuple[Row, ...]) -> Iterator[dict[str, Any]]:
    """Place panels from left to right, each row of them under a heading of its own."""
    number, top = 0, 0
    for row in rows:
        number += 1
        place = {"x": 0, "y": top, "w": _COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": row.title, "collapsed": False, "gridPos": place, "panels": []}
        left, top, height = 0, top + 1, 0
        for panel in row.panels:
            if left + panel.width > _COLUMNS:
                left, top, height = 0, top + height, 0
            number += 1
            yield _panel(panel) | {
                "id": number,
                "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
            }
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + nth),
                "datasource": _DATASOURCE,
                "expr": query,
                "legendFormat": legend,
                **({"exemplar": True} if panel.has_exemplars(query) else {}),
            }
            for nth, (legend, query) in enumerate(panel.queries.items())
        ],
    }


_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"},
}


def main() -> None:
    """Write every dashboard."""
    for board in BOARDS:
        (FOLDER / f"{board.name}.json").write_text(text_of(board))


if __name__ == "__main__":
    main()
