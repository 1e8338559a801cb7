"""Routes: `/c/` leads to who serves pictures, and everything else to the gateways."""

from collections.abc import Iterator

from deploy.dev.chart.rendering import Manifest, Rendering, program, title


def routes_lead_home(rendering: Rendering) -> Iterator[str]:
    """See that every host of an Ingress and every HTTPRoute has exactly the two ways, to the right processes."""
    for ingress in rendering.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            ways = {
                path["path"]: (path["backend"]["service"]["name"], path["backend"]["service"]["port"].get("name"))
                for path in rule["http"]["paths"]
                if path["pathType"] == "Prefix"
            }
            yield from _judge(rendering, ingress, ways)
    for route in rendering.of("HTTPRoute"):
        ways = {
            match["path"]["value"]: (backend["name"], backend["port"])
            for rule in route["spec"]["rules"]
            for match in rule["matches"]
            for backend in rule["backendRefs"]
            if match["path"]["type"] == "PathPrefix"
        }
        yield from _judge(rendering, route, ways)


def _judge(rendering: Rendering, route: Manifest, ways: dict[str, tuple[str, str | int]]) -> Iterator[str]:
    ends = {path: _end(rendering, *way) for path, way in ways.items()}
    if ends != {"/c/": "content", "/": "gateway"}:
        told = ", ".join(f"{path} to {end}" for path, end in sorted(ends.items()))
        yield f"{title(route)} leads {told}; it should lead / to gateway and /c/ to content."


def _end(rendering: Rendering, name: str, port: str | int) -> str:
    """Return what a Service's callers meet."""
    service = rendering.named("Service", name)
    if service is None or not any(port in (each["name"], each["port"]) for each in service["spec"]["ports"]):
        return "nowhere"
    for deployment in rendering.selected(service["spec"]["selector"]):
        if program(deployment) != "renderer":
            return program(deployment)
        return "content" if rendering.variables(deployment)["RENDERER_ROLE"] in {"all", "content"} else "a worker"
    return "nowhere"
