"""The parameters of a picture as controls of a page, with their labels."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.inspect import BoolType, EnumType, IntType, ListType, LiteralType, StrType, type_info

from gateway.api.field_errors import bare_type
from gateway.web.configure_presets import PublishedNames, presets_context
from gateway.web.control_defaults import control_defaults
from gateway.web.quality_words import FACTS, QUALITIES
from gateway.web.samples import COLLECTIONS, EPISODES, FILMS, SEASONS
from shared.domain.pictures import CANVAS, Format, Kind
from shared.domain.ratings import RatingSite
from shared.settings.list_values import NOTHING
from shared.settings.model import CANONICAL_ORDER, DEFAULT_ORDER
from shared.settings.parameters import PARAMETERS, Parameter

KINDS: Final = {Kind.POSTER: "Poster", Kind.BACKDROP: "Backdrop", Kind.LOGO: "Logo", Kind.EPISODE: "Episode"}
"""The labels of the kinds, in the order of the page."""

SITES: Final = {
    RatingSite.IMDB: "IMDb",
    RatingSite.TMDB: "TMDB",
    RatingSite.RT: "Rotten Tomatoes (critics)",
    RatingSite.RTA: "Rotten Tomatoes (audience)",
    RatingSite.MC: "Metacritic",
    RatingSite.TRAKT: "Trakt",
    RatingSite.LB: "Letterboxd",
    RatingSite.MAL: "MyAnimeList",
    RatingSite.MDBLIST: "MDBList score",
    RatingSite.EBERT: "Roger Ebert",
    RatingSite.MCU: "Metacritic (users)",
    RatingSite.AVG: "Average",
    RatingSite.ANILIST: "AniList",
    RatingSite.KITSU: "Kitsu",
}
GROUPS: Final = {
    "ratings": "Ratings",
    "average": "Average and votes",
    "badges": "Badges",
    "colours": "Colours",
    "place": "Place",
    "picture": "Picture",
    "labels": "Labels",
    "facts": "Facts and quality",
}


class Words(msgspec.Struct, frozen=True):
    """The texts of a parameter: group, label, meaning and values; ``control`` overrides the usual one."""

    group: str
    label: str
    meaning: str = ""
    values: Mapping[str, str] = {}
    control: str = ""
    operation: str = ""
    """How the control is used, which only its page has to say."""


_SIZES: Final = {"small": "Small", "medium": "Medium", "large": "Large", "very-large": "Very large"}
_BADGE_SIZES: Final = {"xs": "Tiny", "s": "Small", "m": "Medium", "l": "Large", "xl": "Huge"}
_PLACES: Final = {
    "tl": "Top left",
    "tc": "Top centre",
    "tr": "Top right",
    "l": "Left",
    "r": "Right",
    "bl": "Bottom left",
    "bc": "Bottom centre",
    "br": "Bottom right",
}
_CORNERS: Final = {name: words for name, words in _PLACES.items() if len(name) > 1}
_QUALITY_PLACES: Final = {
    "left": "Top left",
    "center": "Top centre",
    "right": "Top right",
    "bottom|left": "Bottom left",
    "bottom|center": "Bottom centre",
    "bottom|right": "Bottom right",
}
_COLOUR_HINT: Final = "auto, a CSS colour such as gold, or hex digits such as f5c518."
_SASHES: Final = {
    "award": "Award won",
    "nominee": "Award nominee",
    "top": "Top 250",
    "trending": "Trending",
    "new": "New",
    "status": "Status, such as In cinemas or Returning",
}
_FITS: Final = {"cover": "Fill and crop", "native": "Original", "pad": "Bars", "blur": "Blurred edges"}

WORDS: Final[Mapping[str, Words]] = {
    "ratings_order": Words(
        "ratings", "Sources", operation="Drag to reorder, or use the arrows. Sources that are off are never shown."
    ),
    "ratings_exclude": Words("ratings", "Excluded"),
    "ratings_limit": Words("ratings", "Maximum ratings", "The first sources with a rating are shown; 0 shows none."),
    "label_style": Words("badges", "Label", values={"o": "Logo", "i": "Icon", "t": "Text"}),
    "badge_background": Words(
        "badges", "Colour", values={"d": "Coloured", "k": "Dark", "t": "Translucent", "n": "None"}
    ),
    "badge_shape": Words("badges", "Corners", values={"r": "Rounded", "p": "Pill"}),
    "badge_size": Words("badges", "Size", values=_BADGE_SIZES),
    "badge_style": Words("badges", "Layout", values={"d": "Auto", "h": "Side by side", "v": "Stacked"}),
    "position": Words(
        "place", "Position of the badges", "", _PLACES, "position", operation="Click a corner or an edge."
    ),
    "direction": Words("place", "Direction", values={"d": "Auto", "h": "In a row", "v": "In a column"}),
    "split": Words("place", "Split", "Half of the badges on the opposite side."),
    "edge_inset": Words("place", "Inset", "Distance from the edges, in percent of the picture."),
    "edge_inset_x": Words("place", "From left and right"),
    "edge_inset_y": Words("place", "From top and bottom"),
    "sash": Words(
        "labels",
        "Sash",
        "The first one that applies is shown.",
        _SASHES,
        operation="Drag to reorder, or use the arrows.",
    ),
    "sash_position": Words("labels", "Sash position", values=_PLACES),
    "age_rating": Words(
        "labels",
        "Age rating",
        "Official: the certificate of the region. Common Sense: by Common Sense Media.",
        {"none": "None", "official": "Official", "commonsense": "Common Sense"},
    ),
    "age_position": Words("labels", "Age rating position", values=_PLACES),
    "region": Words(
        "labels",
        "Region",
        "The country for release dates and certificates.",
        operation="A country's code, such as US. Empty: the language's own.",
    ),
    "imageSize": Words("picture", "Size", values=_SIZES),
    "fit": Words("picture", "Fit", values=_FITS),
    "image_source": Words(
        "picture", "Artwork from", "If it has none, the other is used.", {"t": "TMDB", "f": "Fanart.tv"}
    ),
    "lang": Words(
        "picture",
        "Languages",
        "With a tag, Fanart.tv is tried first.",
        operation="In the order in which you choose them, up to four.",
    ),
    "textless": Words("picture", "Without text"),
    "art": Words(
        "picture",
        "Always this picture",
        "For one title only; another has no such file.",
        operation="The name of one of the title’s files at TMDB or Fanart.tv.",
    ),
    "title": Words(
        "picture",
        "Title on the art",
        "On art without text, at the bottom left: the title’s logo, or its name where it has none.",
        {"none": "None", "logo": "Logo"},
    ),
    "blur": Words("picture", "Blurred to avoid spoilers", "Blurs the artwork; the badges stay sharp."),
    "awards": Words("picture", "Award", "A badge for titles that won an Oscar or an Emmy."),
    "average": Words(
        "average",
        "Average of",
        values={"all": "All", "critics": "Critics", "audience": "Audience"},
        operation="Shown where the source Average is on.",
    ),
    "weights": Words("average", "Weights", operation="equal, or the sites that count, such as imdb:50,rt:30."),
    "min_votes": Words("average", "Only with enough votes", operation="IMDb needs 100, TMDB and Trakt 20."),
    "rating_scale": Words("average", "Scale", values={"native": "Each site’s own", "10": "10", "100": "100"}),
    "badge_opacity": Words("colours", "Opacity", "Percent of the usual opacity."),
    "badge_colour": Words("colours", "Background", operation=_COLOUR_HINT),
    "font_colour": Words("colours", "Text", operation=_COLOUR_HINT),
    "site_colours": Words("colours", "Colour of each source", operation="auto, or a list such as imdb:f5c518,rt:red."),
    "chips": Words("facts", "Facts", values=FACTS, operation="In the order in which you choose them."),
    "chips_position": Words("facts", "Facts position", values=_CORNERS),
    "badges": Words("facts", "Quality", "Usually sent by the client.", QUALITIES, operation="At most four."),
    "badgePos": Words("facts", "Quality position", values=_QUALITY_PLACES),
    "badgeSize": Words("facts", "Quality size", values={"normal": "Normal", "small": "Small"}),
}
"""Every parameter, in the order of the page."""


class Choice(msgspec.Struct, frozen=True):
    """A value and its label."""

    value: str
    words: str


class Bounds(msgspec.Struct, frozen=True):
    """The control of a parameter and what it allows: choices, or the bounds of a number or of a text's length."""

    control: str
    choices: tuple[Choice, ...] = ()
    lowest: int = 0
    highest: int = 0
    pattern: str = ""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter's control on a page."""

    name: str
    group: str
    label: str
    hint: str
    control: str
    kinds: tuple[Kind, ...]
    defaults: Mapping[Kind, Any]
    bounds: Mapping[Kind, Bounds]


