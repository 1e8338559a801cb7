from enum import StrEnum
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.canvas import native_size
from renderer.drawing.colours import GROUND, SITE
from renderer.drawing.design import Anchor, AwardBadge, Design, RatingStrip, compile_design
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.picture_layout import Layout, PlacedAward, lay_out
from renderer.drawing.layout.strip_layout import PlacedStrip
from renderer.drawing.picture import shown
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.domain.ratings import GREATEST, Rating, Ratings, RatingSite
from shared.settings.model import Axis, Background, BadgeSize, Fit, Label, Position, Settings, Shape
from shared.settings.parameters import parse
from tests.renderer.drawing.arts import RATINGS, settings_of

LARGE = {"badge_size": "l"}
awards = st.sampled_from([None, *Award])
sides = st.integers(1, 5000)


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    def word(enum: type[StrEnum]) -> str:
        return str(draw(st.sampled_from(list(enum))))

    kind = draw(st.sampled_from(list(Kind)))
    return parse(
        kind,
        Format.PNG,
        {
            "imageSize": draw(st.sampled_from(list(CANVAS[kind]))),
            "ratings_order": ",".join(draw(st.permutations(list(RatingSite)))),
            "ratings_limit": str(draw(st.integers(0, 10))),
            "badge_style": draw(st.sampled_from(["d", *Axis])),
            "direction": draw(st.sampled_from(["d", *Axis])),
            "label_style": word(Label),
            "badge_size": word(BadgeSize),
            "badge_shape": word(Shape),
            "badge_background": word(Background),
            "position": word(Position),
            "split": draw(st.sampled_from(["true", "false"])),
            "edge_inset_x": str(draw(st.integers(0, 50))),
            "edge_inset_y": str(draw(st.integers(0, 50))),
            "fit": word(Fit),
            "awards": draw(st.sampled_from(["true", "false"])),
        },
    )


@st.composite
def posters_of_columns(draw: st.DrawFn, *, split: bool) -> Settings:
    return settings_of(
        split=split,
        direction="v",
        position=draw(st.sampled_from(["l", "r", "tl", "tr", "bl", "br"])),
        ratings_limit=draw(st.integers(1, 10)),
        badge_size=draw(st.sampled_from(list(BadgeSize))),
        badge_style=draw(st.sampled_from(list(Axis))),
        badge_shape=draw(st.sampled_from(list(Shape))),
        edge_inset=draw(st.integers(0, 50)),
    )


@st.composite
def ratings(draw: st.DrawFn) -> Ratings:
    sites = draw(st.lists(st.sampled_from(list(RatingSite)), unique=True) | st.just(list(RatingSite)))
    return {site: Rating(draw(st.floats(GREATEST[site] / 8, GREATEST[site]))) for site in sites}


def laid(settings: Settings, known: Ratings, award: Award | None = None, art: tuple[int, int] | None = None) -> Layout:
    """Return the layout for these settings, on the canvas for art of this size."""
    size = settings.canvas
    if art is not None and settings.fit is Fit.NATIVE:
        size = native_size(size, art)
    return lay_out(compile_design(settings), shown(settings, known), award, size)


def strip_of(layout: Layout) -> PlacedStrip:
    (strip,) = (part for part in layout.parts if isinstance(part, PlacedStrip))
    return strip


def award_of(layout: Layout) -> Box:
    (award,) = (part for part in layout.parts if isinstance(part, PlacedAward))
    return award.box


def placed(settings: Settings, known: Ratings, award: Award | None = None) -> PlacedStrip:
    return strip_of(laid(settings, known, award))


def boxes(placement: PlacedStrip) -> list[Box]:
    width, height = placement.metrics.width, placement.metrics.height
    return [(badge.x, badge.y, badge.x + width, badge.y + height) for badge in placement.badges]


def every_box(layout: Layout) -> list[Box]:
    every: list[Box] = []
    for part in layout.parts:
        if isinstance(part, PlacedStrip):
            every += boxes(part)
        elif isinstance(part, PlacedAward):
            every.append(part.box)
    return every


