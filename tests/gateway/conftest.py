from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from gateway.app import SERVER_LIMITS, build_app
from shared.telemetry.probes import Probes
from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import Edge, config


@pytest.fixture
def stores() -> MemoryStores:
    return MemoryStores()


@pytest.fixture
async def edge(stores: MemoryStores) -> AsyncIterator[Edge]:
    app = build_app(config(), stores.as_stores(), CollectorRegistry(), Probes())
    async with TestServer(app) as server:
        yield Edge(app, server, stores)
