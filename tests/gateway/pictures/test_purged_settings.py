"""A purge of a key names the settings of all its pictures, of those on pinned art too."""

from datetime import UTC, datetime

import pytest

from gateway.app_keys import CHANGE_FEED
from gateway.db.api_keys import ApiKeys
from gateway.db.audit import Action, changing
from gateway.db.title_pins import EVERYBODY, PinRow, write_pin
from gateway.pictures import purged_settings
from gateway.pictures.key_layers import settings_hashes_of
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool
from tests.gateway.auth.caller import Caller
from tests.gateway.keys.holder import Holder, new_holder

FILMS = {"own": "tt0111161", "everybody": "tt0068646", "other": "tt0071562", "unseen": "tt0468569"}


async def pin(pool: Pool, key_id: int, name: str) -> None:
    row = PinRow(
        key_id=key_id,
        media_id=f"movie-{FILMS[name].removeprefix('tt')}",
        kind=Kind.POSTER,
        alias=f"imdb:{FILMS[name]}",
        source="tmdb",
        file=f"{name}.jpg",
        pinned_at=datetime.now(UTC),
    )
    async with changing(pool, "admin:root", Action.ART_PINNED) as change:
        await write_pin(change.db, row)
        change.target, change.pins = "a pin", True


async def redirected(at: Caller, key: str, style: str, film: str) -> str:
    """Return the settings hash of a picture, whose settings are stored then."""
    answer = await at.get(f"/{key}/imdb/{style}/{FILMS[film]}.jpg")
    assert 302 == answer.status, answer.body
    return answer.headers["Location"].split("/c/")[1].split("/")[0]


async def purged(admin: Caller, holder: Holder) -> set[str]:
    answer = await admin.ask("POST", "/api/admin/purge", {"key_id": holder.id})
    assert 202 == answer.status, answer.body
    return set(answer.json["targets"])


async def test_a_purge_of_a_key_names_its_stored_settings_on_pinned_art(
    admin: Caller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purged_settings, "_AT_ONCE", 2)
    holder, other = await new_holder(pool, admin), await new_holder(pool, admin)
    await holder.caller.ask("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 4}})
    await holder.caller.ask("PUT", "/api/key/me/profiles/den", {"kind": "poster", "settings": {"label_style": "t"}})
    for owner, name in ((holder.id, "own"), (EVERYBODY, "everybody"), (other.id, "other"), (holder.id, "unseen")):
        await pin(pool, owner, name)
    await admin.app[CHANGE_FEED].poll()
    seen = [film for film in FILMS if film != "unseen"]
    own = {await redirected(admin, holder.key, style, film) for style in ("poster-default", "den") for film in seen}
    others = {await redirected(admin, other.key, "poster-default", film) for film in ("other", "everybody")}

    named = await purged(admin, holder)

    key = await ApiKeys(pool).get(holder.id)
    assert key is not None
    plain = set(settings_hashes_of(key, "", admin.app[CHANGE_FEED].presets))
    assert (6, 2) == (len(own), len(own & plain))  # another key's pin is none for this one
    assert own | plain == named
    assert not named & others
