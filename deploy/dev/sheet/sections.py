"""The content of the sheet: a section per parameter, generated from the table of parameters, then combinations."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from deploy.dev.sheet.art import PLAIN, Art
from deploy.dev.sheet.options import options
from deploy.dev.sheet.shots import RATINGS, Query, Row, Section, Shot
from renderer.drawing.rating_text import Verdict, verdict
from shared.domain.awards import Award
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import GREATEST, Rating, RatingSite
from shared.settings.model import Background, BadgeSize, Fit, Label, Position, Shape
from shared.settings.parameters import PARAMETERS, Parameter

# Other parameters that must be set for the values to look different.
_BESIDE: Final[Mapping[str, Query]] = {
    "ratings_order": {"ratings_limit": "2"},
    "ratings_exclude": {"ratings_limit": "10"},
    "direction": {"ratings_limit": "4"},
    "split": {"ratings_limit": "5"},
    "awards": {"position": "tr"},
} | {name: {"position": "tl"} for name in ("edge_inset", "edge_inset_x", "edge_inset_y")}
_ART: Final = {"fit": Art.WIDE}
_AWARDED: Final = frozenset({"imageSize", "awards"})
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
            tuple(
                _row(f"{name} on {ground} art", Kind.POSTER, "badge_background", Background, ground, **six)
                for label, name in labels
                for six in ({"label_style": label, "ratings_limit": "6"},)
                for ground in PLAIN
            ),
        ),
        Section("badges", "badge_size × badge_shape × badge_style", "", _badges()),
        Section(
            "sites",
            "Every source",
            "An example of each site's value, in its colour.",
            tuple(Row(name, tuple(_alone(site, label) for site in RatingSite)) for label, name in labels),
        ),
        Section("verdicts", "Tomatometer", "The six words of Rotten Tomatoes.", (Row("by score", _verdicts()),)),
        Section("statuettes", "Awards", "Badges make room for the award badge.", (*_awards(),)),
        Section("fits", "fit × shape of the artwork", "Artwork narrower and wider than the picture.", _fits()),
        Section("formats", "Extensions", "The same picture in every format; a logo is never JPEG.", _formats()),
    )


def _of_param(param: Parameter) -> Section:
    name = param.names[0]
    rows = tuple(Row(kind, tuple(_of_values(param, kind))) for kind in Kind if kind in param.kinds)
    beside = ", with " + ", ".join(f"{key}={value}" for key, value in _BESIDE[name].items()) if name in _BESIDE else ""
    return Section(name, name, f"Every value{beside}.", rows)


def _of_values(param: Parameter, kind: Kind) -> Iterator[Shot]:
    name = param.names[0]
    award = Award.OSCAR if name in _AWARDED and kind is Kind.POSTER else None
    beside = {key: value for key, value in _BESIDE.get(name, {}).items() if kind in _BY_NAME[key].kinds}
    for value in options(param, kind):
        query = {**beside, name: value}
        yield Shot(kind=kind, query=query, caption=value, art=_ART.get(name, Art.SCENE), award=award)


def _row(heading: str, kind: Kind, name: str, values: Iterable[str], ground: Art = Art.SCENE, **beside: str) -> Row:
    """Return a row with a shot for each value of a parameter, with the other parameters the same."""
    shots = (Shot(kind=kind, query={**beside, name: value}, caption=value, art=ground) for value in values)
    return Row(heading, tuple(shots))


def _placement() -> tuple[Row, ...]:
    position, direction = _BY_NAME["position"], _BY_NAME["direction"]
    return tuple(
        _row(
            f"{kind} · direction={way}",
            kind,
            "position",
            options(position, kind),
            direction=way,
            ratings_limit="5",
        )
        for kind in Kind
        if kind in position.kinds & direction.kinds
        for way in options(direction, kind)
        if way != "d"
    )


def _badges() -> tuple[Row, ...]:
    return tuple(
        _row(
            f"{shape.name.lower()}, badge_style={style}",
            Kind.POSTER,
            "badge_size",
            BadgeSize,
            badge_shape=shape,
            badge_style=style,
            ratings_limit="5",
        )
        for shape in Shape
        for style in ("h", "v")
        if not (shape is Shape.PILL and style == "v")  # a pill is always horizontal
    )


def _alone(site: RatingSite, label: Label, rating: Rating | None = None, caption: str = "") -> Shot:
    """Return a poster with one large badge."""
    query = {"ratings_limit": "1", "label_style": label, "badge_size": BadgeSize.XL}
    ratings = {site: rating or RATINGS[site]}
    return Shot(kind=Kind.POSTER, query=query, caption=caption or site, ratings=ratings)


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


def _awards() -> Iterator[Row]:
    for award in Award:
        for limit in ("3", "10"):
            queries = ({"position": position, "ratings_limit": limit} for position in Position)
            shots = (Shot(kind=Kind.POSTER, query=q, caption=q["position"], award=award) for q in queries)
            yield Row(f"{award}, {limit} badges", tuple(shots))
    grounds = ((award, ground) for award in Award for ground in PLAIN)
    plain = (Shot(kind=Kind.POSTER, query={}, caption=f"{a} on {g}", art=g, award=a) for a, g in grounds)
    yield Row("on plain artwork", tuple(plain))


def _fits() -> tuple[Row, ...]:
    kinds = [kind for kind in Kind if kind in _BY_NAME["fit"].kinds]
    shapes = (Art.NARROW, Art.WIDE)
    return tuple(_row(f"{kind}, {shape} art", kind, "fit", Fit, shape) for kind in kinds for shape in shapes)


def _formats() -> tuple[Row, ...]:
    return tuple(
        Row(kind, tuple(Shot(kind=kind, query={}, caption=fmt, format=fmt) for fmt in Format)) for kind in Kind
    )
