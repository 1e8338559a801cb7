import re
from typing import Any

import pytest

from shared.settings import PARAMS
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

    assert {param.names[0] for param in PARAMS} | {"fallback"} <= described


def test_every_operation_has_a_sentence(document: dict[str, Any]) -> None:
    operations = [
        operation for path, item in document["paths"].items() for operation in item.values() if path.startswith("/api/")
    ]

    assert [] == [operation for operation in operations if not operation["summary"].endswith(".")]
    assert [] == [op["operationId"] for op in operations if "Raises" in op["summary"] + op.get("description", "")]
