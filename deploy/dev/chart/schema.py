"""The schema of the values: closed, so that a misspelt name stops an installation instead of being ignored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

KUBERNETES_OWN: Final = frozenset(
    [
        "affinity.nodeAffinity",
        "affinity.podAffinity",
        "affinity.podAntiAffinity",
        "claims",
        "extraEgress",
        "namespaceSelector",
        "podSelector",
    ]
)
"""What is handed on as it is, and is judged by Kubernetes' own schema after rendering."""

HELM_OWN: Final = "global"


def open_places(chart: Path) -> Iterator[str]:
    """Yield a sentence for each object of the schema that takes names which it does not know."""
    schema = json.loads((chart / "values.schema.json").read_text())
    for path, node in _objects(schema, ""):
        last_two = ".".join(path.split(".")[-2:])
        if {path.rpartition(".")[2], last_two} & (KUBERNETES_OWN | {HELM_OWN}) and "properties" not in node:
            continue
        if node.get("additionalProperties", True) is True:
            yield f"values.schema.json is open at {path or 'its top'}."


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
