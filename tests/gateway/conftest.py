from collections.abc import AsyncIterator

import pytest

from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import Edge, running


@pytest.fixture
def stores() -> MemoryStores:
    return MemoryStores()


@pytest.fixture
async def edge(stores: MemoryStores) -> AsyncIterator[Edge]:
    async with running(stores) as edge:
        yield edge