def around(every: list[Box]) -> Box:
    """Return the box around all of them."""
    lefts, tops, rights, bottoms = zip(*every, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def are_apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@given(any_settings(), ratings(), awards, st.tuples(sides, sides))
def test_boxes_lie_on_the_picture_and_do_not_overlap(
    settings: Settings, known: Ratings, award: Award | None, art: tuple[int, int]
) -> None:
    layout = laid(settings, known, award, art)

    every = every_box(layout)
    width, height = layout.size

    is_awarded = settings.kind is Kind.POSTER and settings.awards and award is not None
    assert len(shown(settings, known)) + is_awarded == len(every)
    assert all(0 <= left < right <= width and 0 <= top < bottom <= height for left, top, right, bottom in every)
    assert all(are_apart(one, other) for one, other in combinations(every, 2))


@given(any_settings(), ratings(), awards, st.tuples(sides, sides))
def test_badges_keep_the_margins_of_their_element(
    settings: Settings, known: Ratings, award: Award | None, art: tuple[int, int]
) -> None:
    design = compile_design(settings)
    layout = laid(settings, known, award, art)

    for strip in (element for element in design.elements if isinstance(element, RatingStrip)):
        for left, top, right, bottom in boxes(strip_of(layout)) if shown(settings, known) else ():
            side, foot = round(strip.margins.side * design.unit), round(strip.margins.bottom * design.unit)
            head = layout.size[1] if strip.anchor.vertical == "u" else round(strip.margins.top * design.unit)
            assert side <= left
            assert right <= layout.size[0] - side
            assert min(head, design.size[1]) <= top
            assert bottom <= layout.size[1] - foot


@given(any_settings(), ratings())
def test_the_parts_of_a_badge_lie_within_it(settings: Settings, known: Ratings) -> None:
    for part in laid(settings, known).parts:
        assert isinstance(part, PlacedStrip)
        metrics = part.metrics
        is_wide = metrics.axis is Axis.HORIZONTAL
        length, breadth = (metrics.width, metrics.height) if is_wide else (metrics.height, metrics.width)

        assert 0 < metrics.label < length
        assert 0 <= metrics.icon <= min(metrics.label, breadth)
        assert 0 <= metrics.radius <= metrics.height / 2


@given(any_settings(), ratings(), awards)
def test_badges_are_in_the_order_of_the_settings(settings: Settings, known: Ratings, award: Award | None) -> None:
    colours = [
        badge.content.colour
        for part in laid(settings, known, award).parts
        if isinstance(part, PlacedStrip)
        for badge in part.badges
    ]

    grounds = GROUND if settings.label is Label.OFFICIAL else SITE
    assert [grounds[site] for site, _ in shown(settings, known)] == colours


@given(any_settings(), ratings(), awards)
def test_an_award_moves_only_badges_in_its_way(settings: Settings, known: Ratings, award: Award | None) -> None:
    without_award, awarded = laid(settings, known), laid(settings, known, award)
    awards = [part.box for part in awarded.parts if isinstance(part, PlacedAward)]
    gap = round(10 * compile_design(settings).unit)
    reach = [(left - gap, top - gap, right + gap, bottom + gap) for left, top, right, bottom in awards]
    blocks = [around(boxes(strip_of(without_award)))] if shown(settings, known) and not settings.split else []

    is_clear = all(are_apart(block, box) for block in blocks for box in reach)

    assert (
        settings.split
        or (without_award.parts == tuple(p for p in awarded.parts if isinstance(p, PlacedStrip))) == is_clear
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_a_larger_picture_looks_the_same(kind: Kind) -> None:
    medium = settings_of(kind=kind)
    for size in CANVAS[kind]:
        other = settings_of(kind=kind, imageSize=size)
        factor = other.canvas[0] / medium.canvas[0]

        scaled = [tuple(side * factor for side in box) for box in every_box(laid(medium, RATINGS, Award.OSCAR))]

        for expected, actual in zip(scaled, every_box(laid(other, RATINGS, Award.OSCAR)), strict=True):
            assert actual == pytest.approx(expected, abs=max(5, 4 * factor))


def test_the_default_poster_has_a_centred_row_at_its_bottom() -> None:
    first, second, third = boxes(placed(settings_of(), RATINGS))

    assert 58 == first[3] - first[1]
    assert 859 - 15 == first[3] == second[3] == third[3]
    assert 10 == second[0] - first[2] == third[0] - second[2]
    assert first[0] == pytest.approx(580 - third[2], abs=1)


def test_the_default_backdrop_has_a_column_top_right() -> None:
    every = boxes(placed(settings_of(kind=Kind.BACKDROP), RATINGS))

    assert [20, 160, 300, 440, 580] == [top for _, top, _, _ in every]
    assert {1920 - 20} == {right for _, _, right, _ in every}
    assert {128} == {bottom - top for _, top, _, bottom in every}


@pytest.mark.parametrize("query", [{}, {"position": "bl"}, {"imageSize": "small", "ratings_limit": 10}])
def test_default_badges_of_a_backdrop_are_as_large_as_large_ones(query: dict[str, Any]) -> None:
    default, large = (placed(settings_of(kind=Kind.BACKDROP, **more), RATINGS) for more in (query, query | LARGE))

    assert large == default
    assert BadgeSize.M is settings_of(kind=Kind.BACKDROP).badge_size  # as before: it is part of the hash


@pytest.mark.parametrize(("size", "height"), [("xs", 51), ("s", 76), ("m", 128), ("l", 128), ("xl", 153)])
def test_every_other_size_of_a_backdrop_is_what_it_was(size: str, height: int) -> None:
    _, top, _, bottom = boxes(placed(settings_of(kind=Kind.BACKDROP, badge_size=size), RATINGS))[0]

    assert height == pytest.approx(bottom - top, abs=1)


def test_the_default_episode_has_one_large_badge_top_right() -> None:
    ((_, top, right, bottom),) = boxes(placed(settings_of(kind=Kind.EPISODE), RATINGS))

    assert (20, 780 - 20) == (top, right)
    assert 128 == bottom - top


def test_a_logo_grows_by_its_row_and_the_space_above_it() -> None:
    layout = laid(settings_of(kind=Kind.LOGO, ratings_limit=3), RATINGS)

    first, _, third = every_box(layout)

    assert (780, 244 + 15 + 58 + 6) == layout.size
    assert 244 + 15 == first[1]
    assert first[0] == pytest.approx(780 - third[2], abs=1)


def test_a_logo_without_badges_is_its_box() -> None:
    assert (780, 244) == laid(settings_of(kind=Kind.LOGO), {}).size
    assert (780, 244) == laid(settings_of(kind=Kind.LOGO, ratings_limit=0), RATINGS).size


@pytest.mark.parametrize(
    ("position", "x", "y"),
    [
        ("tl", "left", "top"),
        ("tc", "middle", "top"),
        ("tr", "right", "top"),
        ("l", "left", "middle"),
        ("r", "right", "middle"),
        ("bl", "left", "bottom"),
        ("bc", "middle", "bottom"),
        ("br", "right", "bottom"),
    ],
)
@pytest.mark.parametrize(("kind", "margins"), [(Kind.POSTER, (15, 20, 15)), (Kind.BACKDROP, (20, 20, 20))])
def test_a_position_places_the_badges(position: str, x: str, y: str, kind: Kind, margins: tuple[int, int, int]) -> None:
    settings = settings_of(kind=kind, position=position, ratings_limit=3)
    (width, height), (side, head, foot) = settings.canvas, margins

    left, top, right, bottom = around(boxes(placed(settings, RATINGS)))

    assert {"left": left == side, "right": right == width - side, "middle": abs(left - (width - right)) <= 1}[x]
    assert {"top": top == head, "bottom": bottom == height - foot, "middle": abs(top - (height - bottom)) <= 1}[y]


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        (Kind.POSTER, {"ratings_limit": 4}, [2, 2]),
        (Kind.POSTER, {"ratings_limit": 5}, [3, 2]),
        (Kind.POSTER, {"ratings_limit": 10}, [3, 3, 2, 2]),
        (Kind.POSTER, {"ratings_limit": 5, "badge_style": "v"}, [5]),
        (Kind.POSTER, {"ratings_limit": 3, "badge_size": "l"}, [2, 1]),
        (Kind.POSTER, {"ratings_limit": 6, "badge_size": "xl", "badge_style": "v"}, [3, 3]),
        (Kind.POSTER, {"ratings_limit": 3, "direction": "v"}, [1, 1, 1]),
        (Kind.BACKDROP, {"position": "tc"}, [5]),
        (Kind.BACKDROP, {"position": "bc", "ratings_limit": 8}, [8]),
        (Kind.BACKDROP, {"position": "bc", "ratings_limit": 10}, [5, 5]),
        (Kind.BACKDROP, {"position": "bc", "ratings_limit": 10, "badge_size": "s"}, [10]),
        (Kind.BACKDROP, {"position": "bc", "ratings_limit": 10, "badge_size": "xl"}, [5, 5]),
        (Kind.EPISODE, {"position": "bc", "ratings_limit": 5, "badge_size": "m"}, [3, 2]),
        (Kind.LOGO, {}, [5]),
        (Kind.LOGO, {"ratings_limit": 10}, [5, 5]),
        (Kind.LOGO, {"badge_size": "xl"}, [3, 2]),
    ],
)
def test_rows_are_few_and_of_nearly_equal_length(kind: Kind, query: dict[str, Any], expected: list[int]) -> None:
    tops = [top for _, top, _, _ in boxes(placed(settings_of(kind=kind, **query), RATINGS))]

    assert expected == [tops.count(top) for top in dict.fromkeys(tops)]


