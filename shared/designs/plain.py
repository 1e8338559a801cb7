"""Designs that say what plain parameters can say: from settings to a design, and back where that is possible.

A design that came from settings, and is unchanged, is drawn from those settings, so people share one picture.
"""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import msgspec

from shared.designs.document import DesignArt, DesignDocument
from shared.designs.elements import (
    AgeElement,
    AgeSystem,
    AnchorPoint,
    AnyElement,
    AwardElement,
    CornerStyle,
    Flow,
    Ground,
    LabelStyle,
    QualityElement,
    RatingsElement,
    SashElement,
)
from shared.domain.pictures import MEDIUM_WIDTH, Format, Kind
from shared.settings.model import (
    DEFAULT_ORDER,
    MOST_BADGES,
    AgeRating,
    Axis,
    Background,
    BadgeSize,
    Corner,
    Label,
    LabelPosition,
    Position,
    QualityPosition,
    QualitySize,
    Settings,
    Shape,
)
from shared.settings.parameters import FIELDS, normalize
from shared.settings.quality import Quality

ART: Final = {"fit": "fit", "blur": "blur", "textless": "textless", "lang": "lang", "image_source": "art"}
"""The fields of a design's artwork, and those of settings."""

# As ``renderer.drawing.design`` and ``renderer.drawing.layout`` have them, in pixels at medium width.
_MARGINS: Final = {Kind.POSTER: 15, Kind.LOGO: 6, Kind.BACKDROP: 20, Kind.EPISODE: 20}
_TOP: Final = 20
_GAP: Final = 10
_PER_ROW, _PER_ROW_LARGE = 3, 2  # badges of a poster; other pictures hold what fits

_LABELS: Final = {Label.OFFICIAL: LabelStyle.OFFICIAL, Label.ICON: LabelStyle.ICON, Label.TEXT: LabelStyle.TEXT}
_SHAPES: Final = {Shape.ROUNDED: CornerStyle.ROUNDED, Shape.PILL: CornerStyle.PILL}
_GROUNDS: Final = {
    Background.COLOURED: Ground.COLOURED,
    Background.DARK: Ground.DARK,
    Background.TRANSLUCENT: Ground.TRANSLUCENT,
    Background.NONE: Ground.NONE,
}
_FLOWS: Final = {Axis.HORIZONTAL: Flow.ROW, Axis.VERTICAL: Flow.COLUMN}
_SYSTEMS: Final = {AgeRating.OFFICIAL: AgeSystem.OFFICIAL, AgeRating.COMMONSENSE: AgeSystem.COMMONSENSE}
_ANCHORS: Final = {Position.LEFT: AnchorPoint.MIDDLE_LEFT, Position.RIGHT: AnchorPoint.MIDDLE_RIGHT}
_QUALITY_ANCHORS: Final = {
    QualityPosition.LEFT: AnchorPoint.TOP_LEFT,
    QualityPosition.CENTRE: AnchorPoint.TOP_CENTRE,
    QualityPosition.RIGHT: AnchorPoint.TOP_RIGHT,
    QualityPosition.BOTTOM_LEFT: AnchorPoint.BOTTOM_LEFT,
    QualityPosition.BOTTOM_CENTRE: AnchorPoint.BOTTOM_CENTRE,
    QualityPosition.BOTTOM_RIGHT: AnchorPoint.BOTTOM_RIGHT,
}
_SMALLER: Final = {QualitySize.NORMAL: 1.0, QualitySize.SMALL: 0.75}
_PER_CENT: Final = 100


def design_of(settings: Settings) -> DesignDocument:
    """Return the design that looks most like settings, without what only the address decides.

    Stacked badges, a split strip, chips of facts, colours and scales of ratings, and the style of labels have no place
    in a design.
    """
    art = DesignArt(**{name: getattr(settings, field) for name, field in ART.items() if field in FIELDS[settings.kind]})
    return DesignDocument(kind=settings.kind, art=art, elements=tuple(_elements(settings)))


def settings_without_design(design: DesignDocument, fmt: Format, chosen: Mapping[str, Any]) -> Settings | None:
    """Return the settings whose design this is, with values of the address; ``None`` if there are none.

    ``chosen`` are values by field, such as the size.
    """
    values = _values(design)
    if values is None:
        return None
    asked = _limited(design)
    for sizes in _SIZES:
        sized = values | {name: size for name, size in sizes.items() if name in values}
        # Quality is shown only where the address names it; any will do to compare.
        shown = sized | ({"quality": (Quality.K4,)} if "quality_size" in values else {})
        if design_of(normalize(design.kind, fmt, shown)) == asked:
            return normalize(design.kind, fmt, sized | dict(chosen))
    return None


def _elements(settings: Settings) -> list[AnyElement]:
    size = round(settings.badge_size.scale * _PER_CENT)
    elements: list[AnyElement] = [_ratings(settings)] if settings.limit else []
    if settings.kind is Kind.POSTER and settings.awards:
        elements.append(AwardElement(anchor=AnchorPoint.TOP_RIGHT, **_offset(settings.kind, AnchorPoint.TOP_RIGHT)))
    if settings.sash:
        anchor = AnchorPoint(settings.sash_position.value)
        elements.append(SashElement(words=settings.sash, anchor=anchor, scale=size, **_offset(settings.kind, anchor)))
    if (system := _SYSTEMS.get(settings.age_rating)) is not None:
        anchor = AnchorPoint(settings.age_position.value)
        elements.append(AgeElement(system=system, anchor=anchor, scale=size, **_offset(settings.kind, anchor)))
    if settings.quality:
        anchor = _QUALITY_ANCHORS[settings.quality_position]
        scale = round(size * _SMALLER[settings.quality_size])
        elements.append(QualityElement(anchor=anchor, scale=scale, **_offset(settings.kind, anchor)))
    return elements


