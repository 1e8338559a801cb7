"""The presets of the configuration page are twelve looks, each of parameters that a picture has."""

import pytest

from gateway.web.configure_presets import parameter_presets
from gateway.web.controls import settings_context
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import NAMES, parse


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_has_twelve_presets_that_look_different(kind: Kind) -> None:
    presets = parameter_presets(kind)

    looks = {settings_hash(parse(kind, Format.JPG, preset.parameters)) for preset in presets}
    assert (12, 12, 12) == (len(presets), len(looks), len({preset.value for preset in presets}))
    assert set() == {name for preset in presets for name in preset.parameters} - NAMES


@pytest.mark.parametrize("kind", Kind)
def test_the_first_preset_is_the_usual_look(kind: Kind) -> None:
    assert {} == parameter_presets(kind)[0].parameters


@pytest.mark.parametrize("kind", Kind)
def test_no_preset_chooses_art_or_size(kind: Kind) -> None:
    chosen = {name for preset in parameter_presets(kind) for name in preset.parameters}

    assert not chosen & {"art", "lang", "region", "image_source", "imageSize"}


def test_the_page_is_given_the_parameter_presets_of_each_kind() -> None:
    assert {kind.value: 12 for kind in Kind} == {
        kind: len(presets) for kind, presets in settings_context()["presets"].items()
    }


def test_the_page_is_given_the_published_presets_of_each_kind() -> None:
    published = (("big-score", Kind.POSTER), ("den", Kind.LOGO))

    facts = settings_context("", None, published)

    assert [{"value": "big-score", "words": "Big score"}] == facts["published"]["poster"]
    assert [{"value": "den", "words": "Den"}] == facts["published"]["logo"]
    assert {"imageSize", "badges", "art", "region"} == set(facts["beside_preset"])
