"""Settings that have no effect beside others hold their default, so that equal pictures have equal settings."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from shared.domain.ratings import RatingSite
from shared.settings.labels import has_labels
from shared.settings.model import AUTO, Background, Heading, Settings
from shared.settings.named_colours import of_sites

_DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(Settings)}
_OF_AVERAGE: Final = ("average", "weights")
_OF_RATINGS: Final = (*_OF_AVERAGE, "min_votes", "rating_scale", "site_colours")
_OF_BACKGROUND: Final = ("badge_opacity", "badge_colour")
_OF_QUALITY: Final = ("quality_position", "quality_size")
_WHITE: Final = "ffffff"  # what text is without a colour


def without_effect(chosen: Mapping[str, Any], badges: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that must be changed, given what was chosen and the badge fields in normal form."""
    has_ratings, is_text = badges["limit"] > 0, has_labels(chosen) or bool(chosen.get("chips"))
    background = {**chosen, **badges}.get("background", Background.COLOURED)
    reset = [] if has_ratings else [*_OF_RATINGS]
    reset += [] if RatingSite.AVG in badges["ratings"] else _OF_AVERAGE
    reset += [] if has_ratings or is_text else (*_OF_BACKGROUND, "font_colour")
    reset += _OF_BACKGROUND if background is Background.NONE else ()
    reset += [] if background is Background.COLOURED else ["site_colours"]
    reset += [] if chosen.get("quality") else _OF_QUALITY
    if chosen.get("art_file"):  # whichever other art there is; a card still chooses its logo
        reset += ["textless"] if chosen.get("title") is Heading.LOGO else ["textless", "art"]
    reset += [] if chosen.get("chips") else ["chips_position"]
    return _colours(chosen, badges) | {name: _DEFAULTS[name] for name in reset}


def _colours(chosen: Mapping[str, Any], badges: Mapping[str, Any]) -> dict[str, Any]:
    font = chosen.get("font_colour", AUTO)
    return {
        "font_colour": AUTO if font == _WHITE else font,
        "site_colours": of_sites(chosen.get("site_colours", AUTO), badges["ratings"]),
    }
