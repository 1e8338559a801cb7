"""What the tests of the clients share: one running pair, keys of every form, and a connection for each request."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from gateway.db.key_settings import ProfileRow, write_key_settings, write_profile
from gateway.settings.layers import design_layer
from shared.stores.postgres import Pool, connection, open_pool
from tests.clients.client import Ledger, Site
from tests.e2e.conftest import http  # noqa: F401 - a fixture
from tests.shared.designs.written import written
from tests.stack.api_keys import create_key
from tests.stack.pair import Pair
from tests.stack.parts import Stack
from tests.stack.services import FREE_KEY
from tests.stack.sources import Sources
from tests.stack.stores import Stores

SPENT_AFTER: Final = 3


@pytest.fixture(scope="session")
def pair(
    tmp_path_factory: pytest.TempPathFactory, demo_pictures: Path, stack: Stack, postgres_url: str, s3_url: str
) -> Iterator[Pair]:
    """Run one of each as they are by default."""
    stores = Stores.fresh(postgres_url, stack.valkey(), s3_url)
    sources = Sources(demo_pictures)
    try:
        with Pair(tmp_path_factory.mktemp("clients"), stores, sources) as pair:
            yield pair
    finally:
        sources.close()


@pytest.fixture(scope="session")
def keys(pair: Pair) -> Mapping[str, str]:
    """Return what their users type, by what it is."""
    return asyncio.run(_make_keys(pair))


@pytest.fixture(scope="session")
def ledger(keys: Mapping[str, str]) -> Iterator[Ledger]:
    """Note what the clients got, and show it in the end."""
    ledger = Ledger({key: f"{{{name}}}" for name, key in keys.items()})
    yield ledger
    ledger.show()


@pytest.fixture(scope="session")
def drawn() -> set[str]:
    """Return the pictures that were drawn so far."""
    return set()


@pytest.fixture
def site(
    pair: Pair,
    http: aiohttp.ClientSession,  # noqa: F811, TID251 - the fixture, which it is a test's to hold
    keys: Mapping[str, str],
    ledger: Ledger,
    drawn: set[str],
) -> Site:
    """Return what a client needs: a host name, and a key from it."""
    return Site(http=http, url=pair.gateway_url, keys=keys, ledger=ledger, drawn=drawn)


async def _make_keys(pair: Pair) -> Mapping[str, str]:
    async with open_pool(pair.stores.database_url) as pool:
        whole, share = await _new_key(pool, pair)
        direct, direct_share = await _new_key(pool, pair, direct=True)
        spent, _ = await _new_key(pool, pair, direct=True, monthly_limit=SPENT_AFTER)
        designed, _ = await _new_key(pool, pair)
        await _choose_design(pool, designed)
    refused = {"refused": "f" * 64, "of RPDB": "t3-8c1f2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f", "nonsense": "TP-nonsense"}
    direct_keys = {"direct": direct, "direct share": direct_share, "spent": spent}
    return {"whole": whole, "share": share, "free": FREE_KEY, "designed": designed, **direct_keys, **refused}


async def _new_key(pool: Pool, pair: Pair, *, direct: bool = False, monthly_limit: int = 0) -> tuple[str, str]:
    """Store a key; returns it with its share form in the spelling that any client takes."""
    key, half = secrets.token_hex(32), secrets.token_hex(16)
    pair.secrets += [key, half]
    await create_key(
        pool,
        name="a client",
        key_hash=_digest(key),
        key_prefix=key[:8],
        share_hash=_digest(f"h.{half}"),
        direct=direct,
        monthly_limit=monthly_limit,
    )
    return key, f"h-{half}"


async def _choose_design(pool: Pool, key: str) -> None:
    """Let the posters of a key be a design."""
    design = written({"type": "scrim"}, {"type": "text", "text": "{title} ({year|-})"}, {"type": "ratings", "y": 200})
    async with connection(pool) as db:
        key_id = await db.fetchval("SELECT id FROM api_keys WHERE key_hash = $1", _digest(key))
        await write_profile(db, key_id, ProfileRow("den", design.kind, design_layer(design)))
        await write_key_settings(db, key_id, '{"default_profile":{"poster":"den"}}')


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("ascii")).digest()
