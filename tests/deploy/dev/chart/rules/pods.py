"""Pods: no token, no rights and nothing to write to, and ports that agree with probes, config and Services."""

from collections.abc import Iterator
from typing import Any, Final

from tests.deploy.dev.chart.rendering import Manifest, Rendering, title

UNPRIVILEGED: Final = 65534
PROBES: Final = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}


def pods_have_no_rights(rendering: Rendering) -> Iterator[str]:
    """Check that every pod, hooks and tests included, runs unprivileged, without a token or a writable root."""
    for manifest, pod in rendering.pods():
        context = pod.get("securityContext", {})
        kept = {
            "mounts no service-account token": pod.get("automountServiceAccountToken") is False,
            "sets enableServiceLinks to false": pod.get("enableServiceLinks") is False,
            "runs as non-root": context.get("runAsNonRoot") is True and context.get("runAsUser") == UNPRIVILEGED,
            "has the seccomp profile RuntimeDefault": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "shares no namespace of the node": not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(),
            "mounts only ConfigMaps, Secrets and emptyDirs with a limit": all(
                {"configMap", "secret"} & volume.keys() or "sizeLimit" in volume.get("emptyDir", {})
                for volume in pod.get("volumes", [])
            ),
        }
        for container in pod["containers"]:
            kept |= _container(container.get("securityContext", {}))
        for promise in (promise for promise, is_kept in kept.items() if not is_kept):
            yield f"{title(manifest)} breaks a promise: each pod {promise}."


def _container(context: dict[str, Any]) -> dict[str, bool]:
    return {
        "has a read-only root": context.get("readOnlyRootFilesystem") is True,
        "drops all capabilities": context.get("capabilities") == {"drop": ["ALL"]},
        "cannot gain privileges": context.get("allowPrivilegeEscalation") is False,
        "is not privileged": context.get("privileged", False) is False,
    }


def ports_agree(rendering: Rendering) -> Iterator[str]:
    """Check that listening addresses, container ports, probes and Services agree."""
    for deployment in rendering.of("Deployment"):
        yield from _process(rendering, deployment)
    for service in rendering.of("Service"):
        wanted = {port.get("targetPort") for port in service["spec"]["ports"]}
        for deployment in rendering.selected(service["spec"]["selector"]):
            for lacking in wanted - _ports(deployment).keys():
                yield f"{title(service)} leads to a port {lacking!r} that {title(deployment)} lacks."


def _process(rendering: Rendering, deployment: Manifest) -> Iterator[str]:
    ports, variables = _ports(deployment), rendering.variables(deployment)
    for name, variable in (("http", "LISTEN_ADDR"), ("metrics", "METRICS_ADDR")):
        if name in ports and not str(variables.get(variable)).endswith(f":{ports[name]}"):
            yield f"{title(deployment)} opens {ports[name]} for {name}, and {variable} is {variables.get(variable)!r}."
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for probe, path in PROBES.items():
        request = container[probe]["httpGet"]
        if request != {"path": path, "port": "metrics"}:
            yield f"{title(deployment)} has a {probe} of {request}; it should ask {path} on the port for metrics."


def _ports(deployment: Manifest) -> dict[str, int]:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    return {port["name"]: port["containerPort"] for port in container["ports"]}
