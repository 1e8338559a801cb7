"""The SQL of keys and of those who manage them, on a real Postgres: also when several do it at once."""

import asyncio
import hashlib

import pytest

from gateway.db import admins, api_keys, audit
from gateway.db.admins import (
    AdminRemoval,
    add_admin,
    ensure_admin,
    find_admin,
    find_admins,
    remove_admin,
    renew_hash,
    reset_password,
)
from gateway.db.api_keys import (
    ApiKeys,
    KeyChange,
    ManagedKey,
    add_key,
    change_key,
    delete_key,
    lock_key,
    replace_share,
)
from gateway.db.audit import Action, ChangeLog, audit_entries, changing
from gateway.db.sessions import begin_family, begin_key_family, find_session
from gateway.keys.token import Form, KeyToken
from shared.stores.postgres import Pool, connection
from tests.stack.api_keys import create_key


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


async def made(pool: Pool, name: str) -> ManagedKey | None:
    async with changing(pool, "cli", Action.KEY_CREATED) as change:
        return await add_key(
            change.db,
            name=name,
            key_hash=digest(name),
            key_prefix="abcdef01",
            share_hash=digest(f"share of {name}"),
            tier=1,
            monthly_limit=1000,
            direct=True,
        )


async def a_key(pool: Pool, name: str) -> ManagedKey:
    key = await made(pool, name)
    assert key is not None
    return key


async def changed(pool: Pool, key: ManagedKey, change: KeyChange) -> ManagedKey:
    async with changing(pool, "cli", Action.KEY_CHANGED) as doing:
        assert await lock_key(doing.db, key.id) is not None
        return await change_key(doing.db, key.id, change)


async def shared_anew(pool: Pool, key: ManagedKey, share: str) -> None:
    async with changing(pool, "cli", Action.SHARE_REPLACED) as doing:
        await lock_key(doing.db, key.id)
        await replace_share(doing.db, key.id, digest(share))


async def removed(pool: Pool, admin_id: int) -> AdminRemoval:
    async with changing(pool, "cli", Action.ADMIN_DELETED) as change:
        removal, _ = await remove_admin(change.db, admin_id)
        change.is_done = removal is AdminRemoval.DONE
    return removal


async def test_a_key_is_kept_as_it_was_wished_for(pool: Pool) -> None:
    key = await a_key(pool, "home")

    assert key == await ApiKeys(pool).managed(key.id)
    assert ("home", 1, 1000, True, True, False, False) == (
        key.name, key.tier, key.monthly_limit, key.direct, key.has_share, key.is_free, key.disabled,
    )  # fmt: skip
    assert [key] == list(await ApiKeys(pool).with_prefix("abcdef01", 2))
    assert ([key], 1) == await ApiKeys(pool).page(search="HOM", page=1, size=10)
    found = await ApiKeys(pool).find(
        [KeyToken(Form.KEY, digest("home")), KeyToken(Form.SHARE, digest("share of home"))]
    )
    assert [key.id, key.id] == [row and row.id for row in found]


