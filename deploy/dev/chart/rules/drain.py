"""Drain: what is in hand when a pod is told to go has time to end, and then the pod has time to close."""

from collections.abc import Iterator

from deploy.dev.chart.rendering import Manifest, Rendering, title
from deploy.dev.chart.rules.config import load
from gateway.app import DRAIN_S as GATEWAY_DRAIN_S
from renderer.jobs.worker import DEADLINE_S
from shared.config.common import CLOSE_S, RendererConfig
from shared.config.environment import ConfigError


def drain_fits(rendering: Rendering) -> Iterator[str]:
    """See that a drain is longer than one drawing, and that the grace has room for all that the code says it takes."""
    for deployment in rendering.of("Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        grace_s, pause_s = pod["terminationGracePeriodSeconds"], _pause_s(deployment)
        if pause_s < 1:
            yield f"{title(deployment)} does not wait in preStop until nobody is sent to it any more."
        try:
            config = load(deployment, rendering.variables(deployment))
        except ConfigError:
            continue  # which the rule about the config says
        stop_s = GATEWAY_DRAIN_S + CLOSE_S
        if isinstance(config, RendererConfig):
            stop_s = config.stop_s
            if config.drain_s <= DEADLINE_S:
                yield f"{title(deployment)} drains for {config.drain_s:.0f} s; one drawing may take {DEADLINE_S:.0f} s."
        if pause_s + stop_s >= grace_s:
            needs = f"{pause_s} s before and {stop_s:g} s to stop"
            yield f"{title(deployment)} is killed after {grace_s} s, and needs {needs}."


def _pause_s(deployment: Manifest) -> int:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    hook = container.get("lifecycle", {}).get("preStop", {})
    if "sleep" in hook:
        return int(hook["sleep"]["seconds"])
    digits = "".join(letter for letter in str(hook.get("exec", {}).get("command", "")) if letter.isdigit())
    return int(digits or 0)
