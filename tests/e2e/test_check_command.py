"""The command that asks every store what a start asks it, and prints a table."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from deploy.dev.local.ports import HOST, free_ports
from shared.stores.migrate import migrate
from shared.stores.postgres_server import newest_revision
from tests.contracts.stand_in import answering
from tests.stack.parts import Stack
from tests.stack.program_ground import Ground
from tests.stack.strict_s3 import StrictS3
from tests.stack.valkeys import valkey


@pytest.fixture
async def ground(postgres_url: str, valkey_url: str) -> AsyncIterator[Ground]:
    store = StrictS3()
    async with answering(store.answer) as store.url:
        yield Ground(postgres_url, valkey_url, store)


async def test_the_command_prints_a_table_and_leaves_nothing_behind(ground: Ground) -> None:
    code, out, err = await ground.ended("renderer", "check")

    assert (0, "") == (code, err)
    rows = {words[0]: words[1] for line in out.splitlines() if len(words := re.findall(r"[^│]+", line)) == 3}
    assert {"postgres": "ok", "redis": "ok", "s3": "ok"} == {
        name.strip(): result.strip() for name, result in rows.items()
    }
    assert f"schema {newest_revision()}" in out
    assert "maxmemory-policy noeviction" in out
    assert {} == ground.s3.kept


async def test_the_command_ends_with_1_and_names_every_trouble(ground: Ground) -> None:
    (port,) = free_ports(1, apart_from=ground.ports)

    code, out, _ = await ground.ended(
        "renderer", "check", AWS_SECRET_ACCESS_KEY="another", REDIS_URL=f"redis://{HOST}:{port}/0"
    )

    assert 1 == code
    assert "SignatureDoesNotMatch" in out
    assert re.search(r"redis +│ not usable", out)
    assert re.search(r"s3 +│ refuses", out)


async def test_the_command_warns_of_a_policy_that_evicts(ground: Ground, stack: Stack) -> None:
    server = await asyncio.to_thread(valkey, stack, "--maxmemory-policy", "allkeys-lru")

    code, out, _ = await ground.ended("gateway", "check", REDIS_URL=f"redis://{HOST}:{server.port}/0")

    assert 0 == code
    assert re.search(r"redis +│ warning", out)
    assert "maxmemory-policy is allkeys-lru" in out


async def test_the_command_waits_for_a_migration(ground: Ground, stack: Stack) -> None:
    empty = await asyncio.to_thread(stack.postgres)
    async with ground.running("gateway", "check", "--wait", "60", DATABASE_URL=empty) as process:
        assert process.stderr is not None
        said = await asyncio.wait_for(process.stderr.readline(), 60)
        await migrate(empty)
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    await asyncio.to_thread(stack.stop, "postgres")

    assert b"the database is not migrated: run python -m shared.stores.migrate" in said
    assert 0 == process.returncode
    assert f"schema {newest_revision()}" in out.decode()


async def test_another_word_than_check_is_a_usage_error(ground: Ground) -> None:
    code, out, err = await ground.ended("gateway", "chekc")

    assert (2, "") == (code, out)
    assert "usage: python -m gateway" in err
