"""Labels: the recommended ones on everything, and selectors that never change and find what they are for."""

from collections.abc import Iterator
from typing import Final

from deploy.dev.chart.rendering import Manifest, Rendering, title

RECOMMENDED: Final = frozenset(
    [
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
        "app.kubernetes.io/part-of",
        "app.kubernetes.io/version",
        "app.kubernetes.io/managed-by",
        "helm.sh/chart",
    ]
)
SELECTING: Final = frozenset(["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"])
_LONGEST_NAME: Final = 63


def labels_are_recommended(rendering: Rendering) -> Iterator[str]:
    """See that every object and pod has the recommended labels and a name that fits."""
    for manifest in rendering.manifests:
        if missing := RECOMMENDED - manifest["metadata"].get("labels", {}).keys():
            yield f"{title(manifest)} lacks the label {', '.join(sorted(missing))}."
        if len(manifest["metadata"]["name"]) > _LONGEST_NAME:
            yield f"{title(manifest)} has a name of more than {_LONGEST_NAME} letters."
        template = manifest.get("spec", {}).get("template")
        if template and (missing := RECOMMENDED - template["metadata"].get("labels", {}).keys()):
            yield f"The pods of {title(manifest)} lack the label {', '.join(sorted(missing))}."


def selectors_find_pods(rendering: Rendering) -> Iterator[str]:
    """See that every selector names what cannot change, and finds one Deployment."""
    for manifest, selector in _selectors(rendering):
        if selector.keys() != SELECTING:
            yield f"{title(manifest)} selects by {', '.join(sorted(selector))}; only name, instance and component last."
        elif len(rendering.selected(selector)) != 1 and not _is_for_a_job(selector):
            found = [each["metadata"]["name"] for each in rendering.selected(selector)]
            yield f"{title(manifest)} selects the Deployments {found}; it should be one."


def _is_for_a_job(selector: dict[str, str]) -> bool:
    """Tell what finds the pod of the migration, which belongs to no Deployment."""
    return selector["app.kubernetes.io/component"] == "migrate"


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
