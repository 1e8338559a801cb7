"""Designs and parameters that mean the same have the same settings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.designs.as_settings import FROM_ADDRESS, design_settings
from shared.designs.document import DesignDocument
from shared.designs.normal_form import normal_design
from shared.designs.plain import design_of
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.model import BadgeSize, Settings
from shared.settings.parameters import parse
from tests.shared.designs.documents import designs
from tests.shared.designs.written import written

_SAID: dict[str, tuple[str, ...]] = {
    "position": ("tl", "bc", "tc", "l", "r", "br"),
    "direction": ("h", "v"),
    "badge_size": ("xs", "s", "m", "l", "xl"),
    "ratings_limit": ("1", "3", "10"),
    "ratings_order": ("imdb,rt", "avg,kitsu"),
    "ratings_exclude": ("mal,imdb,lb,rt,mc",),
    "label_style": ("t", "i"),
    "badge_shape": ("p",),
    "badge_background": ("k", "t", "n"),
    "badge_opacity": ("50",),
    "fit": ("pad", "blur"),
    "blur": ("1",),
    "textless": ("1",),
    "lang": ("de,original", "none"),
    "awards": ("0",),
    "sash": ("new,status", "award"),
    "sash_position": ("br",),
    "age_rating": ("official", "commonsense"),
    "age_position": ("tr",),
    "badges": ("4k,hdr",),
    "badgePos": ("bottom|center",),
    "badgeSize": ("small",),
    "imageSize": ("large",),
    "art": ("a.jpg",),
    "region": ("FR",),
}
"""What a design can say, of each parameter some values."""

queries = st.fixed_dictionaries(
    {"badge_style": st.just("h")},  # badges of a design are never stacked
    optional={name: st.sampled_from(values) for name, values in _SAID.items()},
)


def chosen_of(settings: Settings) -> dict[str, Any]:
    return {name: value for name in FROM_ADDRESS if (value := getattr(settings, name))}


@given(st.sampled_from((Kind.POSTER, Kind.BACKDROP, Kind.EPISODE)), st.sampled_from(Format), queries)
def test_a_design_that_came_from_parameters_has_their_settings(kind: Kind, fmt: Format, query: dict[str, str]) -> None:
    settings = parse(kind, fmt, query)

    back = design_settings(normal_design(design_of(settings)), fmt, chosen_of(settings))

    if kind is Kind.BACKDROP and settings.badge_size is BadgeSize.L and not (settings.sash or query.get("age_rating")):
        assert not back.design  # medium badges are drawn like these, so that either will do
    else:
        assert settings_hash(settings) == settings_hash(back)


@given(designs)
def test_a_design_that_has_plain_settings_is_the_design_of_those(design: DesignDocument) -> None:
    settings = design_settings(design, Format.JPG, {})

    if not settings.design:
        again = design_settings(normal_design(design_of(settings)), Format.JPG, {})
        assert settings == again


@pytest.mark.parametrize(
    "query",
    [
        {"badge_style": "v"},
        {"split": "1"},
        {"edge_inset": "10"},
        {"rating_scale": "10"},
        {"badge_colour": "red"},
        {"site_colours": "imdb:red"},
        {"chips": "year"},
        {"average": "critics", "ratings_order": "avg"},
    ],
)
def test_the_design_of_a_look_that_no_design_can_say_leaves_that_out(query: dict[str, str]) -> None:
    settings = parse(Kind.POSTER, Format.JPG, query)

    back = design_settings(normal_design(design_of(settings)), Format.JPG, {})

    assert "" == back.design
    assert back != settings


def test_a_design_that_is_moved_by_one_thousandth_has_settings_of_its_own() -> None:
    usual = design_of(parse(Kind.POSTER, Format.JPG, {}))
    elements = [{"type": "ratings", "anchor": "bc", "x": 0, "y": y, "gap": 17, "wrap": 3} for y in (26, 27)]

    same, moved = (
        design_settings(written(element, {"type": "award", "anchor": "tr"}), Format.JPG, {}) for element in elements
    )

    assert parse(Kind.POSTER, Format.JPG, {}) == design_settings(usual, Format.JPG, {}) == same
    assert ("", True) == (same.design, bool(moved.design))


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_design_to_start_from(kind: Kind) -> None:
    design = design_of(parse(kind, Format.PNG, {}))

    assert (kind, "ratings") == (design.kind, design.elements[0].__struct_config__.tag)


def test_quality_counts_where_the_address_names_it() -> None:
    design = design_of(parse(Kind.POSTER, Format.JPG, {"badges": "4k"}))

    assert parse(Kind.POSTER, Format.JPG, {}) == design_settings(design, Format.JPG, {})
    with_quality = parse(Kind.POSTER, Format.JPG, {"badges": "hdr"})
    assert with_quality == design_settings(design, Format.JPG, chosen_of(with_quality))
