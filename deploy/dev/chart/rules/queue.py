"""Queue: KEDA reads the lag of our own consumer group in both lanes, and scales who draws."""

from collections.abc import Iterator
from typing import Final

from deploy.dev.chart.rendering import Manifest, Rendering, title
from shared.queue.redis_keys import GROUP, STREAMS

_OTHER_FIGURES: Final = frozenset(["pendingEntriesCount", "streamLength"])


def queue_is_ours(rendering: Rendering) -> Iterator[str]:
    """See that the triggers name both streams and the group as the code does, and ask for the lag alone."""
    for scaled in rendering.of("ScaledObject"):
        spec = scaled["spec"]
        asked = {trigger["metadata"].get("stream") for trigger in spec["triggers"]}
        if asked != set(STREAMS.values()):
            yield f"{title(scaled)} reads the streams {sorted(asked)}; they are {sorted(STREAMS.values())}."
        for trigger in spec["triggers"]:
            yield from _trigger(scaled, trigger)
        target = rendering.named("Deployment", spec["scaleTargetRef"]["name"])
        role = rendering.variables(target).get("RENDERER_ROLE") if target else None
        if role not in {"all", "worker"}:
            yield f"{title(scaled)} scales {spec['scaleTargetRef']['name']}, which draws nothing."
        if spec["minReplicaCount"] == 0 and role == "all":
            yield f"{title(scaled)} goes down to 0, and then nobody serves pictures."


def _trigger(scaled: Manifest, trigger: Manifest) -> Iterator[str]:
    metadata = trigger["metadata"]
    if trigger["type"] != "redis-streams" or metadata.get("consumerGroup") != GROUP:
        yield f"{title(scaled)} asks for the group {metadata.get('consumerGroup')!r}; ours is {GROUP!r}."
    if "lagCount" not in metadata or _OTHER_FIGURES & metadata.keys():
        yield f"{title(scaled)} does not go by the lag alone; only that is 0 when there is nothing to do."