def test_a_column_that_would_be_too_small_to_read_becomes_several() -> None:
    settings = settings_of(kind=Kind.EPISODE, imageSize="small", badge_size="xl", ratings_limit=10)

    placement = placed(settings, RATINGS)
    lefts = [left for left, _, _, _ in boxes(placement)]

    assert [4, 3, 3] == [lefts.count(left) for left in dict.fromkeys(lefts)]
    assert lefts == sorted(lefts, reverse=True)  # the first column is the one at the edge
    assert 50 < placement.metrics.height


def test_split_moves_the_later_half_to_the_opposite_side() -> None:
    first, second, third, fourth, fifth = boxes(placed(settings_of(split=True, ratings_limit=5), RATINGS))

    assert first[1] == second[1] == third[1] > 859 / 2
    assert fourth[1] == fifth[1] == 20


def test_split_columns_are_opposite_each_other() -> None:
    first, second, third = boxes(placed(settings_of(split=True, position="l"), RATINGS))

    assert first[0] == second[0] == 15
    assert third[2] == 580 - 15


@given(posters_of_columns(split=True), ratings(), awards)
def test_columns_opposite_each_other_begin_at_the_same_height(
    settings: Settings, known: Ratings, award: Award | None
) -> None:
    for strip in (part for part in laid(settings, known, award).parts if isinstance(part, PlacedStrip)):
        half = (len(strip.badges) + 1) // 2
        tops = [{badge.y for badge in side} for side in (strip.badges[:half], strip.badges[half:]) if side]

        assert 1 == len({min(each) for each in tops})


