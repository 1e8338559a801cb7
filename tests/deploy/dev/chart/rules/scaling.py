"""Scaling: KEDA reads the lag of the consumer group, and only the autoscaler sets a scaled Deployment's replicas."""

from collections.abc import Iterator
from typing import Final

from shared.queue.redis_keys import GROUP, SHARES
from shared.stores.redis_connection import TAG
from tests.deploy.dev.chart.rendering import Manifest, Rendering, title

_TYPES: Final = frozenset(["redis-streams", "redis-sentinel-streams", "redis-cluster-streams"])
_OTHER_FIGURES: Final = frozenset(["pendingEntriesCount", "streamLength"])


def queue_matches_code(rendering: Rendering) -> Iterator[str]:
    """Check that the triggers name the streams and the group as the code does, and read only the lag."""
    for scaled in rendering.of("ScaledObject"):
        spec = scaled["spec"]
        streams = {trigger["metadata"].get("stream") for trigger in spec["triggers"]}
        in_cluster = any(trigger["type"] == "redis-cluster-streams" for trigger in spec["triggers"])
        ours = {stream.replace("marquee:", TAG, 1) if in_cluster else stream for stream in SHARES}
        if streams != ours:
            yield f"{title(scaled)} reads the streams {sorted(streams)}; they are {sorted(ours)}."
        for trigger in spec["triggers"]:
            yield from _trigger(scaled, trigger)
        target = rendering.named("Deployment", spec["scaleTargetRef"]["name"])
        role = rendering.variables(target).get("RENDERER_ROLE") if target else None
        if role not in {"all", "worker"}:
            yield f"{title(scaled)} scales {spec['scaleTargetRef']['name']}, which draws nothing."
        if spec["minReplicaCount"] == 0 and role == "all":
            yield f"{title(scaled)} scales to 0, and then no pod serves pictures."


def _trigger(scaled: Manifest, trigger: Manifest) -> Iterator[str]:
    metadata = trigger["metadata"]
    if trigger["type"] not in _TYPES or metadata.get("consumerGroup") != GROUP:
        yield f"{title(scaled)} reads the group {metadata.get('consumerGroup')!r}; the code's is {GROUP!r}."
    if "lagCount" not in metadata or _OTHER_FIGURES & metadata.keys():
        yield f"{title(scaled)} does not go by the lag alone, the only figure that is 0 when nothing is waiting."


def scaling_has_a_target(rendering: Rendering) -> Iterator[str]:
    """Check that every autoscaler finds its Deployment, which then sets no replicas itself."""
    scaled: set[str] = set()
    for scaler in rendering.of("HorizontalPodAutoscaler", "ScaledObject"):
        name = scaler["spec"]["scaleTargetRef"]["name"]
        deployment = rendering.named("Deployment", name)
        if deployment is None or name in scaled:
            yield f"{title(scaler)} scales {name}, which is missing or scaled already."
            continue
        scaled.add(name)
        if "replicas" in deployment["spec"]:
            yield f"{title(deployment)} sets replicas, so every upgrade would undo {title(scaler)}."
        requests = deployment["spec"]["template"]["spec"]["containers"][0].get("resources", {}).get("requests", {})
        if scaler["kind"] == "HorizontalPodAutoscaler" and "cpu" not in requests:
            yield f"{title(scaler)} needs a CPU request, and {title(deployment)} has none."
    for deployment in rendering.of("Deployment"):
        if deployment["metadata"]["name"] not in scaled and "replicas" not in deployment["spec"]:
            yield f"{title(deployment)} has neither replicas nor an autoscaler."
