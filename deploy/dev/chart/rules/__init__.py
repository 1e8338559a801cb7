"""What must be true of every rendering: each rule yields a sentence for each fault that it finds."""

from collections.abc import Callable, Iterator
from typing import Final

from deploy.dev.chart.rendering import Rendering
from deploy.dev.chart.rules.config import config_is_accepted
from deploy.dev.chart.rules.disk import disk_is_large_enough
from deploy.dev.chart.rules.drain import drain_fits
from deploy.dev.chart.rules.labels import labels_are_recommended, selectors_find_pods
from deploy.dev.chart.rules.monitoring import monitoring_finds_numbers
from deploy.dev.chart.rules.ports import ports_agree
from deploy.dev.chart.rules.queue import queue_is_ours
from deploy.dev.chart.rules.routes import routes_lead_home
from deploy.dev.chart.rules.scaling import scaling_has_a_target
from deploy.dev.chart.rules.secrets import secrets_stay_secret
from deploy.dev.chart.rules.security import pods_have_no_rights
from deploy.dev.chart.rules.traffic import traffic_is_as_said

RULES: Final[tuple[Callable[[Rendering], Iterator[str]], ...]] = (
    labels_are_recommended,
    selectors_find_pods,
    pods_have_no_rights,
    drain_fits,
    ports_agree,
    routes_lead_home,
    queue_is_ours,
    scaling_has_a_target,
    secrets_stay_secret,
    traffic_is_as_said,
    monitoring_finds_numbers,
    disk_is_large_enough,
    config_is_accepted,
)
