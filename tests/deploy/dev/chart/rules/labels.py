"""Labels: the recommended ones on everything, and selectors that never change and find one program."""

from collections.abc import Iterator
from typing import Final

from tests.deploy.dev.chart.rendering import OUR_KINDS, Manifest, Rendering, pod_template, title

SELECTING: Final = frozenset(["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"])
RECOMMENDED: Final = SELECTING | {
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
}
_LONGEST_NAME: Final = {"CronJob": 52}
"""Kubernetes appends eleven characters to the name of a CronJob; 63 for everything else."""


def labels_are_recommended(rendering: Rendering) -> Iterator[str]:
    """Check that every object and pod has the recommended labels and a name that fits."""
    for manifest in rendering.manifests:
        longest = _LONGEST_NAME.get(manifest["kind"], 63)
        if len(manifest["metadata"]["name"]) > longest:
            yield f"{title(manifest)} has a name of more than {longest} characters."
        if missing := _missing(manifest):
            yield f"{title(manifest)} lacks the label {missing}."
        if manifest["kind"] in OUR_KINDS and (missing := _missing(pod_template(manifest))):
            yield f"The pods of {title(manifest)} lack the label {missing}."


def _missing(manifest: Manifest) -> str:
    return ", ".join(sorted(RECOMMENDED - manifest["metadata"].get("labels", {}).keys()))


def selectors_find_pods(rendering: Rendering) -> Iterator[str]:
    """Check that every selector names only labels that cannot change, and finds one program."""
    for manifest, selector in _selectors(rendering):
        found = rendering.selected(selector)
        if selector.keys() != SELECTING:
            yield f"{title(manifest)} selects by {', '.join(sorted(selector))}; only name, instance and component last."
        elif len(found) != 1:
            yield f"{title(manifest)} selects {[title(each) for each in found]}; it should be one program."


def _selectors(rendering: Rendering) -> Iterator[tuple[Manifest, dict[str, str]]]:
    for manifest in rendering.manifests:
        spec = manifest.get("spec", {})
        match manifest["kind"]:
            case "Service":
                yield manifest, spec["selector"]
            case "NetworkPolicy":
                yield manifest, spec["podSelector"]["matchLabels"]
            case "Deployment":
                yield manifest, spec["selector"]["matchLabels"]
                for spread in spec["template"]["spec"].get("topologySpreadConstraints", []):
                    yield manifest, spread["labelSelector"]["matchLabels"]
            case "PodDisruptionBudget":
                yield manifest, spec["selector"]["matchLabels"]
            case _:
                pass
