"""Disk: whoever keeps copies on local disk has a volume there that is larger than all copies together."""

from collections.abc import Iterator

from deploy.dev.chart.rendering import Rendering, program, title


def disk_is_large_enough(rendering: Rendering) -> Iterator[str]:
    """See that a volume is mounted where copies are kept, and only there, with a limit above theirs."""
    for deployment in rendering.of("Deployment"):
        if program(deployment) != "renderer":
            continue
        told, pod = rendering.variables(deployment), deployment["spec"]["template"]["spec"]
        mounted = [mount["mountPath"] for mount in pod["containers"][0].get("volumeMounts", [])]
        wanted = [told.get("CACHE_DIR")] if told.get("EXTERNAL_CACHE_ONLY") == "false" else []
        if mounted != wanted:
            yield f"{title(deployment)} mounts {mounted} and keeps copies in {wanted}."
        most_mb = int(told.get("CACHE_DIR_MAX_MB") or 0)
        for volume in pod.get("volumes", []):
            limit = volume["emptyDir"]["sizeLimit"]
            if not limit.endswith("Mi") or int(limit[:-2]) <= most_mb:
                yield f"{title(deployment)} is evicted at {limit}, and its copies may take {most_mb} MB."
