import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.api.meanings import MEANINGS
from shared.settings.parameters import PARAMETERS
from tests.gateway.auth.caller import Caller


@pytest.fixture
async def document(caller: Caller) -> dict[str, Any]:
    answer = await caller.get("/api/openapi.json")
    assert (200, "application/json") == (answer.status, answer.headers["Content-Type"])
    content: dict[str, Any] = answer.json
    return content


async def test_every_address_under_api_is_described(document: dict[str, Any], caller: Caller) -> None:
    routes = {
        (route.method, re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", resource.canonical))
        for resource in caller.app.router.resources()
        for route in resource
        if resource.canonical.startswith("/api/") and route.method not in {"*", "HEAD", "OPTIONS"}
    }
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}

    assert {("GET", "/api/openapi.json")} == {
        route for route in routes if route not in described and "{key}" not in route[1]
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r"#/components/schemas/([\w.]+)", str(document)))

    assert references
    assert references <= set(document["components"]["schemas"])


def test_every_parameter_of_a_picture_is_described(document: dict[str, Any]) -> None:
    described = {
        parameter["name"] for parameter in document["paths"]["/{key}/{id_type}/{style}/{file}"]["get"]["parameters"]
    }

    assert {param.names[0] for param in PARAMETERS} | {"fallback"} <= described


def test_examples_of_values_keep_their_case(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/{key}/{id_type}/{style}/{file}"]["get"]["parameters"]
    described = {parameter["name"]: parameter.get("description", "") for parameter in parameters}

    assert "such as US or DE." in described["region"]
    assert "Values: a list of up to 4 of 240p" in described["badges"]


def test_every_operation_has_a_sentence(document: dict[str, Any]) -> None:
    operations = [
        operation for path, item in document["paths"].items() for operation in item.values() if path.startswith("/api/")
    ]

    assert [] == [operation for operation in operations if not operation["summary"].endswith(".")]
    assert [] == [op["operationId"] for op in operations if "Raises" in op["summary"] + op.get("description", "")]


def test_every_pattern_is_described_in_words(document: dict[str, Any]) -> None:
    assert [] == [each for each in _schemas(document) if "pattern" in each and "description" not in each]


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of the document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _schemas(each)


def test_every_part_of_an_address_is_described(document: dict[str, Any]) -> None:
    parts = [
        (path, parameter)
        for path, item in document["paths"].items()
        for operation in item.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "path" and parameter["name"] != "id_type"
    ]

    assert [] == [(path, parameter["name"]) for path, parameter in parts if not parameter.get("description")]


def test_every_operation_says_who_may_call_it(document: dict[str, Any]) -> None:
    operations = {
        operation["operationId"]: operation
        for path, item in document["paths"].items()
        for operation in item.values()
        if path.startswith("/api/")
    }

    secured = {name for name, operation in operations.items() if operation["security"] == [{"access": []}]}

    assert secured == {name for name, operation in operations.items() if operation["x-access"] != "open"}
    of_everybody = {"login", "setup", "key_login", "presets", "design_schema", "design_of_look"}
    assert of_everybody == {name for name, each in operations.items() if each["security"] == []}


def test_every_parameter_and_field_has_a_meaning_and_no_meaning_is_left_over(document: dict[str, Any]) -> None:
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    schemas = document["components"]["schemas"]
    parameters = {(each["name"], each.get("description", "")) for op in operations for each in op["parameters"]}
    fields = {
        (schema, name): field.get("description", "")
        for schema, described in schemas.items()
        for name, field in described.get("properties", {}).items()
    }

    assert set() == {name for name, words in parameters if not words} - {"id", "name"}
    assert [] == [place for place, words in fields.items() if not words]
    used = {name for _, name in fields} | {name for name, _ in parameters}
    assert set() == {name for name in (*MEANINGS["fields"], *MEANINGS["parameters"]) if name not in used}
    own = {
        (schema, name) for schema in MEANINGS.keys() - {"fields", "parameters", "elements"} for name in MEANINGS[schema]
    }
    names = ("Preview", "List", "Unpin", "Images", "Key")
    queries = {(f"{kind}Query", name) for kind in names for name in ("id", "kind", "list", "q")}
    assert set() == own - fields.keys() - queries


def test_parameters_have_the_types_and_defaults_of_their_values(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/{key}/{id_type}/{style}/{file}"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter for parameter in parameters}

    assert {"type": "integer", "minimum": 0, "maximum": 10} == by_name["ratings_limit"]["schema"]
    assert {"type": "boolean"} == by_name["blur"]["schema"]
    assert {"type": "string", "enum": ["xs", "s", "m", "l", "xl"]} == by_name["badge_size"]["schema"]
    assert {"type": "string"} == by_name["ratings_order"]["schema"]
    assert "Default `3`, `5` for backdrop, logo, `1` for episode." in by_name["ratings_limit"]["description"]


def test_moments_are_moments(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert "date-time" == schemas["ManagedKey"]["properties"]["created_at"]["format"]
    assert "date-time" == schemas["ManagedKey"]["properties"]["last_used_at"]["anyOf"][0]["format"]
