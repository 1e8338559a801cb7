import asyncio

import pytest
from argon2 import PasswordHasher

from gateway.admin import bootstrap_admin
from gateway.admin.bootstrap_admin import create_bootstrap_admin
from shared.config.environment import Secret
from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import POSTER, running

PASSWORD = Secret("correct horse")


async def test_the_first_admin_is_made_with_an_argon2id_hash(stores: MemoryStores) -> None:
    await create_bootstrap_admin(stores.admins.ensure, "root", PASSWORD)

    stored = stores.admins.admins["root"]
    assert stored.startswith("$argon2id$")
    assert PasswordHasher().verify(stored, PASSWORD)


async def test_an_admin_who_is_there_is_left_alone(stores: MemoryStores) -> None:
    stores.admins.admins["root"] = "hash"

    await create_bootstrap_admin(stores.admins.ensure, "other", PASSWORD)

    assert {"root": "hash"} == stores.admins.admins


async def test_the_first_admin_is_made_when_postgres_is_back(
    stores: MemoryStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap_admin, "_FIRST_PAUSE_S", 0.005)
    stores.postgres.is_down = True
    making = asyncio.create_task(create_bootstrap_admin(stores.admins.ensure, "root", PASSWORD))
    await stores.postgres.asked("admins.ensure", times=2)

    stores.postgres.is_down = False
    await asyncio.wait_for(making, 10)

    assert ["root"] == list(stores.admins.admins)


async def test_the_gateway_starts_without_postgres_and_makes_the_admin_beside_its_work(stores: MemoryStores) -> None:
    stores.postgres.is_down = True
    async with running(stores, ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD) as edge:
        answer = await edge.get(POSTER)

    assert (503, {}) == (answer.status, stores.admins.admins)
