"""The content of the sheet: a section per parameter, generated from the table of parameters, then `sections.toml`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec.inspect import BoolType, EnumType, IntType, ListType, LiteralType, StrType, type_info

from deploy.dev.sheet.art import Art
from deploy.dev.sheet.card_titles import CardTitle
from deploy.dev.sheet.design_shots import STRAINING, DesignShot
from deploy.dev.sheet.shots import RATINGS, Query, Row, Section, Shot
from gateway.api.field_errors import bare_type
from renderer.drawing.rating_text import Verdict, verdict
from shared.designs.builtin import builtin_presets
from shared.domain.awards import Award
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import GREATEST, Rating, RatingSite
from shared.settings.model import BadgeSize, Label
from shared.settings.parameters import PARAMETERS, Parameter

_EVERY_UP_TO: Final = 10
_QUARTERS: Final = 4
_ART: Final = {"fit": Art.WIDE}
_AWARDED: Final = frozenset({"imageSize", "awards"})
_FIELDS: Final[Mapping[str, type[StrEnum]]] = {
    "kind": Kind, "art": Art, "award": Award, "card": CardTitle, "format": Format,
}  # fmt: skip
"""The fields of `Shot` that a grid can vary, beside parameters. They have precedence: there is a parameter `art`."""

_BY_NAME: Final = {param.names[0]: param for param in PARAMETERS}

Values = Literal["every"] | tuple[str, ...]


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row for each combination of the values ``down``, with a picture for each of the values ``across``."""

    down: dict[str, Values]
    across: str
    values: Values = "every"
    same: Query = {}

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        for combination in product(*(_values(name, values) for name, values in self.down.items())):
            chosen = dict(zip(self.down, combination, strict=True))
            heading = " · ".join(value if name in _FIELDS else f"{name}={value}" for name, value in chosen.items())
            across = _values(self.across, self.values)
            yield Row(heading, tuple(_shot(value, self.same | chosen | {self.across: value}) for value in across))


class GridSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of grids, or of computed rows if it has none."""

    key: str
    name: str
    about: str
    grids: tuple[Grid, ...] = ()


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file; its comments say what each part is."""

    section: tuple[GridSection, ...]
    examples: dict[str, tuple[str, ...]]
    beside: dict[str, Query]
    thumbnails: dict[str, tuple[str, ...]]
    beside_thumbnails: dict[str, Query]


CONTENT: Final = msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes(), type=Content)


def sections() -> tuple[Section, ...]:
    """Return the whole sheet."""
    return (
        *map(_of_param, PARAMETERS),
        *(Section(each.key, each.name, each.about, tuple(_rows(each))) for each in CONTENT.section),
    )


def _rows(section: GridSection) -> Iterable[Row]:
    if section.grids:
        return (row for grid in section.grids for row in grid.rows())
    return _COMPUTED[section.key]()


def _of_param(param: Parameter) -> Section:
    name = param.names[0]
    beside = CONTENT.beside.get(name, {})
    rows = (Row(kind, of_values(param, kind, options(param, kind), beside)) for kind in Kind if kind in param.kinds)
    words = ", with " + ", ".join(f"{key}={value}" for key, value in beside.items()) if beside else ""
    return Section(name, name, f"Every value{words}.", tuple(rows))


def of_values(param: Parameter, kind: Kind, values: Iterable[str], beside: Query) -> tuple[Shot, ...]:
    """Return a shot of each value, with those of the parameters ``beside`` that apply to the kind."""
    name = param.names[0]
    award = Award.OSCAR if name in _AWARDED and kind is Kind.POSTER else None
    others = {key: value for key, value in beside.items() if kind in _BY_NAME[key].kinds}
    ground = _ART.get(name, Art.SCENE)
    return tuple(
        Shot(kind=kind, query={**others, name: value}, caption=value, art=ground, award=award) for value in values
    )


def _values(name: str, values: Values) -> Sequence[str]:
    """Return the values of a parameter, or the members of a field's type."""
    if name in _FIELDS:
        return tuple(_FIELDS[name]) if values == "every" else [_FIELDS[name](value) for value in values]
    return options(_BY_NAME[name], min(_BY_NAME[name].kinds, key=list(Kind).index)) if values == "every" else values


def _shot(caption: str, chosen: Mapping[str, Any]) -> Shot:
    query = {name: value for name, value in chosen.items() if name not in _FIELDS}
    fields = {name: value for name, value in chosen.items() if name in _FIELDS}
    return Shot(**{"kind": Kind.POSTER, **fields}, query=query, caption=caption)


def _sites() -> Iterator[Row]:
    for label in Label:
        yield Row(f"{label.name.lower()} labels", tuple(_alone(site, label) for site in RatingSite))


def _alone(site: RatingSite, label: Label, rating: Rating | None = None, caption: str = "") -> Shot:
    """Return a poster with one large badge."""
    query = {"ratings_limit": "1", "label_style": label, "badge_size": BadgeSize.XL}
    ratings = {site: rating or RATINGS[site]}
    return Shot(kind=Kind.POSTER, query=query, caption=caption or site, ratings=ratings)


def _verdicts() -> Iterator[Row]:
    """Yield a row with a shot per verdict, of the middle one of the ratings that earn it."""
    earning: dict[Verdict, list[tuple[RatingSite, Rating]]] = {word: [] for word in Verdict}
    for site in RatingSite:
        for score in range(1, int(GREATEST[site]) + 1):
            word = verdict(site, Rating(score))
            if word is not None:
                earning[word].append((site, Rating(score)))
    middle = {word: ratings[len(ratings) // 2] for word, ratings in earning.items()}
    shots = (_alone(site, Label.OFFICIAL, rating, word) for word, (site, rating) in middle.items())
    yield Row("by score", tuple(shots))


def _sets() -> Iterator[Row]:
    """Yield the seasons of a series side by side, with text and without, and a collection in both of its kinds."""
    own = {Art.SERIES: Rating(71.0, 120), Art.SEASON_1: Rating(74.0), Art.SEASON_2: Rating(68.0)}
    for textless in ("false", "true"):
        query = {"ratings_order": "imdb,tmdb,rt", "textless": textless}
        shots = (
            Shot(kind=Kind.POSTER, query=query, caption=art, art=art, ratings=RATINGS | {RatingSite.TMDB: rating})
            for art, rating in own.items()
        )
        yield Row(f"textless={textless}", tuple(shots))
    mean = {site: Rating(81.0, 4_400) for site in (RatingSite.TMDB, RatingSite.AVG)}
    query = {"ratings_order": "avg,tmdb"}
    for kind in (Kind.POSTER, Kind.BACKDROP):
        yield Row(kind, (Shot(kind=kind, query=query, caption="collection", art=Art.COLLECTION, ratings=mean),))


def _presets() -> Iterator[Row]:
    for name, design in builtin_presets().items():
        yield Row(name, tuple(DesignShot(design=design, title=each, caption=each.strain) for each in STRAINING))


_COMPUTED: Final[Mapping[str, Callable[[], Iterable[Row]]]] = {
    "sites": _sites, "verdicts": _verdicts, "sets": _sets, "presets": _presets,
}  # fmt: skip


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
        case StrType(pattern=str()) | ListType(item_type=LiteralType()) if name in CONTENT.examples:
            return CONTENT.examples[name]
    raise LookupError(f"{name}: of which values shall there be a picture?")
