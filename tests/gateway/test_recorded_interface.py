"""Names that callers, stored pictures and dashboards depend on, compared with recorded lists: none changes by accident.

``RECORD=write pytest tests/gateway/test_recorded_interface.py`` records them again, after an intended change that the
changelog announces.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

from gateway.pictures.address import read_address
from gateway.pictures.settings_resolver import SettingsResolver
from renderer.storage.storage_key import storage_key
from shared.domain.ids import MediaId
from tests.deploy.numbers import exported
from tests.gateway.auth.caller import Caller

FOLDER: Final = Path(__file__).parents[1] / "recorded"
ADDRESSES: Final[list[dict[str, Any]]] = json.loads((FOLDER / "addresses.json").read_text())
MEDIA: Final = MediaId.parse("movie-278")
PROSE: Final = frozenset({"description", "title", "summary", "operationId", "tags"})


def test_500_addresses_lead_where_they_always_led() -> None:
    redirects = SettingsResolver()

    for row in ADDRESSES:
        address = read_address(row["id_type"], row["style"], row["file"])
        assert address.kind is not None
        of_all_kinds = [not row["profile"] or nth + 1 < len(row["overrides"]) for nth in range(len(row["overrides"]))]
        layers = tuple(zip(of_all_kinds, row["overrides"], strict=True))
        below = (*layers, (False, address.overrides)) if address.overrides else layers
        look = redirects.resolve(address.kind, address.format, row["query"], below)

        found = {
            "settings_hash": look.hash,
            "location": redirects.path(look, address),
            "storage_key": storage_key(look.hash, MEDIA, look.settings.format),
        }
        assert {name: row[name] for name in found} == found

    assert 500 == len(ADDRESSES)


def test_every_metric_keeps_its_name_and_labels() -> None:
    found = {name: sorted(labels) for name, labels in sorted(exported().items())}

    assert _recorded("metrics.json", found) == found


async def test_every_endpoint_keeps_its_address_parameters_and_fields(caller: Caller) -> None:
    document = (await caller.get("/api/openapi.json")).json

    found = _shape(document["paths"], document["components"]["schemas"])

    assert _recorded("endpoints.json", found) == found


def _shape(node: Any, schemas: dict[str, Any]) -> Any:
    """Return a part of an OpenAPI document with its references resolved and without words that are for people only."""
    if isinstance(node, list):
        return [_shape(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _shape(schemas[node["$ref"].rpartition("/")[2]], schemas)
    return {
        name: {field: _shape(schema, schemas) for field, schema in value.items()}
        if name == "properties"
        else _shape(value, schemas)
        for name, value in sorted(node.items())
        if name not in PROSE
    }


def _recorded(name: str, found: dict[str, Any]) -> object:
    file = FOLDER / name
    if os.environ.get("RECORD") == "write":  # noqa: TID251 - a switch for the developer who runs the test
        lines = (f"{json.dumps(name)}: {json.dumps(value, sort_keys=True)}" for name, value in found.items())
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return json.loads(file.read_text())