async def test_the_last_free_place_goes_to_one(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MOST_KEYS", 3)  # the free key is one

    keys = await asyncio.gather(*(made(pool, f"key {number}") for number in range(6)))

    assert 2 == sum(key is not None for key in keys)
    assert 3 == (await ApiKeys(pool).page(search="", page=1, size=10))[1]


async def test_of_many_share_forms_given_at_once_one_is_left(pool: Pool) -> None:
    key, shares = await a_key(pool, "home"), [f"share {number}" for number in range(6)]

    await asyncio.gather(*(shared_anew(pool, key, share) for share in shares))

    found = await ApiKeys(pool).find([KeyToken(Form.SHARE, digest(share)) for share in [*shares, "share of home"]])
    assert [key.id] == [row.id for row in found if row]


async def test_changes_of_different_fields_at_once_all_count(pool: Pool) -> None:
    key = await a_key(pool, "home")
    wishes = [KeyChange(name="bedroom"), KeyChange(tier=5), KeyChange(monthly_limit=7), KeyChange(direct=False)]

    await asyncio.gather(*(changed(pool, key, wish) for wish in wishes))

    found = await ApiKeys(pool).managed(key.id)
    assert found is not None
    assert ("bedroom", 5, 7, False) == (found.name, found.tier, found.monthly_limit, found.direct)


async def test_a_key_that_is_disabled_while_its_holder_signs_in_has_no_sign_in(pool: Pool) -> None:
    for number in range(8):
        key = await a_key(pool, f"key {number}")
        session, _ = await asyncio.gather(
            begin_key_family(pool, key.id, digest(f"token {number}")), changed(pool, key, KeyChange(disabled=True))
        )
        await changed(pool, key, KeyChange(disabled=False))

        assert session is None or await find_session(pool, session.family) is None


async def test_a_key_that_is_deleted_takes_its_sign_ins_along(pool: Pool) -> None:
    key = await a_key(pool, "home")
    session = await begin_key_family(pool, key.id, digest("token"))
    assert session is not None

    async with changing(pool, "cli", Action.KEY_DELETED) as change:
        await delete_key(change.db, key.id)

    assert (None, None) == (await find_session(pool, session.family), await ApiKeys(pool).managed(key.id))
    assert None is await begin_key_family(pool, key.id, digest("other"))


async def test_of_two_last_admins_who_remove_each_other_one_is_left(pool: Pool) -> None:
    for number in range(5):
        async with changing(pool, "cli", Action.ADMIN_CREATED) as change:
            await add_admin(change.db, f"one {number}", "hash")
            await add_admin(change.db, f"two {number}", "hash")
            await change.db.execute("DELETE FROM admin_users WHERE username NOT LIKE '%' || $1", str(number))

        removals = await asyncio.gather(*(removed(pool, admin.id) for admin in await find_admins(pool)))

        assert [AdminRemoval.DONE, AdminRemoval.LAST] == sorted(removals)
        assert 1 == len(await find_admins(pool))


async def test_an_admin_is_added_once_and_there_are_not_too_many(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admins, "MAX_ADMINS", 3)

    async def added(name: str) -> bool:
        async with changing(pool, "cli", Action.ADMIN_CREATED) as change:
            return await add_admin(change.db, name, "hash") is not None

    same = await asyncio.gather(*(added("root") for _ in range(3)))
    more = await asyncio.gather(*(added(f"admin {number}") for number in range(4)))

    assert (1, 2) == (sum(same), sum(more))
    assert AdminRemoval.UNKNOWN is await removed(pool, -1)


async def test_an_admin_who_was_removed_is_signed_out(pool: Pool) -> None:
    for name in ("root", "other"):
        async with changing(pool, "cli", Action.ADMIN_CREATED) as change:
            await add_admin(change.db, name, "hash")
    other = await find_admin(pool, "other")
    assert other is not None
    session = await begin_family(pool, other, digest("token"))
    assert session is not None

    await removed(pool, other.id)

    assert (None, None) == (await find_session(pool, session.family), await find_admin(pool, "other"))


async def test_a_password_that_is_reset_ends_all_sign_ins(pool: Pool) -> None:
    await ensure_admin(pool, "root", "hash")
    admin = await find_admin(pool, "root")
    assert admin is not None
    session = await begin_family(pool, admin, digest("token"))
    assert session is not None

    done = [await reset_password(pool, name, "new hash", actor="cli") for name in ("root", "nobody")]
    await renew_hash(pool, admin, "hash made anew")  # of the password that is no more

    after = await find_admin(pool, "root")
    assert ([True, False], None) == (done, await find_session(pool, session.family))
    assert after is not None
    assert "new hash" == after.password_hash
    assert 1 == sum(entry.action == "password_changed" for entry in await audit_entries(pool, before=None, most=9))


async def broken_off(pool: Pool) -> None:
    async with changing(pool, "cli", Action.KEY_CHANGED) as change:
        change.key_ids.add(1)
        raise ZeroDivisionError


async def test_what_was_not_done_is_neither_written_down_nor_told(pool: Pool) -> None:
    before = (await ChangeLog(pool).after(-1)).last
    async with changing(pool, "cli", Action.KEY_CHANGED) as change:
        change.key_ids.add(1)
        change.is_done = False
    with pytest.raises(ZeroDivisionError):
        await broken_off(pool)

    assert ([], before) == (
        list(await audit_entries(pool, before=None, most=9)),
        (await ChangeLog(pool).after(-1)).last,
    )


async def test_the_audit_log_forgets_what_is_oldest(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MAX_ENTRIES", 3)
    for number in range(5):
        async with changing(pool, "cli", Action.KEY_CHANGED) as change:
            change.target = f"key:{number}"

    entries = await audit_entries(pool, before=None, most=9)

    assert ["key:4", "key:3", "key:2"] == [entry.target for entry in entries]


async def test_a_key_without_a_share_form_says_so(pool: Pool) -> None:
    row = await create_key(pool, name="home", key_hash=digest("home"), key_prefix="abcdef01")
    key = await ApiKeys(pool).managed(row.id)

    async with connection(pool) as db:
        held = await lock_key(db, row.id)

    assert key is not None
    assert (False, key) == (key.has_share, held)
