"""The cascade: what everybody, a key, a profile and a query choose, each over those before it, in the keyed address."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.db.api_keys import ApiKeys
from gateway.keys.token import FREE_KEY, Form, KeyToken
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from tests.gateway.auth.caller import Caller, gateway
from tests.gateway.doubles import digest
from tests.gateway.keys.holder import Holder, new_holder


@pytest.fixture
async def holder(pool: Pool, admin: Caller) -> Holder:
    return await new_holder(pool, admin)


async def put(who: Caller, path: str, body: object) -> None:
    answer = await who.ask("PUT", path, body)
    assert answer.status in {200, 201}, answer.body


async def look_of(who: Caller, key: str, style: str = "poster-default", query: str = "") -> SettingsHash:
    """Return the hash in the address that a picture is redirected to."""
    answer = await who.get(f"/{key}/imdb/{style}/tt0111161.jpg{query and '?'}{query}")
    assert answer.status == 302, answer.body
    return SettingsHash(answer.headers["Location"].split("/c/")[1].split("/")[0])


def poster(**query: str) -> SettingsHash:
    return settings_hash(parse(Kind.POSTER, Format.JPG, query))


async def test_each_level_goes_over_those_below_it_in_what_it_names(admin: Caller, holder: Holder) -> None:
    looks = [await look_of(admin, holder.key)]
    await put(
        admin, "/api/admin/settings", {"settings": {"poster": {"position": "tl", "badge_size": "s", "lang": "de"}}}
    )
    looks.append(await look_of(admin, holder.key))
    await put(holder.caller, "/api/key/me/settings", {"poster": {"badge_size": "l", "label_style": "t", "lang": "fr"}})
    looks.append(await look_of(admin, holder.key))
    await put(
        holder.caller, "/api/key/me/profiles/dark", {"kind": "poster", "settings": {"label_style": "i", "lang": "it"}}
    )
    looks.append(await look_of(admin, holder.key, "dark"))
    looks.append(await look_of(admin, holder.key, "dark", "lang=pt-BR&badge_shape=p"))

    assert [
        poster(),
        poster(position="tl", badge_size="s", lang="de"),
        poster(position="tl", badge_size="l", label_style="t", lang="fr"),
        poster(position="tl", badge_size="l", label_style="i", lang="it"),
        poster(position="tl", badge_size="l", label_style="i", lang="pt-BR", badge_shape="p"),
    ] == looks


async def test_what_is_taken_back_comes_from_below_again(admin: Caller, holder: Holder) -> None:
    await put(admin, "/api/admin/settings", {"settings": {"poster": {"position": "tl"}}})
    await put(holder.caller, "/api/key/me/settings", {"poster": {"position": "br", "split": True}})

    await put(holder.caller, "/api/key/me/settings", {"poster": {"position": None}})
    without_position = await look_of(admin, holder.key)
    await holder.caller.ask("DELETE", "/api/key/me/settings")
    without_all = await look_of(admin, holder.key)

    assert poster(position="tl", split="true") == without_position
    assert poster(position="tl") == without_all


async def test_a_choice_for_one_kind_is_none_for_another(admin: Caller, holder: Holder) -> None:
    await put(holder.caller, "/api/key/me/settings", {"logo": {"ratings_limit": 1}})

    assert poster() == await look_of(admin, holder.key)
    assert settings_hash(parse(Kind.LOGO, Format.PNG, {"ratings_limit": "1"})) == await look_of(
        admin, holder.key, "logo-default"
    )


async def test_what_is_shown_as_effective_is_what_is_drawn(admin: Caller, holder: Holder) -> None:
    await put(admin, "/api/admin/settings", {"settings": {"poster": {"edge_inset": 4, "ratings_exclude": ["mal"]}}})
    await put(holder.caller, "/api/key/me/settings", {"poster": {"ratings_order": ["rt", "imdb"], "badge_shape": "p"}})

    shown: dict[str, Any] = (await holder.caller.get("/api/key/me/settings")).json["effective"]["poster"]

    as_query = {
        name: ",".join(value) if isinstance(value, list) else str(value)
        for name, value in shown.items()
        if value is not None
    }
    assert poster(**as_query) == await look_of(admin, holder.key)


async def test_the_free_key_looks_as_chosen_for_everybody_and_has_no_profiles(admin: Caller, holder: Holder) -> None:
    await put(admin, "/api/admin/settings", {"settings": {"poster": {"position": "tl"}}})
    await put(holder.caller, "/api/key/me/profiles/dark", {"kind": "poster"})

    profile = await admin.get(f"/{FREE_KEY}/imdb/dark/tt0111161.jpg")

    assert poster(position="tl") == await look_of(admin, FREE_KEY)
    assert 403 == profile.status


async def test_a_profile_is_known_to_its_own_key_only(pool: Pool, admin: Caller, holder: Holder) -> None:
    other = await new_holder(pool, admin)
    await put(holder.caller, "/api/key/me/profiles/dark", {"kind": "poster"})

    got = [
        (await admin.get(f"/{key}/imdb/{name}/tt0111161.jpg")).status
        for key, name in [(holder.key, "dark"), (other.key, "dark"), (holder.key, "light")]
    ]

    assert [302, 422, 422] == got


async def test_a_profile_has_the_kind_that_it_says(admin: Caller, holder: Holder) -> None:
    await put(holder.caller, "/api/key/me/profiles/wide", {"kind": "backdrop", "settings": {"imageSize": "small"}})
    wide = await look_of(admin, holder.key, "wide")
    await put(holder.caller, "/api/key/me/profiles/wide", {"name": "broad"})
    renamed = await look_of(admin, holder.key, "broad")

    expected = settings_hash(parse(Kind.BACKDROP, Format.JPG, {"imageSize": "small"}))
    assert (expected, expected) == (wide, renamed)
    assert 422 == (await admin.get(f"/{holder.key}/imdb/wide/tt0111161.jpg")).status


@pytest.fixture
async def second(admin: Caller, postgres_url: str, valkey_url: str) -> AsyncIterator[Caller]:  # noqa: ARG001 - the first
    """Another replica on the same stores."""
    async with gateway(postgres_url, valkey_url) as caller:
        yield caller


async def test_a_choice_counts_on_every_replica_within_five_seconds(
    admin: Caller, second: Caller, holder: Holder
) -> None:
    assert poster() == await look_of(second, holder.key)
    expected = poster(position="tl", badge_size="l")

    await admin.ask("PUT", "/api/admin/settings", {"settings": {"poster": {"position": "tl"}}})
    await holder.caller.ask("PUT", "/api/key/me/settings", {"poster": {"badge_size": "l"}})
    await holder.caller.ask("PUT", "/api/key/me/profiles/dark", {"kind": "poster", "settings": {"badge_shape": "p"}})

    async with asyncio.timeout(30):
        for replica in (admin, second):
            while expected != await look_of(replica, holder.key):  # noqa: ASYNC110 - a replica has no event to wait for
                await asyncio.sleep(0.05)
            assert poster(position="tl", badge_size="l", badge_shape="p") == await look_of(replica, holder.key, "dark")


async def test_the_switch_of_the_free_key_counts_on_every_replica_within_five_seconds(
    pool: Pool,  # noqa: ARG001 - asked for to be clean
    postgres_url: str,
    valkey_url: str,
) -> None:
    async with (
        gateway(postgres_url, valkey_url, FREE_KEY_ENABLED="") as one,
        gateway(postgres_url, valkey_url, FREE_KEY_ENABLED="") as other,
    ):
        await one.sign_in("/api/auth/setup")
        path = f"/{FREE_KEY}/imdb/poster-default/tt0111161.jpg"
        assert 401 == (await other.get(path)).status

        for is_on, status in ((True, 302), (False, 401)):
            await one.ask("PUT", "/api/admin/settings", {"free_key_enabled": is_on})
            async with asyncio.timeout(30):
                while status != (await other.get(path)).status:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.05)


async def test_profiles_and_choices_are_read_with_their_key(pool: Pool, admin: Caller, holder: Holder) -> None:
    await put(holder.caller, "/api/key/me/settings", {"poster": {"split": True}})
    await put(admin, f"/api/keys/{holder.id}/profiles/dark", {"kind": "poster", "settings": {"blur": True}})

    (key,) = await ApiKeys(pool).find([KeyToken(Form.KEY, digest(holder.key))])

    assert key is not None
    assert ('{"poster": {"split": true}}', True) == (key.overrides, '"dark"' in key.profiles)
