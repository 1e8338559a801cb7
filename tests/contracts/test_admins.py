"""The SQL of sign-ins, on a real Postgres."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.db.admins import AdminRow, change_password, ensure_admin, find_admin, is_any_admin
from gateway.db.sessions import (
    MAX_FAMILIES,
    Spending,
    begin_family,
    find_session,
    find_session_of,
    revoke_family,
    revoke_family_of,
    spend_token,
)
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow, find_images, mark_checked, record_image
from shared.stores.postgres import Pool, connection


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


@pytest.fixture
async def admin(pool: Pool) -> AdminRow:
    await ensure_admin(pool, "root", "hash")
    found = await find_admin(pool, "root")
    assert found is not None
    return found


async def begun(pool: Pool, admin: AdminRow, token: str) -> int:
    session = await begin_family(pool, admin, digest(token))
    assert session is not None
    return session.family


async def test_an_admin_is_found_by_the_exact_name(pool: Pool) -> None:
    before = await is_any_admin(pool)
    await ensure_admin(pool, "root", "hash")

    found = await find_admin(pool, "root")
    assert (False, True) == (before, await is_any_admin(pool))
    assert found is not None
    assert ("root", "hash", False) == (found.username, found.password_hash, "hash" in repr(found))
    assert None is await find_admin(pool, "Root")


async def test_a_token_is_good_once_and_its_reuse_ends_the_sign_in(pool: Pool, admin: AdminRow) -> None:
    family = await begun(pool, admin, "one")

    spendings = [(await spend_token(pool, digest(a), digest(b)))[0] for a, b in ("12", "23")]
    assert [Spending.REFUSED] * 2 == spendings  # nobody has those
    first, session = await spend_token(pool, digest("one"), digest("two"))
    reused, whose = await spend_token(pool, digest("one"), digest("three"))
    after, nobody = await spend_token(pool, digest("two"), digest("four"))

    assert [Spending.GOOD, Spending.REUSED, Spending.REFUSED] == [first, reused, after]
    assert session is not None
    assert whose == msgspec.structs.replace(session, expires_at=whose.expires_at if whose else None)
    assert nobody is None
    assert None is await find_session(pool, family)


@pytest.mark.parametrize("rivals", [2, 8])
async def test_of_many_that_spend_one_token_at_once_one_succeeds_and_the_sign_in_ends(
    pool: Pool, admin: AdminRow, rivals: int
) -> None:
    family = await begun(pool, admin, "one")

    asked = [spend_token(pool, digest("one"), digest(f"next {number}")) for number in range(rivals)]
    spendings = [spending for spending, _ in await asyncio.gather(*asked)]

    assert 1 == spendings.count(Spending.GOOD)
    assert 1 == spendings.count(Spending.REUSED)
    assert None is await find_session(pool, family)


async def test_the_other_sign_ins_of_an_admin_go_on(pool: Pool, admin: AdminRow) -> None:
    ended, other = await begun(pool, admin, "one"), await begun(pool, admin, "two")
    await revoke_family(pool, ended)

    assert (None, other) == (
        await find_session_of(pool, digest("one")),
        getattr(await find_session_of(pool, digest("two")), "family", None),
    )


async def test_a_spent_token_still_signs_out(pool: Pool, admin: AdminRow) -> None:
    family = await begun(pool, admin, "one")
    await spend_token(pool, digest("one"), digest("two"))
    await revoke_family_of(pool, digest("nobody's"))
    before = await find_session(pool, family)

    await revoke_family_of(pool, digest("one"))

    assert before is not None
    assert None is await find_session(pool, family)


async def test_an_expired_token_is_refused_and_ends_nothing(pool: Pool, admin: AdminRow) -> None:
    family = await begun(pool, admin, "one")
    async with connection(pool) as db:
        await db.execute("UPDATE refresh_tokens SET expires_at = now()")

    spending, _ = await spend_token(pool, digest("one"), digest("two"))

    assert Spending.REFUSED is spending
    assert await find_session(pool, family) is not None
    assert None is await find_session_of(pool, digest("one"))


async def test_a_new_password_ends_all_sign_ins_but_one(pool: Pool, admin: AdminRow) -> None:
    kept, ended = await begun(pool, admin, "one"), await begun(pool, admin, "two")

    changed = await change_password(pool, admin, "new hash", keep_family=kept)
    again = await change_password(pool, admin, "newer hash", keep_family=ended)

    assert (True, False) == (changed, again)
    assert (True, None) == (await find_session(pool, kept) is not None, await find_session(pool, ended))
    assert None is await begin_family(pool, admin, digest("three"))  # who knew the old password only


async def test_a_deleted_admin_has_no_sign_in(pool: Pool, admin: AdminRow) -> None:
    family = await begun(pool, admin, "one")
    async with connection(pool) as db:
        await db.execute("DELETE FROM admin_users")

    assert None is await find_session(pool, family)
    assert None is await begin_family(pool, admin, digest("two"))


async def test_sign_ins_that_are_over_or_too_many_are_forgotten(pool: Pool, admin: AdminRow) -> None:
    oldest = await begun(pool, admin, "oldest")
    async with connection(pool) as db:
        expired = await begun(pool, admin, "expired")
        await db.execute("UPDATE token_families SET expires_at = now() WHERE id = $1", expired)
    for number in range(MAX_FAMILIES):
        await begun(pool, admin, str(number))

    async with connection(pool) as db:
        families = {row["id"] for row in await db.fetch("SELECT id FROM token_families")}
        tokens = await db.fetchval("SELECT count(*) FROM refresh_tokens")
    assert (MAX_FAMILIES, MAX_FAMILIES) == (len(families), tokens)
    assert not {oldest, expired} & families


async def test_the_pictures_of_a_title_are_listed_the_newest_first(pool: Pool) -> None:
    film, noon = MediaId.parse("movie-278"), datetime(2026, 11, 21, 12, tzinfo=UTC)
    for number, media in enumerate([film, film, film, MediaId.parse("movie-279")]):
        image = ImageRow(
            hash=SettingsHash(f"{number:032x}"),
            media=media,
            ext=Format.JPG,
            etag="e",
            bytes=number,
            fingerprint="f",
            degraded=number == 1,
            drawn_at=noon + timedelta(hours=number),
        )
        await record_image(pool, image)
    await mark_checked(pool, SettingsHash(f"{1:032x}"), film, Format.JPG, noon + timedelta(days=1))

    images = await find_images(pool, film, 2)

    assert [(2, False), (1, True)] == [(image.bytes, image.degraded) for image in images]
    assert noon + timedelta(days=1) == images[1].checked_at
