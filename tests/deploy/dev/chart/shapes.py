"""Every object has the shape that its version of Kubernetes, or the project that defines it, wants.

The schemas of Kubernetes come with the package kubernetes-validate in their strict form, which refuses unknown fields.
Those of custom resources are in `crds/`, named as their definitions are in a cluster (``scaledobjects.keda.sh``)
with the version, and describe what the chart uses of them.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import referencing
from kubernetes_validate.utils import schema_contents

from tests.deploy.dev.chart.rendering import Manifest, Rendering, title

CRDS: Final = Path(__file__).with_name("crds")


def shapes_are_right(rendering: Rendering) -> Iterator[str]:
    """Yield a sentence for each object without a schema and each place that breaks one."""
    for manifest in rendering.manifests:
        for fault in _faults(rendering.kubernetes, _as_json(manifest)):
            yield f"{title(manifest)}: {fault}"


def _as_json(manifest: Manifest) -> str:
    """Return the object as JSON; what JSON has no form for, such as a date, was written without quotes."""
    return json.dumps(manifest, default=lambda thing: {"not JSON": repr(thing)})


@lru_cache(maxsize=4096)
def _faults(kubernetes: str, text: str) -> tuple[str, ...]:
    """Judge one object; most are the same with many options."""
    manifest = json.loads(text)
    validator = _validator(kubernetes, manifest["apiVersion"], manifest["kind"])
    if validator is None:
        return (f"there is no schema for {manifest['apiVersion']} {manifest['kind']}.",)
    return tuple(
        f"{'.'.join(map(str, error.absolute_path)) or 'the object'}: {error.message[:200]} (Kubernetes {kubernetes})"
        for error in validator.iter_errors(manifest)
    )


@lru_cache(maxsize=256)
def _validator(kubernetes: str, api_version: str, kind: str) -> Any:
    ours = CRDS / f"{kind.lower()}s.{api_version.replace('/', '-')}.json"
    if ours.exists():
        return jsonschema.Draft202012Validator(json.loads(ours.read_text()))
    folder = f"kubernetes-json-schema/v{kubernetes}.0-local-strict"
    group = api_version.split("/")
    name = "-".join([kind.lower(), *([group[0].split(".")[0]] if len(group) > 1 else []), group[-1]])
    try:
        schema = schema_contents(f"{folder}/{name}.json", kubernetes)
    except FileNotFoundError:
        return None
    return jsonschema.Draft202012Validator(schema, registry=_definitions(folder, kubernetes))


@lru_cache(maxsize=8)
def _definitions(folder: str, kubernetes: str) -> Any:
    contents = schema_contents(f"{folder}/_definitions.json", kubernetes)
    return referencing.Resource.from_contents(contents) @ referencing.Registry()
