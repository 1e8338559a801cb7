"""libpq's words about TLS, with certificates of a real authority.

A pgbouncer stands in for the server, because the Postgres of the tests is built without TLS.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from yarl import URL

from deploy.dev.local.postgres import NOBODY
from shared.domain.errors import StoreDown
from shared.stores.postgres import connection, open_pool
from tests.certificates import Authority, Pair
from tests.stack.parts import Stack
from tests.stack.pgbouncer import pgbouncer


@dataclass(frozen=True)
class Server:
    """A server that can encrypt, the authority that signed it, another one, and a client's certificate."""

    dsn: str
    authority: Authority
    stranger: Authority
    client: Pair

    async def is_encrypted(self, words: str, host: str | None = None) -> bool:
        """Connect as the words say, ask something, and return whether that was encrypted."""
        dsn = str(URL(self.dsn).with_host(host)) if host else self.dsn
        async with open_pool(f"{dsn}?{words}") as pool, connection(pool) as db:
            assert 7 == await db.fetchval("SELECT $1::int", 7)
            return db._con._transport.get_extra_info("ssl_object") is not None


Start = Callable[[str], Server]


@pytest.fixture(scope="module")
def start(stack: Stack, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """A server whose own mode is given: ``allow`` and ``require`` as libpq's, ``verify-ca`` wants to see a client."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority.create(folder)
    pair, client, stranger = authority.issue("server"), authority.issue("marquee"), Authority.create(folder)
    # The key must be readable by the user whom the server runs as.
    place = stack.new_folder()
    files = [Path(shutil.copy(each, place)) for each in (pair.file, pair.key, authority.file)]
    for each in files if os.geteuid() == 0 else ():
        os.chown(each, NOBODY, NOBODY)
    names = ("client_tls_cert_file", "client_tls_key_file", "client_tls_ca_file")
    tls = dict(zip(names, files, strict=True))

    def begin(mode: str) -> Server:
        dsn = pgbouncer(stack, postgres_url, servers=2, client_tls_sslmode=mode, **tls)
        return Server(dsn, authority, stranger, client)

    return begin


@pytest.fixture(scope="module")
def server(start: Start) -> Server:
    return start("allow")


@pytest.mark.parametrize(
    ("mode", "is_encrypted"),
    [
        ("disable", False),
        ("allow", False),
        ("prefer", True),
        ("require", True),
        ("verify-ca", True),
        ("verify-full", True),
    ],
)
async def test_each_mode_encrypts_as_it_says(server: Server, mode: str, *, is_encrypted: bool) -> None:
    roots = f"&sslrootcert={server.authority.file}" if mode.startswith("verify") else ""

    assert is_encrypted == await server.is_encrypted(f"sslmode={mode}{roots}")


@pytest.mark.parametrize("mode", ["allow", "prefer"])
async def test_a_server_that_wants_it_is_met_with_encryption(start: Start, mode: str) -> None:
    assert await start("require").is_encrypted(f"sslmode={mode}")


async def test_a_client_shows_its_certificate_where_the_url_names_one(start: Start) -> None:
    server = start("verify-ca")
    words = f"sslmode=verify-full&sslrootcert={server.authority.file}"

    with pytest.raises(StoreDown):
        await server.is_encrypted(words)
    assert await server.is_encrypted(f"{words}&sslcert={server.client.file}&sslkey={server.client.key}")


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_a_server_of_another_authority_is_refused(server: Server, mode: str) -> None:
    with pytest.raises(StoreDown, match="CERTIFICATE_VERIFY_FAILED"):
        await server.is_encrypted(f"sslmode={mode}&sslrootcert={server.stranger.file}")


async def test_the_systems_authorities_do_not_know_the_authority_of_the_tests(server: Server) -> None:
    with pytest.raises(StoreDown, match="CERTIFICATE_VERIFY_FAILED"):
        await server.is_encrypted("sslrootcert=system")


async def test_the_name_of_the_server_is_checked_only_by_the_strictest_mode(server: Server) -> None:
    roots = f"sslrootcert={server.authority.file}"

    by_authority = await server.is_encrypted(f"sslmode=verify-ca&{roots}", "localhost")
    with pytest.raises(StoreDown, match="Hostname mismatch"):
        await server.is_encrypted(f"sslmode=verify-full&{roots}", "localhost")

    assert by_authority


async def test_a_server_without_tls_is_refused_where_it_is_required(postgres_url: str) -> None:
    async def ask(mode: str) -> object:
        async with open_pool(f"{postgres_url}?sslmode={mode}") as pool, connection(pool) as db:
            return await db.fetchval("SELECT 1")

    assert 1 == await ask("prefer")
    with pytest.raises(StoreDown):
        await ask("require")
