"""Any valid design, for properties."""

import string
from typing import Any

import msgspec
from hypothesis import strategies as st

from shared.designs.checks import TEXT_FIELDS, checked_design
from shared.designs.conditions import Fact
from shared.designs.document import MOST_BYTES, DesignDocument, canonical_text
from shared.designs.elements import (
    AgeSystem,
    Alignment,
    AnchorPoint,
    CornerStyle,
    Edge,
    Flow,
    Ground,
    LabelStyle,
    Weight,
)
from shared.domain.pictures import Kind
from shared.domain.ratings import GREATEST, RatingSite
from shared.settings.model import ArtPreference, Fit, SashWord

_PLAIN = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="{}\ufffe\uffff")
_across, _down = st.integers(0, 1000), st.integers(0, 2000)
_width, _height = st.integers(1, 1000), st.integers(1, 2000)
_site = st.sampled_from(RatingSite)
_colour = st.text(string.hexdigits, min_size=6, max_size=6).map("#{}".format)
_field = st.builds("{{{}{}}}".format, st.sampled_from(TEXT_FIELDS), st.sampled_from(("", "|", "|-", "|ä")))
_text = st.lists(_field | st.text(_PLAIN, max_size=6), min_size=1, max_size=4).map("".join)
_numbers = st.sampled_from([Fact.YEAR, Fact.RUNTIME, Fact.SEASON, Fact.EPISODE, Fact.RANK, Fact.SCORE])
_order = st.sampled_from(("gt", "ge", "lt", "le", "eq", "ne"))


@st.composite
def _of_number(draw: st.DrawFn) -> list[Any]:
    fact = draw(_numbers | _site)
    most = GREATEST[fact] if isinstance(fact, RatingSite) else 100
    value = st.integers(0, int(most)) | st.floats(0, most)
    if draw(st.booleans()):
        return [fact.value, "in", draw(st.lists(value, min_size=1, max_size=4))]
    return [fact.value, draw(_order), draw(value)]


_condition = (
    _of_number()
    | st.tuples(st.sampled_from([*Fact, *RatingSite]), st.just("has"), st.booleans()).map(list)
    | st.tuples(st.just("genre"), st.sampled_from(("has", "eq", "ne")), st.text(_PLAIN, max_size=60)).map(list)
    | st.tuples(st.just("award"), st.just("in"), st.lists(st.sampled_from(("oscar", "none")), min_size=1)).map(list)
    | st.tuples(st.just("kind"), st.sampled_from(("eq", "ne")), st.sampled_from(("movie", "episode"))).map(list)
).filter(lambda condition: len(condition[2]) <= 20 if isinstance(condition[2], list) else True)


def _element(tag: str, needed: dict[str, Any], **chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    common = {"when": st.lists(_condition, max_size=3)}
    return st.fixed_dictionaries({"type": st.just(tag), **needed}, optional={**common, **chosen})


_place: dict[str, Any] = {"anchor": st.sampled_from(AnchorPoint), "x": _across, "y": _down}
_sized: dict[str, Any] = {**_place, "scale": st.integers(25, 400)}
_badge: dict[str, Any] = {
    **_sized,
    "label": st.sampled_from(LabelStyle),
    "shape": st.sampled_from(CornerStyle),
    "background": st.sampled_from(Ground),
    "opacity": st.integers(10, 100),
}
_words = st.lists(st.sampled_from([word for word in SashWord if word is not SashWord.NONE]), min_size=1, max_size=6)
elements = st.one_of(
    _element(
        "ratings",
        {},
        **_badge,
        flow=st.sampled_from(Flow),
        wrap=st.integers(1, 10),
        gap=st.integers(0, 200),
        sites=st.lists(_site, min_size=1, max_size=14),
        limit=st.integers(1, 10),
    ),
    _element("rating", {"site": _site}, **_badge, **{"else": st.none() | _site}),
    _element("award", {}, **_sized),
    _element("sash", {"words": _words}, **_sized),
    _element("age", {}, **_sized, system=st.sampled_from(AgeSystem)),
    _element("quality", {}, **_sized),
    _element("logo", {}, **_place, width=_width, height=_height),
    _element(
        "text",
        {"text": _text.filter(lambda text: 1 <= len(text) <= 60)},
        **_place,
        size=st.integers(10, 400),
        weight=st.sampled_from(Weight),
        colour=_colour,
        align=st.sampled_from(Alignment),
        lines=st.integers(1, 5),
        width=_width,
    ),
    _element("scrim", {}, edge=st.sampled_from(Edge), height=_height, opacity=st.integers(1, 100), colour=_colour),
    _element(
        "box",
        {"width": _width, "height": _height},
        **_place,
        radius=_across,
        colour=_colour,
        opacity=st.integers(1, 100),
    ),
    _element("bar", {"site": _site}, **_place, width=_width, height=_height, colour=_colour | st.just("auto")),
)
"""An element as JSON, of any type and with any of its fields."""

_art = st.fixed_dictionaries(
    {},
    optional={
        "fit": st.sampled_from(Fit),
        "blur": st.booleans(),
        "textless": st.booleans(),
        "lang": st.sampled_from(("", "de", "pt-BR,original", "none", "DE, en")),
        "image_source": st.sampled_from(ArtPreference),
    },
)
documents = st.fixed_dictionaries(
    {"kind": st.sampled_from(Kind)},
    optional={"version": st.just(1), "art": _art, "elements": st.lists(elements, max_size=6)},
)
"""A design as JSON."""

designs = documents.map(
    lambda document: checked_design(msgspec.convert(document, DesignDocument, strict=False))
).filter(lambda design: len(canonical_text(design)) <= MOST_BYTES)
"""A design in normal form."""
