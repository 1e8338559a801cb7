"""A demo server for each test, and the recorded answers to compare it with."""

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from deploy.dev.demo.app import build_app
from tests.recorded_inputs import FIXTURES, recorded

Demo = TestClient[Request, Application]


@pytest.fixture
async def demo(aiohttp_client: AiohttpClient) -> Demo:
    return await aiohttp_client(build_app())


def recorded_body(name: str) -> dict[str, Any]:
    """Return the body of a recorded answer; skips the test where it is not recorded."""
    body: dict[str, Any] = json.loads(recorded(FIXTURES / name).read_text())["response"]["body"]
    return body