def controls(of_all: str = "") -> list[Control]:
    """Return a control for every parameter.

    Its default is the value of a picture whose address does not set it, with the global overrides ``of_all``. It
    is a JSON value; no language is an empty text, and an order names all sites.
    """
    params = {param.names[0]: param for param in PARAMETERS}
    defaults = {kind: control_defaults(kind, of_all) for kind in Kind}
    return [_control(params[name], words, defaults) for name, words in WORDS.items()]


@lru_cache(8)
def settings_context(of_all: str = "", free_key: str | None = None, published: PublishedNames = ()) -> dict[str, Any]:
    """Return what the configuration page needs to know, ready for JSON; it must not be changed."""
    kinds = [{"kind": kind, "words": words, "canvas": CANVAS[kind]} for kind, words in KINDS.items()]
    facts: dict[str, Any] = msgspec.to_builtins(
        {
            "kinds": kinds,
            "groups": [Choice(name, words) for name, words in GROUPS.items()],
            "sites": [Choice(site, SITES[site]) for site in CANONICAL_ORDER],
            "usual_sites": DEFAULT_ORDER,
            "controls": controls(of_all),
            **presets_context(published),
            "formats": list(Format),
            "films": FILMS,
            "episodes": EPISODES,
            "seasons": SEASONS,
            "collections": COLLECTIONS,
            "free_key": free_key,
        }
    )
    return facts