def _ratings(settings: Settings) -> RatingsElement:
    anchor, size = _anchor_of(settings.position), settings.badge_size
    is_large = size in {BadgeSize.L, BadgeSize.XL}
    # On a backdrop, medium badges are drawn like large ones.
    drawn = BadgeSize.L if settings.kind is Kind.BACKDROP and size is BadgeSize.M else size
    scale = round(drawn.scale * _PER_CENT)
    is_row = settings.strip_axis is Axis.HORIZONTAL and settings.kind is Kind.POSTER
    return RatingsElement(
        anchor=anchor,
        flow=_FLOWS[settings.strip_axis],
        wrap=(_PER_ROW_LARGE if is_large else _PER_ROW) if is_row else MOST_BADGES,
        gap=round(_GAP * scale / _PER_CENT / MEDIUM_WIDTH[settings.kind] * 1000),
        sites=settings.ratings,
        limit=settings.limit,
        scale=scale,
        label=_LABELS[settings.label],
        shape=_SHAPES[settings.shape],
        background=_GROUNDS[settings.background],
        opacity=settings.badge_opacity,
        **_offset(settings.kind, anchor),
    )


def _anchor_of(position: Position) -> AnchorPoint:
    return _ANCHORS.get(position) or AnchorPoint(position.value)


class _Offset(TypedDict):
    x: int
    y: int


def _offset(kind: Kind, anchor: AnchorPoint) -> _Offset:
    vertical, horizontal = anchor.value
    down = {"t": _TOP, "m": 0, "b": _MARGINS[kind]}[vertical]
    across = 0 if horizontal == "c" else _MARGINS[kind]
    return {"x": round(1000 * across / MEDIUM_WIDTH[kind]), "y": round(1000 * down / MEDIUM_WIDTH[kind])}


_SIZES: Final = tuple(
    {"badge_size": badge, "quality_size": quality}
    for badge in (BadgeSize.M, *(size for size in BadgeSize if size is not BadgeSize.M))
    for quality in QualitySize
)
"""What the scales of elements come from; the default first, which is drawn like another size on a backdrop."""


def _limited(design: DesignDocument) -> DesignDocument:
    """Return a design whose badges are no more than their sites, as settings in normal form have it."""
    elements = (
        msgspec.structs.replace(element, limit=min(element.limit, len(element.sites)))
        if isinstance(element, RatingsElement)
        else element
        for element in design.elements
    )
    return msgspec.structs.replace(design, elements=tuple(elements))


def _values(design: DesignDocument) -> dict[str, Any] | None:
    """Return the fields that parameters would set for elements like these, except sizes, which hold their default.

    ``None`` if there is an element that no parameter stands for.
    """
    if design.kind is Kind.LOGO or any(element.when for element in design.elements):
        return None
    values: dict[str, Any] = {field: getattr(design.art, name) for name, field in ART.items()}
    values = {field: value for field, value in values.items() if field in FIELDS[design.kind]}
    values |= {"limit": 0, "badge_size": BadgeSize.M} | ({"awards": False} if design.kind is Kind.POSTER else {})
    for element in design.elements:
        of_element = _values_of(element)
        if of_element is None:
            return None
        values |= of_element
    return values


def _values_of(element: AnyElement) -> dict[str, Any] | None:
    match element:
        case RatingsElement():
            return _strip_values(element)
        case AwardElement():
            return {"awards": True}
        case SashElement(words=words, anchor=anchor) if anchor.value in _EDGES:
            return {"sash": words, "sash_position": _EDGES[anchor.value]}
        case AgeElement(system=system, anchor=anchor) if anchor.value in _CORNERS:
            return {"age_rating": _AGES[system], "age_position": _CORNERS[anchor.value]}
        case QualityElement(anchor=anchor) if anchor in _QUALITY_PLACES:
            return {"quality_position": _QUALITY_PLACES[anchor], "quality_size": QualitySize.NORMAL}
        case _:
            return None


def _strip_values(element: RatingsElement) -> dict[str, Any] | None:
    position = _POSITIONS.get(element.anchor)
    if position is None:
        return None
    return {
        "order": element.sites,
        "exclude": tuple(site for site in DEFAULT_ORDER if site not in element.sites),
        "limit": element.limit,
        "position": position,
        "badge_axis": Axis.HORIZONTAL,
        "strip_axis": Axis.HORIZONTAL if element.flow is Flow.ROW else Axis.VERTICAL,
        "label": _BY_LABEL[element.label],
        "shape": _BY_SHAPE[element.shape],
        "background": _BY_GROUND[element.background],
        "badge_opacity": element.opacity,
    }


_EDGES: Final = {place.value: place for place in LabelPosition}
_CORNERS: Final = {corner.value: corner for corner in Corner}
_AGES: Final = {system: age for age, system in _SYSTEMS.items()}
_QUALITY_PLACES: Final = {anchor: place for place, anchor in _QUALITY_ANCHORS.items()}
_POSITIONS: Final = {_anchor_of(position): position for position in Position}
_BY_LABEL: Final = {style: label for label, style in _LABELS.items()}
_BY_SHAPE: Final = {style: shape for shape, style in _SHAPES.items()}
_BY_GROUND: Final = {ground: background for background, ground in _GROUNDS.items()}