@pytest.mark.parametrize("position", ["l", "r", "tl", "tr", "bl", "br"])
def test_split_columns_of_different_length_are_level_at_their_top(position: str) -> None:
    tops: dict[int, list[int]] = {}
    settings = settings_of(split=True, position=position, direction="v", ratings_limit=5)
    for left, top, _, _ in boxes(placed(settings, RATINGS)):
        tops.setdefault(left, []).append(top)

    longer, shorter = sorted(tops.values(), key=len, reverse=True)

    assert (3, 2) == (len(longer), len(shorter))
    assert longer[:2] == shorter


def test_an_inset_moves_the_badges_inwards() -> None:
    at_edge = boxes(placed(settings_of(position="bl"), RATINGS))
    moved = boxes(placed(settings_of(position="bl", edge_inset_x=10, edge_inset_y=5), RATINGS))

    for (left, top, _, _), (moved_left, moved_top, _, _) in zip(at_edge, moved, strict=True):
        assert (58, -43) == (moved_left - left, moved_top - top)


def test_an_inset_gives_way_before_badges_shrink() -> None:
    at_edge = placed(settings_of(position="bl", badge_style="h", ratings_limit=10), RATINGS)
    moved = placed(settings_of(position="bl", badge_style="h", ratings_limit=10, edge_inset=50), RATINGS)

    assert at_edge.metrics == moved.metrics
    assert 20 == min(top for _, top, _, _ in boxes(moved))


def test_a_column_that_is_too_high_shrinks_as_a_whole() -> None:
    placement = placed(settings_of(position="l", ratings_limit=10, badge_size="xl"), RATINGS)

    tops = [top for _, top, _, _ in boxes(placement)]

    assert placement.metrics.height < 102
    assert 1 == len({lower - upper for upper, lower in pairwise(tops)})


def test_badges_too_wide_for_a_logo_shrink_together() -> None:
    layout = laid(settings_of(kind=Kind.LOGO, badge_size="xl", label_style="t", badge_shape="p"), RATINGS)

    left, _, right, bottom = around(every_box(layout))

    assert 6 <= left < right <= 780 - 6
    assert layout.size[1] == bottom + 6


@pytest.mark.parametrize("query", [{}, {"ratings_limit": 0}, {"edge_inset": 30}, {"position": "tl"}])
def test_the_award_badge_is_top_right_wherever_the_badges_are(query: dict[str, Any]) -> None:
    left, top, right, bottom = award_of(laid(settings_of(**query), RATINGS, Award.OSCAR))

    assert (20, 580 - 15) == (top, right)
    assert (45, 112) == (right - left, bottom - top)


