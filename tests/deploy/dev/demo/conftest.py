"""A demo server for each test, and the recorded answers to compare it with."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from deploy.dev.demo.app import build_app

Demo = TestClient[Request, Application]

_RECORDED = Path(__file__).resolve().parents[4].parent / "shared" / "fixtures"


@pytest.fixture
async def demo(aiohttp_client: AiohttpClient) -> Demo:
    return await aiohttp_client(build_app())


def recorded(name: str) -> dict[str, Any]:
    """Return the body of a recorded answer; skips the test where the recordings are not at hand."""
    path = _RECORDED / name
    if not path.exists():
        pytest.skip(f"no recording {name} beside this checkout")
    body: dict[str, Any] = json.loads(path.read_text())["response"]["body"]
    return body
