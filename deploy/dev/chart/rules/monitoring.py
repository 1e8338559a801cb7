"""Monitoring: what Prometheus and Grafana are given is there, and is what lies in the chart's files."""

import json
from collections.abc import Iterator
from typing import Final

from deploy.dev.chart.rendering import Manifest, Rendering, title

JOB: Final = "marquee"


def monitoring_finds_numbers(rendering: Rendering) -> Iterator[str]:
    """See that a ServiceMonitor finds one Service with its port, for every Deployment; a dashboard is JSON."""
    for monitor in rendering.of("ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        for endpoint in monitor["spec"]["endpoints"]:
            jobs = [each["replacement"] for each in endpoint.get("relabelings", []) if each["targetLabel"] == "job"]
            if not jobs or not jobs[-1].startswith(JOB):
                yield f"{title(monitor)} names its job {jobs}; rules look for one that begins with {JOB!r}."
            found = [
                service
                for service in rendering.of("Service")
                if wanted <= service["metadata"]["labels"].items() and (endpoint["port"], "metrics") in _ports(service)
            ]
            if len(found) != 1:
                yield f"{title(monitor)} finds {len(found)} Services with {endpoint['port']!r} for metrics, not one."
    monitored, deployed = len(rendering.of("ServiceMonitor")), len(rendering.of("Deployment"))
    if monitored not in {0, deployed}:
        yield f"{monitored} of {deployed} Deployments have a ServiceMonitor."
    for dashboard in rendering.of("ConfigMap"):
        for name, text in dashboard["data"].items():
            if name.endswith(".json") and "title" not in json.loads(text):
                yield f"{title(dashboard)} is no dashboard."


def _ports(service: Manifest) -> set[tuple[str, str]]:
    return {(port["name"], port.get("targetPort", "")) for port in service["spec"]["ports"]}
