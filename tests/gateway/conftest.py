from collections.abc import AsyncIterator
from functools import partial

import pytest
from redis.asyncio import Redis

from shared.stores.postgres import Pool
from tests.gateway.auth.caller import Caller, OpenGateway, gateway
from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import Edge, running


@pytest.fixture
def stores() -> MemoryStores:
    return MemoryStores()


@pytest.fixture
async def edge(stores: MemoryStores) -> AsyncIterator[Edge]:
    async with running(stores) as edge:
        yield edge


@pytest.fixture
def open_gateway(
    pool: Pool,  # noqa: ARG001 - asked for to be clean
    redis: Redis,  # noqa: ARG001 - the same
    postgres_url: str,
    valkey_url: str,
) -> OpenGateway:
    """What runs a gateway on clean stores, with the variables that are given."""
    return partial(gateway, postgres_url, valkey_url)


@pytest.fixture
async def caller(open_gateway: OpenGateway) -> AsyncIterator[Caller]:
    """A stranger at a gateway that has no admin."""
    async with open_gateway() as caller:
        yield caller


@pytest.fixture
async def admin(caller: Caller) -> Caller:
    """The first admin, signed in."""
    await caller.sign_in("/api/auth/setup")
    return caller
