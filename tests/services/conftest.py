"""What the tests of the sources share: a stand-in upstream, and a client that never really waits."""

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
    """Collect the pauses that the client asked for."""
    return []


@pytest.fixture
def timeout_s() -> float:
    """Say how long one try may take; a test of silence asks for less."""
    return 5.0


@pytest.fixture
async def http(registry: CollectorRegistry, waits: list[float], timeout_s: float) -> AsyncIterator[Http]:
    async def note(wait_s: float) -> None:
        waits.append(wait_s)

    async with Http(SourceMetrics(registry), limits=CallLimits(attempt_s=timeout_s), sleep=note) as client:
        yield client
