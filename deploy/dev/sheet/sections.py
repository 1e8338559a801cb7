"""The content of the sheet: a section per parameter, generated from the table of parameters, then combinations."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product
from typing import Any, Final, get_args

from msgspec.inspect import BoolType, EnumType, IntType, ListType, LiteralType, StrType, type_info

from deploy.dev.sheet.art import PLAIN, Art
from deploy.dev.sheet.card_titles import CardTitle
from deploy.dev.sheet.design_shots import STRAINING, DesignShot
from deploy.dev.sheet.shots import RATINGS, Query, Row, Section, Shot
from gateway.api.field_errors import bare_type
from gateway.pictures.address import CARD
from renderer.drawing.rating_text import Verdict, verdict
from shared.designs.builtin import builtin_presets
from shared.domain.awards import Award
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import GREATEST, Rating, RatingSite
from shared.settings.languages import ORIGINAL, TEXTLESS
from shared.settings.list_values import NOTHING
from shared.settings.model import (
    AUTO,
    EQUAL,
    Background,
    BadgeSize,
    Corner,
    Fit,
    Label,
    LabelPosition,
    Position,
    SashWord,
    Shape,
)
from shared.settings.parameters import PARAMETERS, Parameter

_EVERY_UP_TO: Final = 10
_QUARTERS: Final = 4
BESIDE: Final[Mapping[str, Query]] = {
    "ratings_order": {"ratings_limit": "2"},
    "ratings_exclude": {"ratings_limit": "10"},
    "direction": {"ratings_limit": "4"},
    "split": {"ratings_limit": "5"},
    "awards": {"position": "tr"},
    "average": {"ratings_order": "avg"},
    "weights": {"ratings_order": "avg"},
    "min_votes": {"ratings_order": "mcu"},
    "badge_colour": {"badge_background": "k"},
    "site_colours": {"label_style": "t"},
    "sash_position": {"sash": "status"},
    "age_position": {"age_rating": "official"},
    "region": {"age_rating": "official", "sash": "status"},
    "badgePos": {"badges": "4k,dolbyvision,remux,atmos"},
    "badgeSize": {"badges": "4k,dolbyvision,remux,atmos"},
    "chips_position": {"chips": "genre,runtime,year"},
} | {name: {"position": "tl"} for name in ("edge_inset", "edge_inset_x", "edge_inset_y")}
"""Other parameters that must be set for the values of one to look different."""

_COLOURS: Final = (AUTO, "gold", "663399", "2a9d8f")
_EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "lang": ("de", "pt-BR", ORIGINAL, TEXTLESS),
    "region": ("US", "DE"),
    "weights": (EQUAL, "imdb:100", "imdb:10,ebert:90", "rt:3,mc:1"),
    "badge_colour": _COLOURS,
    "font_colour": _COLOURS,
    "site_colours": (AUTO, "imdb:f5c518,mal:red", "lb:black,imdb:teal,mal:navy"),
    "badges": ("4k,dolbyvision,remux,atmos", "1080p,hdr10plus,web,ddp51", "8k", NOTHING),
    "art": ("metropolis-poster-fr.jpg", "metropolis-poster-xx.jpg"),
    "chips": ("genre,runtime,year", "year", "runtime,genre", NOTHING),
}
_LISTS_OF_LANGUAGES: Final = ("en", "fr", "de", "es", "ru", "ja", "ko,original", "ta,none", "pt-BR")
_SASHES: Final = tuple(word.value for word in SashWord if word is not SashWord.NONE)
_BOTH_LABELS: Final = {"sash": "new", "age_rating": "official", "ratings_limit": "5"}
_CARD: Final = {name: str(value) for name, value in CARD.items()}
_ALL_CHIPS: Final = {"chips": "genre,runtime,year", "sash": "new", "age_rating": "official"}
_ART: Final = {"fit": Art.WIDE}
_AWARDED: Final = frozenset({"imageSize", "awards"})
_FIELDS: Final = frozenset({"kind", "art", "award", "card", "format"})
_BY_NAME: Final = {param.names[0]: param for param in PARAMETERS}


def sections() -> tuple[Section, ...]:
    """Return the whole sheet."""
    labels = [(label, f"{label.name.lower()} labels") for label in Label]
    return (
        *map(_of_param, PARAMETERS),
        Section("placement", "position × direction", "Five badges in every corner, along and down.", _placement()),
        Section(
            "grounds",
            "label_style × badge_background",
            "On light, dark and busy art.",
            _grid({"label_style": Label, "art": PLAIN}, "badge_background", Background, ratings_limit="6"),
        ),
        Section("forms", "badge_size × badge_shape × badge_style", "", _badges()),
        Section(
            "sites",
            "Every source",
            "An example of each site's value, in its colour.",
            tuple(Row(name, tuple(_alone(site, label) for site in RatingSite)) for label, name in labels),
        ),
        Section("verdicts", "Tomatometer", "The six words of Rotten Tomatoes.", (Row("by score", _verdicts()),)),
        Section(
            "statuettes",
            "Awards",
            "Badges make room for the award badge.",
            _grid({"award": Award, "ratings_limit": ("3", "10")}, "position", Position)
            + _grid({"award": Award}, "art", PLAIN),
        ),
        Section(
            "labels",
            "Sash and age rating",
            "In every style of badge, on light, dark and busy art, and in languages with other scripts.",
            _grid(
                {"badge_background": Background, "art": PLAIN}, "sash", _SASHES, age_rating="official", badge_shape="r"
            )
            + _grid({"badge_shape": ["p"], "art": PLAIN}, "sash", _SASHES, age_rating="commonsense")
            + _grid({"sash": ("status",)}, "lang", ("de", "fr", "ru", "ar", "he", "ja", "ko", "zh"))
            + _grid({"award": Award, "age_position": Corner}, "sash_position", LabelPosition, **_BOTH_LABELS),
        ),
        Section(
            "sets",
            "Seasons and collections",
            "A series beside its seasons, each with TMDB's rating of its own; a collection with the mean of its films.",
            tuple(_sets()),
        ),
        Section(
            "languages",
            "One film in six languages",
            "What each list of languages chooses among posters in English, French, German (the film's own), Spanish, "
            "Russian and Japanese, and one without text.",
            _grid({"art": [Art.LETTERED]}, "lang", _LISTS_OF_LANGUAGES, ratings_limit="2"),
        ),
        Section(
            "cards",
            "Cards",
            "Logos of every shape and tone, on a scene and on light, dark and busy art.",
            _grid({"kind": [Kind.BACKDROP], "art": (Art.SCENE, *PLAIN)}, "card", CardTitle, **_CARD)
            + _grid({"kind": [Kind.BACKDROP]}, "position", Position, **_CARD)
            + _grid({"kind": [Kind.BACKDROP]}, "chips_position", LabelPosition, **_CARD, **_ALL_CHIPS),
        ),
        Section(
            "presets",
            "Presets of freehand designs",
            "Each on difficult titles.",
            tuple(
                Row(name, tuple(DesignShot(design=design, title=each, caption=each.strain) for each in STRAINING))
                for name, design in builtin_presets().items()
            ),
        ),
        Section(
            "fits",
            "fit × shape of the artwork",
            "Artwork narrower and wider than the picture.",
            _grid({"kind": _kinds("fit"), "art": (Art.NARROW, Art.WIDE)}, "fit", Fit),
        ),
        Section(
            "formats",
            "Extensions",
            "The same picture in every format; a logo is never JPEG.",
            _grid({"kind": Kind}, "format", Format),
        ),
    )


def _kinds(*names: str) -> list[Kind]:
    """Return the kinds that all of these parameters apply to."""
    return [kind for kind in Kind if all(kind in _BY_NAME[name].kinds for name in names)]


def _of_param(param: Parameter) -> Section:
    name = param.names[0]
    rows = tuple(
        Row(kind, of_values(param, kind, options(param, kind), BESIDE.get(name, {})))
        for kind in Kind
        if kind in param.kinds
    )
    beside = ", with " + ", ".join(f"{key}={value}" for key, value in BESIDE[name].items()) if name in BESIDE else ""
    return Section(name, name, f"Every value{beside}.", rows)


def of_values(param: Parameter, kind: Kind, values: Iterable[str], beside: Query) -> tuple[Shot, ...]:
    """Return a shot of each value, with those of the parameters ``beside`` that apply to the kind."""
    name = param.names[0]
    award = Award.OSCAR if name in _AWARDED and kind is Kind.POSTER else None
    others = {key: value for key, value in beside.items() if kind in _BY_NAME[key].kinds}
    ground = _ART.get(name, Art.SCENE)
    return tuple(
        Shot(kind=kind, query={**others, name: value}, caption=value, art=ground, award=award) for value in values
    )


def _grid(down: Mapping[str, Iterable[Any]], across: str, values: Iterable[str], **same: str) -> tuple[Row, ...]:
    """Return a row for each combination of the values ``down``, with a picture for each of the values ``across``.

    Each name is that of a parameter or of a field of `Shot`.
    """
    rows = []
    for combination in product(*down.values()):
        chosen = dict(zip(down, combination, strict=True))
        heading = " · ".join(value if name in _FIELDS else f"{name}={value}" for name, value in chosen.items())
        shots = (_shot(value, same | chosen | {across: value}) for value in values)
        rows.append(Row(heading, tuple(shots)))
    return tuple(rows)


def _shot(caption: str, chosen: Mapping[str, Any]) -> Shot:
    query = {name: value for name, value in chosen.items() if name not in _FIELDS}
    fields = {name: value for name, value in chosen.items() if name in _FIELDS}
    return Shot(**{"kind": Kind.POSTER, **fields}, query=query, caption=caption)


def _placement() -> tuple[Row, ...]:
    rows: list[Row] = []
    for kind in _kinds("position", "direction"):
        ways = [way for way in options(_BY_NAME["direction"], kind) if way != "d"]
        positions = options(_BY_NAME["position"], kind)
        rows += _grid({"kind": [kind], "direction": ways}, "position", positions, ratings_limit="5")
    return tuple(rows)


def _badges() -> tuple[Row, ...]:
    styles = {shape: ("h",) if shape is Shape.PILL else ("h", "v") for shape in Shape}  # a pill is always horizontal
    grids = (
        _grid({"badge_shape": [shape], "badge_style": each}, "badge_size", BadgeSize, ratings_limit="5")
        for shape, each in styles.items()
    )
    return tuple(chain.from_iterable(grids))


def _alone(site: RatingSite, label: Label, rating: Rating | None = None, caption: str = "") -> Shot:
    """Return a poster with one large badge."""
    query = {"ratings_limit": "1", "label_style": label, "badge_size": BadgeSize.XL}
    ratings = {site: rating or RATINGS[site]}
    return Shot(kind=Kind.POSTER, query=query, caption=caption or site, ratings=ratings)


def _sets() -> Iterator[Row]:
    """Yield the seasons of a series side by side, with text and without, and a collection in both of its kinds."""
    own = {Art.SERIES: Rating(71.0, 120), Art.SEASON_1: Rating(74.0), Art.SEASON_2: Rating(68.0)}
    for textless in ("false", "true"):
        query = {"ratings_order": "imdb,tmdb,rt", "textless": textless}
        yield Row(
            f"textless={textless}",
            tuple(
                Shot(kind=Kind.POSTER, query=query, caption=art, art=art, ratings=RATINGS | {RatingSite.TMDB: rating})
                for art, rating in own.items()
            ),
        )
    mean = {site: Rating(81.0, 4_400) for site in (RatingSite.TMDB, RatingSite.AVG)}
    for kind in (Kind.POSTER, Kind.BACKDROP):
        query = {"ratings_order": "avg,tmdb"}
        yield Row(kind, (Shot(kind=kind, query=query, caption="collection", art=Art.COLLECTION, ratings=mean),))


def _verdicts() -> tuple[Shot, ...]:
    """Return a shot per verdict, of the middle one of the ratings that earn it."""
    earning: dict[Verdict, list[tuple[RatingSite, Rating]]] = {word: [] for word in Verdict}
    for site in RatingSite:
        for score in range(1, int(GREATEST[site]) + 1):
            word = verdict(site, Rating(score))
            if word is not None:
                earning[word].append((site, Rating(score)))
    middle = {word: ratings[len(ratings) // 2] for word, ratings in earning.items()}
    return tuple(_alone(site, Label.OFFICIAL, rating, word) for word, (site, rating) in middle.items())


def options(param: Parameter, kind: Kind) -> tuple[str, ...]:
    """Return the values to draw, in the order in which they are documented.

    Raises ``LookupError`` for a value of an unknown type, so that a parameter of a new type is noticed.
    """
    name = param.names[0]
    match bare_type(type_info(param.json(kind))):
        case BoolType():
            return "true", "false"
        case EnumType(cls=words) | ListType(item_type=EnumType(cls=words)):
            return tuple(word.value for word in words)
        case LiteralType():
            return get_args(param.json(kind))  # msgspec sorts them
        case IntType(ge=int(low), le=int(high)):
            count = high - low if high - low <= _EVERY_UP_TO else _QUARTERS
            return tuple(str(low + (high - low) * step // count) for step in range(count + 1))
        case StrType(pattern=str()) | ListType(item_type=LiteralType()) if name in _EXAMPLES:
            return _EXAMPLES[name]
    raise LookupError(f"{name}: of which values shall there be a picture?")
