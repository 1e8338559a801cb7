"""Scaling: whoever counts replicas is alone with it, and what it counts is there."""

from collections.abc import Iterator

from deploy.dev.chart.rendering import Rendering, title


def scaling_has_a_target(rendering: Rendering) -> Iterator[str]:
    """See that every autoscaler finds its Deployment, which then names no number of its own."""
    scaled: set[str] = set()
    for scaler in (*rendering.of("HorizontalPodAutoscaler"), *rendering.of("ScaledObject")):
        name = scaler["spec"]["scaleTargetRef"]["name"]
        deployment = rendering.named("Deployment", name)
        if deployment is None or name in scaled:
            yield f"{title(scaler)} scales {name}, which is not there or is scaled already."
            continue
        scaled.add(name)
        if "replicas" in deployment["spec"]:
            yield f"{title(deployment)} has replicas, and every upgrade would undo what {title(scaler)} did."
        requests = deployment["spec"]["template"]["spec"]["containers"][0].get("resources", {}).get("requests", {})
        if scaler["kind"] == "HorizontalPodAutoscaler" and "cpu" not in requests:
            yield f"{title(scaler)} goes by per cent of a CPU request that {title(deployment)} lacks."
    for deployment in rendering.of("Deployment"):
        if deployment["metadata"]["name"] not in scaled and "replicas" not in deployment["spec"]:
            yield f"{title(deployment)} has neither replicas nor an autoscaler."
