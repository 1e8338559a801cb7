"""What the two processes export, and what the dashboards and the rules ask for."""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from opentelemetry import trace
from prometheus_client import CollectorRegistry

from gateway.metrics import GatewayMetrics
from renderer.metrics import RendererMetrics
from services.client.metrics import SourceMetrics
from shared.concurrency.supervisor import Supervisor
from shared.http.connections import ConnectionMetrics
from shared.observability.health import Probes
from shared.observability.metrics import StoreMetrics, export_build_info, metrics_app, new_registry
from shared.observability.otlp import OtlpRecorder, Tally
from shared.observability.unreadable import UnreadableMessages
from shared.stores.redis_check import policy_gauge

ROOT: Final = Path(__file__).parents[2]
MONITORING: Final = ROOT / "deploy" / "monitoring"
RULES_FILE: Final = ROOT / "helm" / "marquee" / "files" / "alerts" / "marquee.rules.yaml"
TEST_FILES: Final = tuple(sorted(MONITORING.glob("*.tests.yaml")))
BOARD_FILES: Final = tuple(sorted((ROOT / "helm" / "marquee" / "files" / "dashboards").glob("*.json")))
GROUPS: Final[list[dict[str, Any]]] = yaml.safe_load(RULES_FILE.read_text())["groups"]
RULES: Final[list[dict[str, Any]]] = [rule for group in GROUPS for rule in group["rules"]]
ALERTS: Final = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED: Final = {rule["record"] for rule in RULES if "record" in rule}
RATE_INTERVAL: Final = "5m"


class Query(NamedTuple):
    """One expression, and where it stands."""

    place: str
    text: str


def gateway_registry() -> CollectorRegistry:
    """Return a registry with all that a gateway exports."""
    registry = _common_registry()
    GatewayMetrics(registry)
    export_build_info(registry, "gateway")
    return registry


def renderer_registry() -> CollectorRegistry:
    """Return a registry with all that a renderer exports."""
    registry = _common_registry()
    RendererMetrics(registry)
    SourceMetrics(registry)
    export_build_info(registry, "renderer", pixels="1-pillow")
    return registry


def _common_registry() -> CollectorRegistry:
    registry = new_registry()
    StoreMetrics(registry)
    _watch_traces(registry)
    Supervisor(registry)
    UnreadableMessages().register(registry)
    policy_gauge(registry)
    ConnectionMetrics(registry)
    metrics_app(registry, Probes())
    return registry


def _watch_traces(registry: CollectorRegistry) -> None:
    """Export what a process exports whose traces are on."""
    OtlpRecorder(trace.get_tracer("numbers"), Tally()).watch(registry)


def exported() -> dict[str, set[str]]:
    """Return the labels of every series that one of the two exports, by its name."""
    found: dict[str, set[str]] = {}
    for registry in (gateway_registry(), renderer_registry()):
        for name, collector in registry._names_to_collectors.items():
            found.setdefault(name, set()).update(getattr(collector, "_labelnames", ()))
        for sample in (sample for family in registry.collect() for sample in family.samples):
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def panels() -> list[tuple[str, dict[str, Any]]]:
    """Return every panel that shows something, with the name of its dashboard."""
    boards = [(path.stem, json.loads(path.read_text())) for path in BOARD_FILES]
    return [(name, panel) for name, board in boards for panel in board["panels"] if panel["type"] != "row"]


def panel_queries(rate_interval: str = RATE_INTERVAL) -> list[Query]:
    """Return the queries of all panels, as Grafana sends them."""
    return [
        Query(f"{name}: {panel['title']} {target['refId']}", target["expr"].replace("$__rate_interval", rate_interval))
        for name, panel in panels()
        for target in panel["targets"]
    ]


def exemplar_queries(rate_interval: str = RATE_INTERVAL) -> list[Query]:
    """Return the queries beside whose lines Grafana shows traces."""
    shown = {
        f"{name}: {panel['title']} {target['refId']}"
        for name, panel in panels()
        for target in panel["targets"]
        if target.get("exemplar")
    }
    return [query for query in panel_queries(rate_interval) if query.place in shown]


def rule_queries() -> list[Query]:
    """Return the expressions of all rules."""
    return [Query(rule.get("alert") or rule["record"], rule["expr"]) for rule in RULES]
