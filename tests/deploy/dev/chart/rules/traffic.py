"""Traffic: routes reach the right services, policies allow what is needed, Prometheus finds every process."""

from collections.abc import Iterator
from typing import Final

from tests.deploy.dev.chart.rendering import OUR_KINDS, Manifest, Rendering, component, program, title

JOB: Final = "marquee"
"""What the `job` label of every process begins with; alert rules rely on it."""

_OUTSIDE: Final = "0.0.0.0/0"
_STORES: Final = {"gateway": 2, "renderer": 3, "renderer.cli": 3, "shared.stores.migrate": 1}
"""How many stores each program uses."""

_Way = tuple[str, str | int]


def routes_reach_services(rendering: Rendering) -> Iterator[str]:
    """Check that every host and HTTPRoute leads `/c/` to content servers and everything else to gateways."""
    for ingress in rendering.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            ways: dict[str, _Way] = {
                path["path"]: (path["backend"]["service"]["name"], path["backend"]["service"]["port"].get("name"))
                for path in rule["http"]["paths"]
                if path["pathType"] == "Prefix"
            }
            yield from _judge_route(rendering, ingress, ways)
    for route in rendering.of("HTTPRoute"):
        ways = {
            match["path"]["value"]: (backend["name"], backend["port"])
            for rule in route["spec"]["rules"]
            for match in rule["matches"]
            for backend in rule["backendRefs"]
            if match["path"]["type"] == "PathPrefix"
        }
        yield from _judge_route(rendering, route, ways)


def _judge_route(rendering: Rendering, route: Manifest, ways: dict[str, _Way]) -> Iterator[str]:
    ends = {path: _end(rendering, *way) for path, way in ways.items()}
    if ends != {"/c/": "content", "/": "gateway"}:
        found = ", ".join(f"{path} to {end}" for path, end in sorted(ends.items()))
        yield f"{title(route)} leads {found}; it should lead / to gateway and /c/ to content."


def _end(rendering: Rendering, name: str, port: str | int) -> str:
    """Return what answers behind a Service."""
    service = rendering.named("Service", name)
    if service is None or not any(port in (each["name"], each["port"]) for each in service["spec"]["ports"]):
        return "nowhere"
    for deployment in rendering.selected(service["spec"]["selector"]):
        if program(deployment) != "renderer":
            return program(deployment)
        return "content" if rendering.variables(deployment)["RENDERER_ROLE"] in {"all", "content"} else "a worker"
    return "nowhere"


def policies_fit(rendering: Rendering) -> Iterator[str]:
    """Check that with network policies every pod has one for both directions, and only the renderer's reach outside."""
    policies = {component(policy): policy for policy in rendering.of("NetworkPolicy")}
    if not policies:
        return
    for manifest in rendering.of(*OUR_KINDS):
        policy = policies.get(component(manifest))
        if policy is None or policy["spec"]["policyTypes"] != ["Ingress", "Egress"]:
            yield f"{title(manifest)} has no policy for both directions."
            continue
        yield from _judge_policy(rendering, manifest, policy)


def _judge_policy(rendering: Rendering, manifest: Manifest, policy: Manifest) -> Iterator[str]:
    runs, egress, ingress = program(manifest), policy["spec"]["egress"], policy["spec"].get("ingress", [])
    peers = [peer for rule in egress for peer in rule.get("to", [])]
    reaches_outside = any(peer.get("ipBlock", {}).get("cidr") == _OUTSIDE for peer in peers)
    asks_sources = runs in {"renderer", "renderer.cli"} and component(manifest) != "check"
    if reaches_outside != asks_sources:
        yield f"{title(policy)} {'lets' if reaches_outside else 'does not let'} {runs} reach the outside."
    selectors = [peer["podSelector"]["matchLabels"] for peer in peers if "podSelector" in peer]
    reached = {labels.get("app.kubernetes.io/component") for labels in selectors}
    if runs == "gateway" and manifest["kind"] == "Deployment" and (lacking := _serving(rendering) - reached):
        yield f"{title(policy)} keeps the gateway from {', '.join(sorted(lacking))}."
    if component(manifest) == "worker" and len(ingress) != 1:
        yield f"{title(policy)} lets callers reach a worker, which serves only metrics."
    if manifest["kind"] != "Deployment" and ingress:
        yield f"{title(policy)} lets callers reach a Job, which serves nothing."
    if len(egress) < 1 + _STORES[runs]:
        yield f"{title(policy)} leaves out a store that {runs} needs."


def _serving(rendering: Rendering) -> set[str]:
    """Return the components that serve pictures."""
    return {
        component(each)
        for each in rendering.of("Deployment")
        if rendering.variables(each).get("RENDERER_ROLE") in {"all", "content"}
    }


def monitoring_finds_metrics(rendering: Rendering) -> Iterator[str]:
    """Check that there is a ServiceMonitor for every Deployment or for none, and that each finds one Service's port."""
    for monitor in rendering.of("ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        for endpoint in monitor["spec"]["endpoints"]:
            jobs = [each["replacement"] for each in endpoint.get("relabelings", []) if each["targetLabel"] == "job"]
            if not jobs or not jobs[-1].startswith(JOB):
                yield f"{title(monitor)} names its job {jobs}; the rules look for one that begins with {JOB!r}."
            found = [
                service
                for service in rendering.of("Service")
                if wanted <= service["metadata"]["labels"].items()
                and (endpoint["port"], "metrics") in _service_ports(service)
            ]
            if len(found) != 1:
                yield f"{title(monitor)} finds {len(found)} Services with {endpoint['port']!r} for metrics, not one."
    monitored, deployed = len(rendering.of("ServiceMonitor")), len(rendering.of("Deployment"))
    if monitored not in {0, deployed}:
        yield f"{monitored} of {deployed} Deployments have a ServiceMonitor."


def _service_ports(service: Manifest) -> set[tuple[str, str]]:
    return {(port["name"], port.get("targetPort", "")) for port in service["spec"]["ports"]}
