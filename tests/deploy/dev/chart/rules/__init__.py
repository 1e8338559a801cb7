"""What must be true of every rendering: each rule yields a sentence for each fault that it finds."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.deploy.dev.chart.rendering import Rendering
from tests.deploy.dev.chart.rules.config import (
    config_is_accepted,
    disk_is_large_enough,
    drain_fits,
    secrets_stay_secret,
)
from tests.deploy.dev.chart.rules.enough_memory import memory_is_enough
from tests.deploy.dev.chart.rules.labels import labels_are_recommended, selectors_find_pods
from tests.deploy.dev.chart.rules.pods import pods_have_no_rights, ports_agree
from tests.deploy.dev.chart.rules.scaling import queue_matches_code, scaling_has_a_target
from tests.deploy.dev.chart.rules.traffic import monitoring_finds_metrics, policies_fit, routes_reach_services
from tests.deploy.dev.chart.shapes import shapes_are_right

RULES: Final[tuple[Callable[[Rendering], Iterator[str]], ...]] = (
    labels_are_recommended,
    selectors_find_pods,
    pods_have_no_rights,
    ports_agree,
    config_is_accepted,
    drain_fits,
    disk_is_large_enough,
    memory_is_enough,
    secrets_stay_secret,
    queue_matches_code,
    scaling_has_a_target,
    routes_reach_services,
    policies_fit,
    monitoring_finds_metrics,
    shapes_are_right,
)


def faults(rendering: Rendering) -> list[str]:
    """Return what any rule finds."""
    return [fault for rule in RULES for fault in rule(rendering)]
