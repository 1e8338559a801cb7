"""Traffic: where there are network policies, each process reaches its stores, and only a renderer the outside."""

from collections.abc import Iterator
from typing import Final

from deploy.dev.chart.rendering import Manifest, Rendering, component, program, title

_OUTSIDE: Final = "0.0.0.0/0"
_STORES: Final = {"gateway": 2, "renderer": 3, "shared.stores.migrate": 1}
"""How many stores each program has."""


def traffic_is_as_said(rendering: Rendering) -> Iterator[str]:
    """See that every pod has a policy for both ways, and that only renderers reach the outside."""
    policies = {component(policy): policy for policy in rendering.of("NetworkPolicy")}
    if not policies:
        return
    for manifest in (*rendering.of("Deployment"), *rendering.of("Job")):
        policy = policies.get(component(manifest))
        if policy is None or policy["spec"]["policyTypes"] != ["Ingress", "Egress"]:
            yield f"{title(manifest)} has no policy for both ways."
            continue
        yield from _judge(rendering, manifest, policy)


def _judge(rendering: Rendering, manifest: Manifest, policy: Manifest) -> Iterator[str]:
    runs, leaves = program(manifest), policy["spec"]["egress"]
    reaches_outside = any(
        peer.get("ipBlock", {}).get("cidr") == _OUTSIDE for rule in leaves for peer in rule.get("to", [])
    )
    if reaches_outside != (runs == "renderer"):
        yield f"{title(policy)} {'lets' if reaches_outside else 'does not let'} {runs} talk to the outside."
    serving = {
        each["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for each in rendering.of("Deployment")
        if rendering.variables(each).get("RENDERER_ROLE") in {"all", "content"}
    }
    reached = {
        peer["podSelector"]["matchLabels"].get("app.kubernetes.io/component")
        for rule in leaves
        for peer in rule.get("to", [])
        if "podSelector" in peer
    }
    if runs == "gateway" and not serving <= reached:
        yield f"{title(policy)} keeps the gateway from {', '.join(sorted(serving))}."
    if component(manifest) == "worker" and len(policy["spec"]["ingress"]) != 1:
        yield f"{title(policy)} lets somebody call a worker, which serves nobody."
    if len(leaves) < 1 + _STORES[runs]:
        yield f"{title(policy)} leaves out a store that {runs} needs."
