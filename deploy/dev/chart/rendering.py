"""What Helm makes of the chart with one file of values, and the questions that rules ask of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Rendering:
    """Every object of a release with one option's values, for one version of Kubernetes."""

    option: str
    kubernetes: str
    manifests: list[Manifest]

    def of(self, kind: str) -> list[Manifest]:
        """Return the objects of a kind."""
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def named(self, kind: str, name: str) -> Manifest | None:
        """Return the object, ``None`` where there is none."""
        return next((each for each in self.of(kind) if each["metadata"]["name"] == name), None)

    def pods(self) -> Iterator[tuple[Manifest, Manifest]]:
        """Yield whatever makes a pod, and that pod's spec."""
        for manifest in self.manifests:
            match manifest["kind"]:
                case "Pod":
                    yield manifest, manifest["spec"]
                case "Deployment" | "Job":
                    yield manifest, manifest["spec"]["template"]["spec"]
                case _:
                    pass

    def variables(self, manifest: Manifest) -> dict[str, str | None]:
        """Return what a Deployment's or a Job's one container is told; ``None`` stands for text from elsewhere."""
        container = manifest["spec"]["template"]["spec"]["containers"][0]
        told: dict[str, str | None] = {}
        for source in container.get("envFrom", []):
            config_map = self.named("ConfigMap", source["configMapRef"]["name"])
            told |= config_map["data"] if config_map else {}
        return told | {each["name"]: each.get("value") for each in container.get("env") or []}

    def selected(self, selector: dict[str, str]) -> list[Manifest]:
        """Return the Deployments whose pods have these labels."""
        return [
            each
            for each in self.of("Deployment")
            if selector.items() <= each["spec"]["template"]["metadata"]["labels"].items()
        ]


def title(manifest: Manifest) -> str:
    """Return how a fault names an object."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def component(manifest: Manifest) -> str:
    """Return which part of ours an object belongs to."""
    return str(manifest["metadata"].get("labels", {}).get("app.kubernetes.io/component", ""))


def program(manifest: Manifest) -> str:
    """Return the package that a Deployment's or Job's container runs."""
    return str(manifest["spec"]["template"]["spec"]["containers"][0]["command"][-1])