def test_the_award_badge_needs_no_rating() -> None:
    assert 20 == award_of(laid(settings_of(), {}, Award.EMMY))[1]


@pytest.mark.parametrize(
    "settings",
    [
        settings_of(awards=False),
        settings_of(kind=Kind.LOGO),
        settings_of(kind=Kind.BACKDROP),
        settings_of(kind=Kind.EPISODE),
    ],
)
def test_there_is_no_award_badge_where_the_settings_show_none(settings: Settings) -> None:
    assert not any(isinstance(part, PlacedAward) for part in laid(settings, RATINGS, Award.OSCAR).parts)


def test_a_column_begins_below_the_award_badge() -> None:
    layout = laid(settings_of(position="tr"), RATINGS, Award.OSCAR)

    assert award_of(layout)[3] + 10 == every_box(layout)[1][1]


@given(posters_of_columns(split=False), ratings(), st.sampled_from(list(Award)))
def test_the_award_badge_is_over_the_middle_of_a_single_column(
    settings: Settings, known: Ratings, award: Award
) -> None:
    layout = laid(settings, known, award)
    left, _, right, _ = award_of(layout)
    for strip in (part for part in layout.parts if isinstance(part, PlacedStrip)):
        over = {box[0] for box in boxes(strip) if box[0] < right and left < box[2]}
        assert len(over) != 1 or (left + right) / 2 == pytest.approx(over.pop() + strip.metrics.width / 2, abs=1)


@pytest.mark.parametrize("query", [{"position": "tr"}, {"position": "r"}, {"position": "tr", "badge_style": "h"}])
def test_the_award_badge_and_its_column_are_on_one_axis(query: dict[str, Any]) -> None:
    layout = laid(settings_of(**query), RATINGS, Award.OSCAR)
    left, _, right, _ = award_of(layout)
    column_left, _, column_right, _ = around(boxes(strip_of(layout)))

    assert column_left < left
    assert column_left + column_right == pytest.approx(left + right, abs=1)


def test_the_award_badge_stays_in_its_corner_beside_a_row() -> None:
    assert 580 - 15 == award_of(laid(settings_of(position="br", direction="h"), RATINGS, Award.OSCAR))[2]


@pytest.mark.parametrize("position", ["tc", "tr", "tl"])
def test_a_row_ends_beside_the_award_badge(position: str) -> None:
    layout = laid(settings_of(position=position, direction="h", badge_style="h"), RATINGS, Award.OSCAR)

    left, top, right, _ = around(boxes(strip_of(layout)))

    assert 15 <= left
    assert 20 == top
    assert right <= award_of(layout)[0] - 10


def test_a_short_row_stays_in_the_middle() -> None:
    left, _, right, _ = around(boxes(placed(settings_of(position="tc", ratings_limit=2), RATINGS, Award.OSCAR)))

    assert left == pytest.approx(580 - right, abs=1)


def test_a_centred_column_that_reaches_the_award_badge_moves_below_it() -> None:
    layout = laid(settings_of(position="r", ratings_limit=6), RATINGS, Award.OSCAR)

    assert award_of(layout)[3] + 10 == min(top for _, top, _, _ in boxes(strip_of(layout)))


def test_split_columns_stay_level_beside_the_award_badge() -> None:
    layout = laid(settings_of(position="tr", split=True, ratings_limit=4), RATINGS, Award.OSCAR)

    first, _, third, _ = boxes(strip_of(layout))

    assert award_of(layout)[3] + 10 == first[1] == third[1]


def test_an_element_may_have_any_anchor() -> None:
    poster = compile_design(settings_of(position="bl", direction="v"))
    award_badge, strip = poster.elements
    assert isinstance(award_badge, AwardBadge)
    assert isinstance(strip, RatingStrip)
    elements = (
        AwardBadge(anchor=Anchor("b", "l"), margins=award_badge.margins, width=60, height=90),
        strip,
    )
    design = Design(**{name: getattr(poster, name) for name in Design.__struct_fields__} | {"elements": elements})

    layout = lay_out(design, shown(settings_of(), RATINGS), Award.EMMY, design.size)

    assert (754, 844) == (award_of(layout)[1], award_of(layout)[3])
    assert 754 - 10 == max(bottom for _, _, _, bottom in boxes(strip_of(layout)))


def test_large_badges_are_at_most_two_in_a_row() -> None:
    tops = [top for _, top, _, _ in boxes(placed(settings_of(badge_size="l", imageSize=Size.LARGE), RATINGS))]

    assert [2, 1] == [tops.count(top) for top in dict.fromkeys(tops)]
