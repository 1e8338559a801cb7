"""Designs in addresses: as a profile of a key, as what it uses by default, and as a preset for every key."""

from typing import Any

import msgspec
import pytest

from gateway.app_keys import CHANGE_FEED
from gateway.db.presets import PRESETS, PresetRow
from gateway.keys.api_key import ApiKey
from gateway.keys.token import FREE_KEY
from gateway.settings.layers import design_layer
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument
from shared.domain.pictures import Format, Kind, Size
from shared.settings.digest import settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.gateway.doubles import KEY, KEY_ID, MemoryStores, digest
from tests.gateway.edge import Edge, running
from tests.shared.designs.written import written

CORNER = written({"type": "rating", "site": "imdb", "scale": 150}, {"type": "quality"})
WIDE = written({"type": "text", "text": "{title}"}, kind="backdrop")


def key_with(*, settings: object = None, **profiles: object) -> ApiKey:
    """Return a key with settings and profiles; a profile is a design, or the overrides of a poster."""
    layers = {
        name: [each.kind, design_layer(each)]
        if isinstance(each, DesignDocument)
        else ["poster", msgspec.json.encode(each).decode()]
        for name, each in profiles.items()
    }
    overrides = msgspec.json.encode(settings).decode() if settings is not None else ""
    return ApiKey(KEY_ID, 10_000, overrides=overrides, profiles=msgspec.json.encode(layers).decode())


async def location(edge: Edge, style: str, query: str = "", key: str = KEY) -> str:
    found = await edge.location(f"/{key}/imdb/{style}/tt0111161.jpg{query}")
    return found.removeprefix("https://posters.example")


def address(settings: Settings) -> str:
    return f"/c/{settings_hash(settings)}/imdb/{settings.kind}-default/tt0111161.{settings.format}"


def of_design(design: DesignDocument, **chosen: Any) -> str:
    return address(design_settings(design, Format.JPG, chosen))


async def test_a_design_is_a_profile_and_keeps_what_the_address_decides(stores: MemoryStores) -> None:
    stores.keys.api_keys[digest(KEY)] = key_with(settings={"poster": {"position": "tl"}}, den=CORNER, wide=WIDE)

    async with running(stores) as edge:
        found = [await location(edge, "den"), await location(edge, "wide")]
        large = await location(edge, "den", "?imageSize=large&position=tr&ratings_limit=1&fallback=true")

    assert [of_design(CORNER), of_design(WIDE)] == found
    assert f"{of_design(CORNER, size=Size.LARGE)}?fallback=true" == large
    assert design_settings(CORNER, Format.JPG, {}) in stores.settings_store.stored.values()


async def test_the_default_profile_is_what_the_plain_style_means(stores: MemoryStores) -> None:
    settings = {
        "poster": {"imageSize": "large"},
        "default_profile": {"poster": "den", "backdrop": "plain", "logo": "gone"},
    }
    stores.keys.api_keys[digest(KEY)] = key_with(settings=settings, den=CORNER, plain={"label_style": "t"})

    async with running(stores) as edge:
        poster = of_design(CORNER, size=Size.LARGE)
        target = f"/{KEY}/imdb/poster-default/tt0111161.jpg"
        get, head = await edge.get(target), await edge.get(target, "HEAD")
        older = (await edge.get(f"/api/{KEY}/imdb/default/tt0111161.jpg")).location
        others = [await location(edge, style) for style in ("backdrop-default", "logo-default", "poster-imdb")]

    assert [302, 302] == [get.status, head.status]
    assert {f"https://posters.example{poster}"} == {get.location, head.location, older}
    imdb = {"ratings_order": "imdb", "ratings_limit": "1", "imageSize": "large"}
    assert [
        address(parse(Kind.BACKDROP, Format.JPG, {})),  # the profile of that name is a poster's
        address(parse(Kind.LOGO, Format.JPG, {})),
        address(parse(Kind.POSTER, Format.JPG, imdb)),
    ] == others


