"""The query parameters of a picture: how each is parsed, and how settings are normalized."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from shared.domain.errors import BadRequest
from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.domain.ratings import RatingSite
from shared.settings import list_values
from shared.settings.effects import without_effect
from shared.settings.labels import label_style, normal_labels
from shared.settings.languages import names_a_tag
from shared.settings.model import (
    DEFAULT_ORDER,
    LEAST_OPACITY,
    MOST_BADGES,
    MOST_INSET,
    USUAL_OPACITY,
    AgeRating,
    ArtPreference,
    Average,
    Axis,
    Background,
    BadgeSize,
    Corner,
    Fit,
    Heading,
    Label,
    LabelPosition,
    Position,
    RatingScale,
    Settings,
    Shape,
)

_E = TypeVar("_E", bound=StrEnum)

_DEFAULT_LIMIT: Final = {Kind.POSTER: 3, Kind.LOGO: 5, Kind.BACKDROP: 5, Kind.EPISODE: 1}
_DEFAULT_POSITION: Final = {Kind.BACKDROP: Position.TOP_RIGHT, Kind.EPISODE: Position.TOP_RIGHT}


class Parameter(msgspec.Struct, frozen=True):
    """One query parameter: its names, the kinds it applies to, its parser and its allowed values, also for JSON."""

    names: tuple[str, ...]
    field: str
    kinds: frozenset[Kind]
    read: Callable[[str, Kind], Any]
    allowed: Callable[[Kind], str]
    json: Callable[[Kind], Any]
    """The type of its value in JSON."""


def _words(enum: type[_E]) -> dict[str, Any]:
    """Return the parser and the description of a closed set of words."""
    listed = ", ".join(enum)
    return {
        "read": lambda text, _: enum(text.lower()),
        "allowed": lambda _: f"one of {listed}",
        "json": lambda _: enum,
    }


_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})


def _read_flag(text: str, _: Kind) -> bool:
    word = text.lower()
    if word not in _TRUE and word not in _FALSE:
        raise ValueError(word)
    return word in _TRUE


_FLAG: Final[dict[str, Any]] = {
    "read": _read_flag,
    "allowed": lambda _: "one of true, 1, yes, on, false, 0, no, off",
    "json": lambda _: bool,
}


def _between(low: int, high: int) -> dict[str, Any]:
    def read(text: str, _: Kind) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
            raise ValueError(text)
        return int(text)

    return {
        "read": read,
        "allowed": lambda _: f"a whole number from {low} to {high}",
        "json": lambda _: Annotated[int, msgspec.Meta(ge=low, le=high)],
    }


def _read_sites(text: str, _: Kind) -> tuple[RatingSite, ...]:
    sites = [RatingSite(word.strip().lower()) for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(sites))


_SITES: Final[dict[str, Any]] = {
    "read": _read_sites,
    "allowed": lambda _: f"a list of {', '.join(RatingSite)}",
    "json": lambda _: Annotated[list[RatingSite], msgspec.Meta(max_length=len(RatingSite))],
}


def _read_size(text: str, kind: Kind) -> Size:
    word = text.lower()
    size = Size.VERY_LARGE if word == "verylarge" else Size(word)
    if size not in CANVAS[kind]:
        raise ValueError(text)
    return size


_SIZES: Final[dict[str, Any]] = {
    "read": _read_size,
    "allowed": lambda kind: "one of " + ", ".join(CANVAS[kind]) + ", verylarge",
    "json": lambda kind: Literal[tuple(size.value for size in CANVAS[kind])],
}


def _read_axis(text: str, _: Kind) -> Axis | None:
    return None if text.lower() == "d" else Axis(text.lower())


_AXES: Final[dict[str, Any]] = {
    "read": _read_axis,
    "allowed": lambda _: "one of d, h, v",
    "json": lambda _: Literal["d", "h", "v"],
}
_ALL: Final = frozenset(Kind)
_PLACED: Final = frozenset({Kind.POSTER, Kind.BACKDROP, Kind.EPISODE})
_FRAMED: Final = frozenset({Kind.POSTER, Kind.BACKDROP})
_POSTER: Final = frozenset({Kind.POSTER})
_CHOSEN: Final = frozenset({Kind.POSTER, Kind.LOGO, Kind.BACKDROP})
_BACKDROP: Final = frozenset({Kind.BACKDROP})

PARAMETERS: Final = (
    Parameter(("imageSize",), "size", _ALL, **_SIZES),
    Parameter(("ratings_order",), "order", _ALL, **_SITES),
    Parameter(("ratings_limit",), "limit", _ALL, **_between(0, MOST_BADGES)),
    Parameter(("ratings_exclude",), "exclude", _ALL, **_SITES),
    Parameter(("badge_style",), "badge_axis", _ALL, **_AXES),
    Parameter(("label_style",), "label", _ALL, **_words(Label)),
    Parameter(("badge_size",), "badge_size", _ALL, **_words(BadgeSize)),
    Parameter(("badge_shape",), "shape", _ALL, **_words(Shape)),
    Parameter(("badge_background",), "background", _ALL, **_words(Background)),
    Parameter(("position",), "position", _PLACED, **_words(Position)),
    Parameter(("direction", "badge_direction"), "strip_axis", _PLACED, **_AXES),
    Parameter(("split",), "split", _POSTER, **_FLAG),
    Parameter(("fit",), "fit", _FRAMED, **_words(Fit)),
    Parameter(("blur",), "blur", _PLACED, **_FLAG),
    Parameter(("edge_inset",), "inset", _FRAMED, **_between(0, MOST_INSET)),
    Parameter(("edge_inset_x",), "inset_x", _FRAMED, **_between(0, MOST_INSET)),
    Parameter(("edge_inset_y",), "inset_y", _FRAMED, **_between(0, MOST_INSET)),
    Parameter(("image_source", "poster_source"), "art", _ALL, **_words(ArtPreference)),
    Parameter(("textless", "fanart_textless"), "textless", _FRAMED, **_FLAG),
    Parameter(("lang",), "lang", _CHOSEN, **list_values.LANG),
    Parameter(("awards",), "awards", _POSTER, **_FLAG),
    Parameter(("sash",), "sash", _FRAMED, **list_values.SASH),
    Parameter(("sash_position",), "sash_position", _FRAMED, **_words(LabelPosition)),
    Parameter(("age_rating",), "age_rating", _FRAMED, **_words(AgeRating)),
    Parameter(("age_position",), "age_position", _FRAMED, **_words(Corner)),
    Parameter(("region",), "region", _FRAMED, **list_values.REGION),
    Parameter(("average",), "average", _ALL, **_words(Average)),
    Parameter(("weights",), "weights", _ALL, **list_values.WEIGHTS),
    Parameter(("min_votes",), "min_votes", _ALL, **_FLAG),
    Parameter(("rating_scale",), "rating_scale", _ALL, **_words(RatingScale)),
    Parameter(("badge_opacity",), "badge_opacity", _ALL, **_between(LEAST_OPACITY, USUAL_OPACITY)),
    Parameter(("badge_colour", "badge_color"), "badge_colour", _ALL, **list_values.COLOUR),
    Parameter(("font_colour", "font_color"), "font_colour", _ALL, **list_values.COLOUR),
    Parameter(("site_colours", "site_colors"), "site_colours", _ALL, **list_values.SITE_COLOURS),
    Parameter(("badges",), "quality", _FRAMED, **list_values.QUALITIES),
    Parameter(("badgePos",), "quality_position", _FRAMED, **list_values.QUALITY_POSITION),
    Parameter(("badgeSize",), "quality_size", _FRAMED, **list_values.QUALITY_SIZE),
    Parameter(("chips",), "chips", _FRAMED, **list_values.CHIPS),
    Parameter(("chips_position",), "chips_position", _FRAMED, **_words(LabelPosition)),
    Parameter(("title",), "title", _BACKDROP, **_words(Heading)),
    Parameter(("art",), "art_file", _CHOSEN, **list_values.ART_FILE),
)
"""Every parameter, in the order in which the documentation lists them."""

_BY_NAME: Final = {name: param for param in PARAMETERS for name in param.names}
NAMES: Final = frozenset(_BY_NAME)
"""Every name of a parameter; all others are ignored."""


def names_of(name: str) -> tuple[str, ...]:
    """Return every name of the parameter that has this one."""
    return _BY_NAME[name].names


_DERIVED: Final = {"order": "ratings", "exclude": "ratings", "inset": "inset_x"}

FIELDS: Final[dict[Kind, tuple[str, ...]]] = {
    kind: tuple(
        name
        for name in Settings.__struct_fields__
        if name in {"kind", "format", "design"}
        or any(kind in param.kinds and _DERIVED.get(param.field, param.field) == name for param in PARAMETERS)
    )
    for kind in Kind
}
"""The fields of ``Settings`` that apply to a kind; the others are not part of its hash."""


def parse(kind: Kind, fmt: Format, query: Mapping[str, str]) -> Settings:
    """Parse settings from query parameters. Raises like :func:`parse_query`."""
    return normalize(kind, fmt, parse_query(kind, query))


def parse_query(kind: Kind, query: Mapping[str, str]) -> dict[str, Any]:
    """Parse query parameters into values by field; a field that is not set is not included.

    Unknown names, and known ones that do not apply to the kind, are ignored; an empty value counts as not set.
    Raises ``BadRequest`` naming the parameter and its allowed values.
    """
    chosen: dict[str, Any] = {}
    for name, text in query.items():
        param = _BY_NAME.get(name)
        if param is None or kind not in param.kinds or not text:
            continue
        try:
            value = param.read(text, kind)
        except ValueError as exc:
            raise BadRequest(public=f"{name} must be {param.allowed(kind)}.") from exc
        if value != "":  # a list without a language, such as lang=undefined, counts as not set
            chosen[param.field] = value
    return chosen


def parse_flag(name: str, text: str) -> bool:
    """Parse a boolean parameter that is not part of the settings; empty is false. Raises ``BadRequest``."""
    try:
        return bool(text) and _read_flag(text, Kind.POSTER)
    except ValueError as exc:
        raise BadRequest(public=f"{name} must be {_FLAG['allowed'](Kind.POSTER)}.") from exc


def normalize(kind: Kind, fmt: Format, chosen: Mapping[str, Any]) -> Settings:
    """Normalize values by field, as :func:`parse_query` returns them: equal pictures get equal settings."""
    values = dict(chosen)
    if kind is Kind.LOGO and fmt is Format.JPG:
        fmt = Format.PNG  # a logo is transparent, and JPEG is not
    if kind is Kind.BACKDROP and values.get("size") is Size.VERY_LARGE:
        values["size"] = Size.LARGE  # the same pixels
    if names_a_tag(values.get("lang", "")):
        values["art"] = ArtPreference.FANART  # a language implies Fanart.tv first
    inset = values.pop("inset", 0)
    values = {"inset_x": inset, "inset_y": inset} | values if kind in _FRAMED else values
    values |= normal_labels(values)
    values |= _normal_badges(kind, values)
    badges = _normal_badges(kind, values)
    values |= badges | without_effect(chosen, badges)
    values.pop("order", None)
    values.pop("exclude", None)
    return Settings(kind=kind, format=fmt, **values)


def _normal_badges(kind: Kind, values: dict[str, Any]) -> dict[str, Any]:
    """Return the badge fields; all pictures without badges have the same ones."""
    order = dict.fromkeys((*values.get("order", ()), *DEFAULT_ORDER))  # the other sites are shown if they are named
    ratings = tuple(site for site in order if site not in values.get("exclude", ()))
    limit = min(values.get("limit", _DEFAULT_LIMIT[kind]), len(ratings))
    position = values.get("position", _DEFAULT_POSITION.get(kind, Position.BOTTOM_CENTRE))
    if limit == 0:
        plain = Settings(kind=kind, format=Format.PNG)
        badge_fields = ("badge_axis", "label", "badge_size", "shape", "background", "position", "strip_axis", "split")
        none = {name: getattr(plain, name) for name in (*badge_fields, "inset_x", "inset_y")}
        # Labels look like the badges that are not there.
        none |= {name: values[name] for name in label_style(values) if name in values}
        return {**none, "ratings": (), "limit": 0}
    natural = Axis.HORIZONTAL if position in {Position.BOTTOM_CENTRE, Position.TOP_CENTRE} else Axis.VERTICAL
    pill = values.get("shape") is Shape.PILL  # a pill is always horizontal
    return {
        "ratings": ratings,
        "limit": limit,
        "position": position,
        "badge_axis": Axis.HORIZONTAL if pill else values.get("badge_axis") or natural,
        "strip_axis": Axis.HORIZONTAL if kind is Kind.LOGO else values.get("strip_axis") or natural,
        "badge_size": values.get("badge_size", BadgeSize.L if kind is Kind.EPISODE else BadgeSize.M),
        "split": values.get("split", False) and limit > 1,  # a single badge has no second half
    }
