"""With presets the free key has these styles as they are, and whatever else a caller wants of it is left out."""

import pytest

from gateway.config import load_gateway
from gateway.keys.token import FREE_KEY
from shared.config.environment import ConfigError
from tests.gateway.doubles import KEY, MemoryStores
from tests.gateway.edge import ENVIRONMENT, running

PRESETS = "poster-default, textless-default"


def of_free_key(style: str, query: str = "") -> str:
    return f"/{FREE_KEY}/imdb/{style}/tt0111161.jpg{query}"


async def test_parameters_are_left_out(stores: MemoryStores) -> None:
    async with running(stores, FREE_KEY_PRESETS=PRESETS) as edge:
        plain = await edge.location(of_free_key("poster-default"))
        for query in ("?ratings_limit=1", "?ratings_limit=99", "?imageSize=large&lang=de", "?badges=4k&order=imdb"):
            assert plain == await edge.location(of_free_key("poster-default", query)), query
        fallback = await edge.location(of_free_key("poster-default", "?lang=de&fallback=true"))

    assert f"{plain}?fallback=true" == fallback


async def test_each_preset_has_its_own_settings_and_other_styles_are_refused(stores: MemoryStores) -> None:
    async with running(stores, FREE_KEY_PRESETS=PRESETS) as edge:
        styles = {await edge.location(of_free_key(style)) for style in ("poster-default", "textless-default")}
        refused = [await edge.get(of_free_key(style)) for style in ("logo-default", "poster-rt", "my-profile")]

    assert 2 == len(styles)
    assert {403} == {answer.status for answer in refused}
    assert "The free key has only these styles: poster-default, textless-default." == refused[0].json["error"]


async def test_other_keys_and_the_check_of_the_free_key_are_as_ever(stores: MemoryStores) -> None:
    async with running(stores, FREE_KEY_PRESETS=PRESETS) as edge:
        locations = {
            await edge.location(f"/{KEY}/imdb/logo-default/tt0111161.png{query}") for query in ("", "?ratings_limit=1")
        }
        check = await edge.get(f"/{FREE_KEY}/isValid")

    assert 2 == len(locations)
    assert {"valid": True, "validity": True, "limit": 0, "requestCount": 0} == check.json


@pytest.mark.parametrize("value", ["poster-defualt", "poster-default,mine", "poster-default;logo-default"])
def test_a_style_that_does_not_exist_is_refused_at_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match="FREE_KEY_PRESETS must name styles of"):
        load_gateway({**ENVIRONMENT, "FREE_KEY_PRESETS": value})
