"""The labels beside the ratings: which are asked for, and their settings in normal form."""

from collections.abc import Mapping
from typing import Any, Final

from shared.settings.languages import region_of
from shared.settings.model import AgeRating, Corner, LabelPosition, SashWord

_BY_REGION: Final = frozenset({SashWord.NEW, SashWord.STATUS})


def has_labels(values: Mapping[str, Any]) -> bool:
    """Return whether values by field ask for any label."""
    return bool(values.get("sash")) or values.get("age_rating", AgeRating.NONE) is not AgeRating.NONE


def label_style(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields of the badges' style that labels and chips share, of those that the values ask for."""
    if has_labels(values) or values.get("chips"):
        return ("badge_size", "shape", "background")
    return ("badge_size", "shape") if values.get("quality") else ()  # these have a background of their own


def normal_labels(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the labels; what has no effect holds its default, and a region that has one is written out.

    It is the one given, or that of the languages.
    """
    sash, age = values.get("sash", ()), values.get("age_rating", AgeRating.NONE)
    normal: dict[str, Any] = {"sash": sash, "age_rating": age, "region": ""}
    normal["sash_position"] = values.get("sash_position", LabelPosition.TOP_LEFT) if sash else LabelPosition.TOP_LEFT
    is_rated = age is not AgeRating.NONE
    normal["age_position"] = values.get("age_position", Corner.BOTTOM_RIGHT) if is_rated else Corner.BOTTOM_RIGHT
    if age is AgeRating.OFFICIAL or not _BY_REGION.isdisjoint(sash):
        normal["region"] = values.get("region") or region_of(values.get("lang", ""))
    return normal