async def test_a_preset_is_there_for_every_key_and_a_profile_for_its_own(stores: MemoryStores) -> None:
    stores.keys.api_keys[digest(KEY)] = key_with(den=CORNER)
    stores.changes.published = [PresetRow("corner", Kind.POSTER, design_layer(CORNER))]

    async with running(stores) as edge:
        await edge.app[CHANGE_FEED].poll()
        found = {await location(edge, "preset-corner", key=key) for key in (KEY, FREE_KEY)}
        private = await edge.get(f"/{FREE_KEY}/imdb/den/tt0111161.jpg")
        unknown = [await edge.get(f"/{key}/imdb/preset-none/tt0111161.jpg") for key in (KEY, FREE_KEY)]
        stores.changes.published = [PresetRow("corner", Kind.POSTER, '{"ratings_limit":1}')]
        stores.changes.told.append(PRESETS)
        await edge.app[CHANGE_FEED].poll()
        changed = await location(edge, "preset-corner")

    assert {of_design(CORNER)} == found
    assert 403 == private.status
    assert [422, 422] == [answer.status for answer in unknown]
    assert "There is no preset of that name." == unknown[0].json["error"]
    assert address(parse(Kind.POSTER, Format.JPG, {"ratings_limit": "1"})) == changed


async def test_only_the_presets_that_are_named_are_there_for_a_free_key_that_has_few(stores: MemoryStores) -> None:
    stores.changes.published = [PresetRow(name, Kind.POSTER, design_layer(CORNER)) for name in ("corner", "other")]

    async with running(stores, FREE_KEY_PRESETS="poster-default,preset-corner") as edge:
        await edge.app[CHANGE_FEED].poll()
        found = await location(edge, "preset-corner", "?imageSize=large", key=FREE_KEY)
        refused = await edge.get(f"/{FREE_KEY}/imdb/preset-other/tt0111161.jpg")

    assert of_design(CORNER) == found
    assert (403, "The free key has only these styles: poster-default, preset-corner.") == (
        refused.status,
        refused.json["error"],
    )


async def test_a_profile_of_before_presets_keeps_its_name(stores: MemoryStores) -> None:
    stores.keys.api_keys[digest(KEY)] = key_with(**{"preset-corner": {"ratings_limit": 1}})
    stores.changes.published = [PresetRow("corner", Kind.POSTER, design_layer(CORNER))]

    async with running(stores) as edge:
        await edge.app[CHANGE_FEED].poll()
        found = await location(edge, "preset-corner")

    assert address(parse(Kind.POSTER, Format.JPG, {"ratings_limit": "1"})) == found


@pytest.mark.parametrize("stored", ['{"design":{"kind":"poster","elements":[{"type":"hologram"}]}}', '{"design":5}'])
async def test_a_design_that_only_a_newer_version_can_read_breaks_no_picture(stores: MemoryStores, stored: str) -> None:
    profiles = msgspec.json.encode({"den": ["poster", stored]}).decode()
    stores.keys.api_keys[digest(KEY)] = ApiKey(KEY_ID, 10_000, profiles=profiles)

    async with running(stores) as edge:
        found = await location(edge, "den")

    assert address(parse(Kind.POSTER, Format.JPG, {})) == found


async def test_a_design_that_parameters_can_say_leads_to_their_picture(stores: MemoryStores) -> None:
    ratings = {"type": "ratings", "anchor": "bc", "x": 0, "y": 26, "gap": 17, "wrap": 3, "sites": ["imdb"], "limit": 1}
    stores.keys.api_keys[digest(KEY)] = key_with(den=written(ratings))

    async with running(stores) as edge:
        found = await location(edge, "den")

    excluded = "mal,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert"
    plain = {"ratings_order": "imdb", "ratings_exclude": excluded, "ratings_limit": "1", "awards": "false"}
    assert address(parse(Kind.POSTER, Format.JPG, plain)) == found
