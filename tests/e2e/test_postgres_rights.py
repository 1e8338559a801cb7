"""The pair with the rights in Postgres that the documentation lists and no others, and what a wrong password says."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from yarl import URL

from shared.stores.migrate import migrate
from shared.stores.postgres_server import newest_revision
from tests.e2e.test_redis_kinds import use_the_rest
from tests.stack.caller import show
from tests.stack.command import command
from tests.stack.pair import Pair
from tests.stack.parts import Stack
from tests.stack.smoke import SETTINGS, smoke
from tests.stack.sources import Sources
from tests.stack.stores import Stores

README = Path(__file__).parents[2] / "deploy/README.md"
PASSWORD = "postgres-password-never-to-be-seen"


def documented(role: str) -> str:
    """Return the statements of the documentation, for a role with another name."""
    text = README.read_text()
    found = text[text.index("CREATE ROLE marquee_app") :].partition("```")[0]
    return found.replace("marquee_app", role).replace("'password'", f"'{PASSWORD}'")


@pytest.fixture
async def few_rights(postgres_url: str, stores: Stores) -> AsyncIterator[Stores]:
    """The stores with a database whose user got its rights before there was a table."""
    role, name = f"app_{uuid.uuid4().hex[:8]}", f"rights_{uuid.uuid4().hex[:8]}"
    owner, dsn = await asyncpg.connect(postgres_url), str(URL(postgres_url).with_path(f"/{name}"))
    await owner.execute(f'CREATE DATABASE "{name}"')
    db = await asyncpg.connect(dsn)
    await db.execute(documented(role))
    await migrate(dsn)
    yield replace(stores, database_url=str(URL(dsn).with_user(role).with_password(PASSWORD)))
    await db.execute(f"DROP OWNED BY {role}")
    await db.close()
    await owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await owner.execute(f"DROP ROLE {role}")
    await owner.close()


async def test_a_user_with_the_documented_rights_can_do_all_that_is_needed(
    tmp_path: Path, few_rights: Stores, sources: Sources, http: aiohttp.ClientSession
) -> None:
    async with Pair(tmp_path, few_rights, sources, SETTINGS) as pair:
        pair.secrets.append(PASSWORD)
        show("Postgres, with few rights", (await smoke(pair, http)).items())
        used = await use_the_rest(pair, http, sources)
        said = "".join(part.said() for part in pair.parts)

    assert {200, 202} >= used
    assert "store_checked" in said
    for trouble in ("permission denied", "record_lost", "purge_not_done", "crashed", "not_stored"):
        assert trouble not in said


async def migrated(dsn: str, password: str) -> tuple[int, str, str]:
    """Run the migrations with this password; return the exit code and what is said."""
    url = URL(dsn).with_user("marquee").with_password(password)
    return await command("shared.stores.migrate", env={"DATABASE_URL": str(url)})


@pytest.mark.parametrize("method", ["scram-sha-256", "md5", "password"])
async def test_a_password_signs_in_and_a_wrong_one_is_one_line(stack: Stack, method: str) -> None:
    rules = stack.new_folder() / "pg_hba.conf"
    rules.write_text("host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 " + method + "\n")
    dsn = await asyncio.to_thread(lambda: stack.postgres(hba_file=str(rules)))
    db = await asyncpg.connect(dsn)
    await db.execute("CREATE ROLE marquee LOGIN PASSWORD 'right'")
    await db.execute("GRANT CREATE ON SCHEMA public TO marquee")
    await db.close()
    wrong = await migrated(dsn, "wrong")
    right = await migrated(dsn, "right")
    await asyncio.to_thread(stack.stop, "postgres")

    line = 'postgres: InvalidPasswordError: password authentication failed for user "marquee"'
    assert (1, "", f"marquee cannot migrate: {line}\n") == wrong
    assert (0, f"database migrated from nothing to {newest_revision()}\n", "") == right
