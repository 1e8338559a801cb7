"""Security: whoever breaks into a pod finds no token, no rights and nothing to write on."""

from collections.abc import Iterator
from typing import Any, Final

from deploy.dev.chart.rendering import Rendering, title

NOBODY: Final = 65534


def pods_have_no_rights(rendering: Rendering) -> Iterator[str]:
    """See that every pod, hooks and tests included, runs as nobody, without token, rights and a disk to write on."""
    for manifest, pod in rendering.pods():
        context = pod.get("securityContext", {})
        good = {
            "mounts no service-account token": pod.get("automountServiceAccountToken") is False,
            "sets enableServiceLinks to false": pod.get("enableServiceLinks") is False,
            "runs as non-root": context.get("runAsNonRoot") is True and context.get("runAsUser") == NOBODY,
            "has the seccomp profile RuntimeDefault": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "shares no namespace of the node": not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(),
            "mounts only emptyDirs with a limit": all(
                "sizeLimit" in volume.get("emptyDir", {}) for volume in pod.get("volumes", [])
            ),
        }
        for container in pod["containers"]:
            good |= _container(container.get("securityContext", {}))
        for promise in (promise for promise, kept in good.items() if not kept):
            yield f"{title(manifest)} breaks a promise: each pod {promise}."


def _container(context: dict[str, Any]) -> dict[str, bool]:
    return {
        "has a read-only root": context.get("readOnlyRootFilesystem") is True,
        "drops all capabilities": context.get("capabilities") == {"drop": ["ALL"]},
        "cannot gain privileges": context.get("allowPrivilegeEscalation") is False,
        "is not privileged": context.get("privileged", False) is False,
    }
