"""The style of cards: a backdrop with other defaults, and the shapes that a client's template fills in."""

import pytest

from gateway.designs.published_presets import Presets
from gateway.keys.api_key import ApiKey
from gateway.pictures.address import CARD, is_profile_name
from gateway.pictures.key_layers import settings_hashes_of
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.gateway.doubles import KEY, KEY_ID, MemoryStores, digest
from tests.gateway.edge import CONTENT, Edge, running

FILM = "imdb/landscape-default/tt0111161.jpg"
BACKDROP = "imdb/backdrop-default/tt0111161.jpg"
AS_QUERY = "&".join(f"{name}={value}" for name, value in CARD.items())
TYPED_IDS = {
    "imdb": ("tt0111161", "tt0903747"),
    "tmdb": ("movie-278", "series-1396"),
    "tvdb": ("movie-81189", "series-81189"),
    "kitsu": ("5941", "7442"),
}
"""A film and a series, as Nuvio writes them for each of its types of ids."""


async def test_a_card_is_the_backdrop_with_these_settings(edge: Edge) -> None:
    location = await edge.location(f"/{KEY}/{FILM}")

    assert "imageSize=small&title=logo&position=br&ratings_limit=3" == AS_QUERY
    assert location == await edge.location(f"/{KEY}/{BACKDROP}?{AS_QUERY}")
    assert location != await edge.location(f"/{KEY}/{BACKDROP}")
    assert location.startswith(f"{CONTENT}/c/")
    assert location.endswith(BACKDROP)


@pytest.mark.parametrize("query", ["ratings_limit=5&position=tl", "title=none", "imageSize=large&lang=de&sash=new"])
async def test_a_query_goes_over_the_defaults_of_a_card(edge: Edge, query: str) -> None:
    location = await edge.location(f"/{KEY}/{FILM}?{query}")

    assert location == await edge.location(f"/{KEY}/{BACKDROP}?{AS_QUERY}&{query}".replace("?&", "?"))


async def test_a_keys_settings_for_backdrops_come_before_the_defaults_of_a_card(stores: MemoryStores) -> None:
    chosen = '{"backdrop":{"position":"tl","lang":"de"},"poster":{"ratings_limit":9}}'
    stores.keys.api_keys[digest(KEY)] = ApiKey(KEY_ID, overrides=chosen)

    async with running(stores) as edge:
        location = await edge.location(f"/{KEY}/{FILM}")

        assert location == await edge.location(f"/{KEY}/{BACKDROP}?{AS_QUERY}&position=tl&lang=de")
        assert "position=br" in AS_QUERY


def test_a_backdrop_without_a_title_keeps_its_hash() -> None:
    plain = parse(Kind.BACKDROP, Format.JPG, {})

    assert settings_hash(plain) == settings_hash(parse(Kind.BACKDROP, Format.JPG, {"title": "none"}))
    assert Settings(kind=Kind.BACKDROP, format=Format.JPG).title == plain.title
    assert settings_hash(parse(Kind.POSTER, Format.JPG, {})) == settings_hash(
        parse(Kind.POSTER, Format.JPG, {"title": "logo"})
    )


@pytest.mark.parametrize("query", ["", "?fallback=true", "?title=logo"])
@pytest.mark.parametrize("key", [KEY, "f" * 64])
async def test_there_are_no_square_pictures_and_caches_may_keep_that(edge: Edge, key: str, query: str) -> None:
    for id_type, ids in TYPED_IDS.items():
        answer = await edge.get(f"/{key}/{id_type}/square-default/{ids[0]}.jpg{query}")

        assert (404, "public, max-age=300") == (answer.status, answer.headers["Cache-Control"])
        assert "no pictures of that shape" in answer.json["error"]


@pytest.mark.parametrize("name", ["landscape-default", "square-default"])
def test_no_profile_is_called_like_a_shape(name: str) -> None:
    assert not is_profile_name(name)


@pytest.mark.parametrize("id_type", TYPED_IDS)
@pytest.mark.parametrize("nth", [0, 1])
async def test_one_line_of_nuvio_fits_every_shape(edge: Edge, id_type: str, nth: int) -> None:
    typed_id = TYPED_IDS[id_type][nth]
    found = {
        shape: await edge.get(f"/{KEY}/{id_type}/{shape}-default/{typed_id}.jpg")
        for shape in ("poster", "landscape", "square")
    }

    assert [302, 302, 404] == [answer.status for answer in found.values()]
    assert f"/{id_type}/poster-default/{typed_id}.jpg" in found["poster"].location
    assert f"/{id_type}/backdrop-default/{typed_id}.jpg" in found["landscape"].location


@pytest.mark.parametrize("shape", ["poster", "landscape", "square"])
async def test_an_unknown_type_of_ids_is_refused_at_once(edge: Edge, shape: str) -> None:
    answer = await edge.get(f"/{KEY}/unknown/{shape}-default/7442.jpg?fallback=true")

    assert 400 == answer.status


def test_a_keys_own_settings_include_its_cards() -> None:
    key = ApiKey(id=1, overrides='{"backdrop":{"position":"tl"}}')
    card = parse(Kind.BACKDROP, Format.JPG, {**{name: str(value) for name, value in CARD.items()}, "position": "tl"})

    assert settings_hash(card) in settings_hashes_of(key, "", Presets())
