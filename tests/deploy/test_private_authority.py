"""Stores whose certificates a private authority signed are trusted through one file, as the chart's caBundle does."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.certificates import Authority

ROOT = Path(__file__).parents[2]
STORES = {"postgres", "redis", "s3"}


@pytest.mark.parametrize("trusted", [STORES, set()])
async def test_every_store_is_trusted_with_the_file_and_none_without(tmp_path: Path, trusted: set[str]) -> None:
    authority = Authority.create(tmp_path)
    async with tls_server(authority) as (port, callers):
        environment = {
            "CONTENT_BASE_URL": "https://posters.example",
            "DATABASE_URL": f"postgresql://u@127.0.0.1:{port}/d?sslmode=verify-full&sslrootcert=system&sslnegotiation=direct",
            "REDIS_URL": f"rediss://127.0.0.1:{port}/0",
            "S3_ENDPOINT_URL": f"https://127.0.0.1:{port}",
            "S3_BUCKET": "posters",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "TMDB_API_KEY": "key",
            "MDBLIST_API_KEY": "key",
        } | ({"SSL_CERT_FILE": str(authority.file)} if trusted else {})
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "renderer", "check",
            cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    assert trusted == callers, output.decode()
    assert bool(trusted) != (b"CERTIFICATE_VERIFY_FAILED" in output)


@asynccontextmanager
async def tls_server(authority: Authority) -> AsyncIterator[tuple[int, set[str]]]:
    """Yield the port of a server with a certificate of ``authority``, and which clients spoke after its handshake."""
    pair = authority.issue("store")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.file, pair.key)
    context.set_alpn_protocols(["postgresql"])  # which libpq's direct negotiation asks for; the others ask for none
    callers: set[str] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        callers.add({b"": "nobody", b"\0": "postgres", b"*": "redis"}.get(first, "s3"))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1], callers
