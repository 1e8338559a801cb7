"""Drain: what is in hand when a pod is told to go has time to end, and then the pod has time to close."""

from collections.abc import Iterator

from deploy.chart.rendering import Manifest, Rendering, program, title
from gateway.app import DRAIN_S as GATEWAY_DRAIN_S
from renderer.app import CLOSE_S
from renderer.worker import DEADLINE_S


def drain_fits(rendering: Rendering) -> Iterator[str]:
    """See that a drain is longer than one drawing, and within the grace with the pause before and the closing."""
    for deployment in rendering.of("Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        grace_s, pause_s = pod["terminationGracePeriodSeconds"], _pause_s(deployment)
        if pause_s < 1:
            yield f"{title(deployment)} does not wait in preStop until nobody is sent to it any more."
        drain_s = GATEWAY_DRAIN_S
        if program(deployment) == "renderer":
            drain_s = float(rendering.variables(deployment).get("DRAIN_SECS") or 0)
            if drain_s <= DEADLINE_S:
                yield f"{title(deployment)} drains for {drain_s:.0f} s; one drawing may take {DEADLINE_S:.0f} s."
            drain_s += CLOSE_S
        if pause_s + drain_s >= grace_s:
            yield (
                f"{title(deployment)} is killed after {grace_s} s, and needs {pause_s} s before"
                f" and {drain_s:.0f} s for its drain."
            )


def _pause_s(deployment: Manifest) -> int:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    hook = container.get("lifecycle", {}).get("preStop", {})
    if "sleep" in hook:
        return int(hook["sleep"]["seconds"])
    digits = "".join(letter for letter in str(hook.get("exec", {}).get("command", "")) if letter.isdigit())
    return int(digits or 0)