def _control(param: Parameter, words: Words, defaults: Mapping[Kind, Mapping[str, Any]]) -> Control:
    name, kinds = param.names[0], tuple(kind for kind in KINDS if kind in param.kinds)
    bounds = {kind: _bounds(param.json(kind), words.values) for kind in kinds}
    return Control(
        name=name,
        group=words.group,
        label=words.label,
        hint=" ".join(filter(None, (words.operation, words.meaning))),
        control=words.control or bounds[kinds[0]].control,
        kinds=kinds,
        defaults={kind: defaults[kind][name] for kind in kinds},
        bounds=bounds,
    )


def _bounds(of_values: Any, words: Mapping[str, str]) -> Bounds:
    """Return the control for a JSON type and its bounds. Raises ``TypeError`` if there is none."""
    match bare_type(type_info(of_values)):
        case BoolType():
            return Bounds("switch")
        case LiteralType(values=values):
            return Bounds("segments", _choices(values, words))
        case EnumType(cls=enum):
            return Bounds("segments", _choices([each.value for each in enum], words))
        case IntType(ge=lowest, le=highest):
            return Bounds("slider", lowest=lowest or 0, highest=highest or 0)
        case ListType(item_type=item_type, max_length=most):
            return _list_bounds(item_type, words, most or 0)
        case StrType(pattern=pattern, min_length=shortest, max_length=longest):
            return Bounds("text", lowest=shortest or 0, highest=longest or 0, pattern=pattern or "")
        case other:
            raise TypeError(f"no control shows {other}")


def _list_bounds(item_type: object, words: Mapping[str, str], most: int) -> Bounds:
    """Return the control for a list: of sites, of words in order, or of words of which up to ``most`` are picked."""
    match item_type:
        case LiteralType(values=values):
            return Bounds("picks", _choices([each for each in values if each != NOTHING], words), highest=most)
        case EnumType(cls=enum) if enum is not RatingSite:
            return Bounds("list", _choices([each.value for each in enum if each.value in words], words))
        case _:
            return Bounds("sites")


def _choices(values: Any, words: Mapping[str, str]) -> tuple[Choice, ...]:
    """Return values in the order of their labels. Raises ``KeyError`` for one without a label."""
    return tuple(Choice(value, words[value]) for value in sorted(values, key=list(words).index))
