"""What stands on the sheet: a section per parameter, made from their table, then what takes two of them."""

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
from shared.settings.parameters import PARAMS, Param

# What must stand beside a parameter for its values to be told apart.
_BESIDE: Final[Mapping[str, Query]] = {
    "ratings_order": {"ratings_limit": "2"},
    "ratings_exclude": {"ratings_limit": "10"},
    "direction": {"ratings_limit": "4"},
    "split": {"ratings_limit": "5"},
    "edge_inset": {"position": "tl"},
    "edge_inset_x": {"position": "tl"},
    "edge_inset_y": {"position": "tl"},
    "awards": {"position": "tr"},
}
_ART: Final = {"fit": Art.WIDE}
_AWARDED: Final = frozenset({"imageSize", "awards"})
_BY_NAME: Final = {param.names[0]: param for param in PARAMS}


def sections() -> tuple[Section, ...]:
    """Return the whole sheet."""
    return (*map(_of_param, PARAMS), *_of_pairs(), _of_sites(), _of_verdicts(), _of_awards(), _of_fits(), _of_formats())


def _of_param(param: Param) -> Section:
    name = param.names[0]
    rows = tuple(Row(kind, tuple(_of_values(param, kind))) for kind in Kind if kind in param.kinds)
    beside = ", with " + ", ".join(f"{key}={value}" for key, value in _BESIDE[name].items()) if name in _BESIDE else ""
    return Section(name, name, f"Every value{beside}.", rows)


def _of_values(param: Param, kind: Kind) -> Iterator[Shot]:
    name = param.names[0]
    award = Award.OSCAR if name in _AWARDED and kind is Kind.POSTER else None
    for value in options(param, kind):
        query = {**_beside(name, kind), name: value}
        yield Shot(kind=kind, query=query, caption=value, art=_ART.get(name, Art.SCENE), award=award)


def _beside(name: str, kind: Kind) -> Query:
    """Return what of a parameter's company applies to the kind."""
    return {key: value for key, value in _BESIDE.get(name, {}).items() if kind in _BY_NAME[key].kinds}


def _of_pairs() -> Iterator[Section]:
    position, direction = _BY_NAME["position"], _BY_NAME["direction"]
    rows = tuple(
        Row(
            f"{kind} · direction={way}",
            _deal(kind, "position", options(position, kind), direction=way, ratings_limit="5"),
        )
        for kind in Kind
        if kind in position.kinds & direction.kinds
        for way in options(direction, kind)
        if way != "d"
    )
    yield Section("placement", "position × direction", "Five badges in every corner, along and down.", rows)
    rows = tuple(
        Row(
            f"{label.name.lower()} labels on {ground} art",
            _deal(Kind.POSTER, "badge_background", Background, ground, label_style=label, ratings_limit="6"),
        )
        for label in Label
        for ground in PLAIN
    )
    yield Section("grounds", "label_style × badge_background", "On light, dark and busy art.", rows)
    rows = tuple(
        Row(
            f"{shape.name.lower()}, badge_style={style}",
            _deal(Kind.POSTER, "badge_size", BadgeSize, badge_shape=shape, badge_style=style, ratings_limit="5"),
        )
        for shape in Shape
        for style in ("h", "v")
        if not (shape is Shape.PILL and style == "v")  # a pill is always horizontal
    )
    yield Section("badges", "badge_size × badge_shape × badge_style", "", rows)


def _deal(kind: Kind, name: str, values: Iterable[str], ground: Art = Art.SCENE, **beside: str) -> tuple[Shot, ...]:
    """Return one shot for each value of a parameter, beside the same others."""
    return tuple(Shot(kind=kind, query={**beside, name: value}, caption=value, art=ground) for value in values)


def _of_sites() -> Section:
    rows = tuple(
        Row(f"{label.name.lower()} labels", tuple(_alone(site, label) for site in RatingSite)) for label in Label
    )
    return Section("sites", "Every source", "An example of each site's value, in its colour.", rows)


def _alone(site: RatingSite, label: Label, rating: Rating | None = None, caption: str = "") -> Shot:
    """Return a poster with one large badge."""
    query = {"ratings_limit": "1", "label_style": label, "badge_size": BadgeSize.XL}
    ratings = {site: rating or RATINGS[site]}
    return Shot(kind=Kind.POSTER, query=query, caption=caption or site, ratings=ratings)


def _of_verdicts() -> Section:
    shots = tuple(_alone(site, Label.OFFICIAL, rating, word) for word, (site, rating) in _earned().items())
    return Section("verdicts", "Tomatometer", "The six words of Rotten Tomatoes.", (Row("by score", shots),))


def _earned() -> dict[Verdict, tuple[RatingSite, Rating]]:
    """Return a rating that earns each verdict: the middle of those that do."""
    earning: dict[Verdict, list[tuple[RatingSite, Rating]]] = {word: [] for word in Verdict}
    for site in RatingSite:
        for score in range(1, int(GREATEST[site]) + 1):
            word = verdict(site, Rating(score))
            if word is not None:
                earning[word].append((site, Rating(score)))
    return {word: ratings[len(ratings) // 2] for word, ratings in earning.items()}


def _of_awards() -> Section:
    rows = tuple(
        Row(
            f"{award}, {limit} badges",
            tuple(
                Shot(
                    kind=Kind.POSTER,
                    query={"position": position, "ratings_limit": limit},
                    caption=position,
                    award=award,
                )
                for position in Position
            ),
        )
        for award in Award
        for limit in ("3", "10")
    )
    plain = tuple(
        Shot(kind=Kind.POSTER, query={}, caption=f"{award} on {ground}", art=ground, award=award)
        for award in Award
        for ground in PLAIN
    )
    return Section("statuettes", "Awards", "Badges make room for the statuette.", (*rows, Row("on plain art", plain)))


def _of_fits() -> Section:
    fit = _BY_NAME["fit"]
    rows = tuple(
        Row(f"{kind}, {ground} art", _deal(kind, "fit", Fit, ground))
        for kind in Kind
        if kind in fit.kinds
        for ground in (Art.NARROW, Art.WIDE)
    )
    return Section("fits", "fit × shape of the art", "Art much narrower and much wider than the picture.", rows)


def _of_formats() -> Section:
    rows = tuple(
        Row(kind, tuple(Shot(kind=kind, query={}, caption=fmt, format=fmt) for fmt in Format)) for kind in Kind
    )
    return Section("formats", "Extensions", "The same picture in every format; a logo is never JPEG.", rows)
