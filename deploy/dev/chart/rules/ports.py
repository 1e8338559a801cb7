"""Ports: a process listens where its probes ask and where its Services lead."""

from collections.abc import Iterator

from deploy.dev.chart.rendering import Manifest, Rendering, title


def ports_agree(rendering: Rendering) -> Iterator[str]:
    """See that addresses in the config, ports of containers, probes and Services mean the same."""
    for deployment in rendering.of("Deployment"):
        yield from _process(rendering, deployment)
    for service in rendering.of("Service"):
        wanted = {port.get("targetPort") for port in service["spec"]["ports"]}
        for deployment in rendering.selected(service["spec"]["selector"]):
            for lacking in wanted - _ports(deployment).keys():
                yield f"{title(service)} leads to a port {lacking!r} that {title(deployment)} lacks."


def _process(rendering: Rendering, deployment: Manifest) -> Iterator[str]:
    ports, told = _ports(deployment), rendering.variables(deployment)
    for name, variable in (("http", "LISTEN_ADDR"), ("metrics", "METRICS_ADDR")):
        if name in ports and not str(told.get(variable)).endswith(f":{ports[name]}"):
            yield f"{title(deployment)} opens {ports[name]} for {name}, and {variable} says {told.get(variable)!r}."
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        asked = container[probe]["httpGet"]
        if asked != {"path": path, "port": "metrics"}:
            yield f"{title(deployment)} has a {probe} of {asked}; it should ask {path} on the port for metrics."


def _ports(deployment: Manifest) -> dict[str, int]:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    return {port["name"]: port["containerPort"] for port in container["ports"]}
