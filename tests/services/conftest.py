"""Shared fixtures of the source tests: a fake upstream server, and a client whose waits return at once."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from services.client.http import CallLimits, Http
from services.client.metrics import SourceMetrics
from tests.services.upstream import Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def waits() -> list[float]:
    """Collect the waits that the client requested."""
    return []


@pytest.fixture
def timeout_s() -> float:
    """Return the timeout of one attempt; tests of silence override it."""
    return 5.0


@pytest.fixture
async def http(registry: CollectorRegistry, waits: list[float], timeout_s: float) -> AsyncIterator[Http]:
    async def note(wait_s: float) -> None:
        waits.append(wait_s)

    async with Http(SourceMetrics(registry), limits=CallLimits(attempt_s=timeout_s), sleep=note) as client:
        yield client
