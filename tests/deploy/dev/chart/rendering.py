"""What Helm makes of the chart with one file of values, and the questions that the rules ask about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import yaml

from tests.deploy.dev.chart.helm import Helm

Manifest: TypeAlias = dict[str, Any]

KUBERNETES: Final = ("1.29", "1.31", "1.33")
NEWEST: Final = KUBERNETES[-1]
OUR_KINDS: Final = ("Deployment", "Job", "CronJob")
"""What runs one of our programs."""


@dataclass(frozen=True)
class Rendering:
    """Every object of a release with one option's values, for one version of Kubernetes."""

    option: str
    kubernetes: str
    manifests: list[Manifest]

    def of(self, *kinds: str) -> list[Manifest]:
        """Return the objects of these kinds."""
        return [manifest for manifest in self.manifests if manifest["kind"] in kinds]

    def named(self, kind: str, name: str) -> Manifest | None:
        """Return the object, ``None`` where there is none."""
        return next((each for each in self.of(kind) if each["metadata"]["name"] == name), None)

    def pods(self) -> Iterator[tuple[Manifest, Manifest]]:
        """Yield every object that makes a pod, and the spec of that pod."""
        for manifest in self.of("Pod", *OUR_KINDS):
            yield manifest, manifest["spec"] if manifest["kind"] == "Pod" else pod_template(manifest)["spec"]

    def variables(self, manifest: Manifest) -> dict[str, str | None]:
        """Return the environment of a program's container; ``None`` stands for a value from elsewhere."""
        container = pod_template(manifest)["spec"]["containers"][0]
        variables: dict[str, str | None] = {}
        for source in container.get("envFrom", []):
            config_map = self.named("ConfigMap", source["configMapRef"]["name"])
            variables |= config_map["data"] if config_map else {}
        return variables | {each["name"]: each.get("value") for each in container.get("env") or []}

    def selected(self, selector: dict[str, str]) -> list[Manifest]:
        """Return the Deployments, Jobs and CronJobs whose pods have these labels."""
        return [
            each for each in self.of(*OUR_KINDS) if selector.items() <= pod_template(each)["metadata"]["labels"].items()
        ]


def pod_template(manifest: Manifest) -> Manifest:
    """Return the template of a Deployment's, Job's or CronJob's pods."""
    spec = manifest["spec"]
    template: Manifest = (spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec)["template"]
    return template


def title(manifest: Manifest) -> str:
    """Return how a fault names an object."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def component(manifest: Manifest) -> str:
    """Return which component an object belongs to."""
    return str(manifest["metadata"].get("labels", {}).get("app.kubernetes.io/component", ""))


def program(manifest: Manifest) -> str:
    """Return the Python package that a Deployment's, Job's or CronJob's container runs."""
    return str(pod_template(manifest)["spec"]["containers"][0]["command"][-1])


@lru_cache(maxsize=512)
def render(helm: Helm, option: str, *settings: str, kubernetes: str = NEWEST) -> Rendering:
    """Return what would be installed with one option and these settings. Raises ``HelmRefused``."""
    text = helm.template(option, kubernetes, *settings)
    manifests = [each for each in yaml.load_all(text, Loader=_LOADER) if each]
    return Rendering(option=option, kubernetes=kubernetes, manifests=manifests)


_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
