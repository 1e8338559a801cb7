"""Finds where the schema of the values is open, for a misspelt name must stop an installation, and bare values."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.dev.documents.chart_page import values_of, walk

_PASSED_ON: Final = frozenset(
    [
        "affinity.nodeAffinity",
        "affinity.podAffinity",
        "affinity.podAntiAffinity",
        "claims",
        "extraEnv.valueFrom",
        "extraVolumes.configMap",
        "extraVolumes.csi",
        "extraVolumes.emptyDir",
        "extraVolumes.persistentVolumeClaim",
        "extraVolumes.projected",
        "extraVolumes.secret",
        "extraEgress",
        "namespaceSelector",
        "podSelector",
        "global",
    ]
)
"""Kubernetes' own, judged by its schema after rendering, and Helm's own `global`."""


def open_places(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the path of each open object."""
    for path, node in _objects(schema, ""):
        last_two = ".".join(path.split(".")[-2:])
        if {path.rpartition(".")[2], last_two} & _PASSED_ON and "properties" not in node:
            continue
        if node.get("additionalProperties", True) is True:
            yield path or "the top"


def _objects(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        for each in node:
            yield from _objects(each, path)
    if not isinstance(node, dict):
        return
    if node.get("type") == "object" or "properties" in node:
        yield path, node
    for key in ("properties", "definitions"):
        for name, child in node.get(key, {}).items():
            yield from _objects(child, f"{path}.{name}".lstrip("."))
    for key in ("items", "anyOf", "additionalProperties"):
        yield from _objects(node.get(key), path)


def undocumented(chart: Path) -> Iterator[str]:
    """Yield each value without a comment of its own or on a parent."""
    documented = [value.path for value in values_of(chart)]
    for path, _, value in walk(yaml.compose((chart / "values.yaml").read_text())):
        is_leaf = not (isinstance(value, yaml.MappingNode) and value.value)
        if is_leaf and not any(f"{path}.".startswith(f"{each}.") for each in documented):
            yield path
