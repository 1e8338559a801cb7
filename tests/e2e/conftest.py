"""What the tests of the running pair share: the sources, empty stores, and a client."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.collector import Collector
from tests.stack.sources import Sources
from tests.stack.stores import Stores

_PATIENCE_S = 60.0


@pytest.fixture(scope="session")
def all_sources(demo_pictures: Path) -> Iterator[Sources]:
    """Run the outside sources once."""
    sources = Sources(demo_pictures)
    yield sources
    sources.close()


@pytest.fixture(scope="module")
def sources(all_sources: Sources) -> Iterator[Sources]:
    """Give the sources to a module, and heal them afterwards."""
    yield all_sources
    all_sources.heal()


@pytest.fixture(scope="module")
def stores(postgres_url: str, programs_valkey_url: str, s3_url: str) -> Stores:
    """Return stores that hold nothing."""
    return Stores.fresh(postgres_url, programs_valkey_url, s3_url)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Run a collector of traces that nobody else sends to."""
    with Collector() as collector:
        yield collector


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a client with any number of connections, each used once: the kernel then spreads them over replicas."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield http
