"""Settings that somebody saved do not expire; those that were only tried do."""

import pytest

from gateway.app_keys import CHANGE_FEED
from gateway.pictures.saved_settings import SavedSettings
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import Caller
from tests.gateway.keys.holder import new_holder, new_key

POSTER = "imdb/poster-default/tt0111161.jpg"


async def redirect(caller: Caller, path: str) -> SettingsHash:
    answer = await caller.get(path)
    assert 302 == answer.status, answer.body
    return SettingsHash(answer.headers["Location"].split("/")[4])


async def make_old(pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute("UPDATE settings_registry SET asked_on = current_date - 8")


async def in_use(pool: Pool) -> set[str]:
    async with connection(pool) as db:
        return {
            row["hash"] for row in await db.fetch("SELECT hash FROM settings_registry WHERE asked_on = current_date")
        }


async def test_saved_settings_count_as_used(admin: Caller, pool: Pool) -> None:
    holder = await new_holder(pool, admin)
    _, plain = await new_key(pool, "without settings")
    await admin.ask("PUT", "/api/admin/settings", {"settings": {"poster": {"position": "tl"}}})
    await holder.caller.ask("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 4}})
    profile = {"kind": "poster", "settings": {"label_style": "t"}}
    made = await holder.caller.ask("PUT", "/api/key/me/profiles/den", profile)
    assert made.status in {200, 201}, made.body
    saved = {
        await redirect(admin, f"/{plain}/{POSTER}"),
        await redirect(admin, f"/{plain}/imdb/logo-default/tt0111161.png"),
        await redirect(admin, f"/{holder.key}/{POSTER}"),
        await redirect(admin, f"/{holder.key}/imdb/den/tt0111161.jpg"),
    }
    tried = await redirect(admin, f"/{holder.key}/{POSTER}?blur=yes")
    await make_old(pool)

    await SavedSettings(pool, admin.app[CHANGE_FEED], pause_s=0.0).keep()

    assert 4 == len(saved)
    assert tried not in saved
    assert saved == await in_use(pool)


async def test_no_settings_are_stored_because_they_are_saved(admin: Caller, pool: Pool) -> None:
    await SavedSettings(pool, admin.app[CHANGE_FEED], pause_s=0.0).keep()

    assert set() == await in_use(pool)


async def test_the_settings_of_more_keys_than_one_page_are_kept(
    admin: Caller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pictures.saved_settings.PAGE", 2)
    keys = [await new_holder(pool, admin) for _ in range(5)]
    for nth, holder in enumerate(keys):
        await holder.caller.ask("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 4 + nth}})
    saved = {await redirect(admin, f"/{holder.key}/{POSTER}") for holder in keys}
    await make_old(pool)

    await SavedSettings(pool, admin.app[CHANGE_FEED], pause_s=0.0).keep()

    assert {settings_hash(parse(Kind.POSTER, Format.JPG, {"ratings_limit": str(4 + nth)})) for nth in range(5)} == saved
    assert saved == await in_use(pool)
