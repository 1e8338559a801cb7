"""Schemas: every object has the shape that its version of Kubernetes, or the project that defines it, wants.

Kubernetes' own come with the package kubernetes-validate, strict: what they do not know is refused. Those of others are
ours, in `crds/`, and describe what the chart uses of them.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from deploy.dev.chart.rendering import Manifest, Rendering, title

CRDS: Final = Path(__file__).with_name("crds")
PACKAGE: Final = "kubernetes_validate"


def has_schemas() -> bool:
    """Tell whether the package with Kubernetes' schemas is installed."""
    return find_spec(PACKAGE) is not None


def shapes_are_right(rendering: Rendering) -> Iterator[str]:
    """Yield a sentence for each object without a schema and each place that breaks one."""
    for manifest in rendering.manifests:
        validator = _validator(rendering.kubernetes, manifest["apiVersion"], manifest["kind"])
        if validator is None:
            yield f"{title(manifest)}: nobody knows the shape of {manifest['apiVersion']} {manifest['kind']}."
            continue
        for error in validator.iter_errors(_plain(manifest)):
            place = ".".join(str(part) for part in error.absolute_path) or "the object"
            yield f"{title(manifest)}: {place}: {error.message[:200]} (Kubernetes {rendering.kubernetes})"


def _plain(manifest: Manifest) -> Manifest:
    """Return the object as JSON has it: what is no JSON, such as a date, has been written without quotes."""
    plain: Manifest = json.loads(json.dumps(manifest, default=lambda thing: {"not JSON": repr(thing)}))
    return plain


@lru_cache(maxsize=256)
def _validator(kubernetes: str, api_version: str, kind: str) -> Any:
    jsonschema: Any = import_module("jsonschema")
    ours = CRDS / f"{kind.lower()}-{api_version.replace('/', '-')}.json"
    if ours.exists():
        return jsonschema.Draft202012Validator(json.loads(ours.read_text()))
    package: Any = import_module(f"{PACKAGE}.utils")
    folder = f"kubernetes-json-schema/v{kubernetes}.0-local-strict"
    group = api_version.split("/")
    name = "-".join([kind.lower(), *([group[0].split(".")[0]] if len(group) > 1 else []), group[-1]])
    try:
        schema = package.schema_contents(f"{folder}/{name}.json", kubernetes)
    except FileNotFoundError:
        return None
    referencing: Any = import_module("referencing")
    return jsonschema.Draft202012Validator(schema, registry=_definitions(folder) @ referencing.Registry())


@lru_cache(maxsize=8)
def _definitions(folder: str) -> Any:
    referencing: Any = import_module("referencing")
    package: Any = import_module(f"{PACKAGE}.utils")
    return referencing.Resource.from_contents(package.schema_contents(f"{folder}/_definitions.json", folder))
