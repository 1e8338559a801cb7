"""The presets that come with Marquee."""

from gateway.designs.published_presets import BUILTIN, Presets
from gateway.pictures.address import PRESET_PREFIX, is_preset_style
from shared.designs.as_settings import design_settings
from shared.designs.builtin import builtin_presets
from shared.designs.document import canonical_text, decode_design
from shared.domain.pictures import Format

EIGHT = {
    *("big-score", "binge", "cinema-lobby", "classic-strip", "corner-stack", "kids", "letterboxd-wall", "minimal"),
}


def test_there_are_eight_each_under_a_name_that_an_address_can_have() -> None:
    presets = Presets()

    assert EIGHT == builtin_presets().keys() == BUILTIN.keys() == presets.by_name().keys()
    assert all(is_preset_style(f"{PRESET_PREFIX}{name}") for name in EIGHT)
    assert all(presets.find(f"{PRESET_PREFIX}{name}") == BUILTIN[name] for name in EIGHT)


def test_each_is_in_normal_form_and_has_settings_of_its_own() -> None:
    presets = builtin_presets()

    assert all(design == decode_design(canonical_text(design)) for design in presets.values())
    assert len(EIGHT) == len({design_settings(design, Format.JPG, {}) for design in presets.values()})
