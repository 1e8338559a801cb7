from enum import StrEnum
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.pixels.colours import SITE
from renderer.pixels.design import compile_design
from renderer.pixels.draw import _faces, shown
from renderer.pixels.layout import Placement, place_strip
from shared.errors import Unsupported
from shared.ratings import GREATEST, Rating, Ratings, RatingSite
from shared.settings import (
    Axis,
    Background,
    BadgeSize,
    Fit,
    Format,
    Kind,
    Label,
    Position,
    Settings,
    Shape,
    Size,
    parse,
)
from tests.renderer.pixels.arts import RATINGS, look


@st.composite
def looks(draw: st.DrawFn) -> Settings:
    def word(enum: type[StrEnum]) -> str:
        return str(draw(st.sampled_from(list(enum))))

    return parse(
        Kind.POSTER,
        Format.JPG,
        {
            "imageSize": draw(st.sampled_from([Size.MEDIUM, Size.LARGE, Size.VERY_LARGE])),
            "ratings_order": ",".join(draw(st.permutations(list(RatingSite)))),
            "ratings_limit": str(draw(st.integers(1, 10))),
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
        },
    )


@st.composite
def ratings(draw: st.DrawFn) -> Ratings:
    sites = draw(st.lists(st.sampled_from(list(RatingSite)), min_size=1, unique=True))
    return {site: Rating(draw(st.floats(GREATEST[site] / 8, GREATEST[site]))) for site in sites}


def placed(settings: Settings, known: Ratings) -> Placement:
    design = compile_design(settings)
    (strip,) = design.elements
    return place_strip(strip, _faces(settings.label, shown(settings, known)), design.size, design.unit)


def boxes(placement: Placement) -> list[tuple[int, int, int, int]]:
    width, height = placement.frame.width, placement.frame.height
    return [(badge.x, badge.y, badge.x + width, badge.y + height) for badge in placement.badges]


@given(looks(), ratings())
def test_badges_stay_on_the_canvas_and_apart(settings: Settings, known: Ratings) -> None:
    width, height = settings.canvas

    placement = placed(settings, known)

    assert len(shown(settings, known)) == len(placement.badges)
    assert all(
        0 <= left < right <= width and 0 <= top < bottom <= height for left, top, right, bottom in boxes(placement)
    )
    for one, other in combinations(boxes(placement), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@given(looks(), ratings())
def test_the_parts_of_a_badge_lie_within_it(settings: Settings, known: Ratings) -> None:
    frame = placed(settings, known).frame

    length, breadth = (frame.width, frame.height) if frame.axis is Axis.HORIZONTAL else (frame.height, frame.width)

    assert 0 < frame.label < length
    assert 0 <= frame.icon <= min(frame.label, breadth)
    assert 0 <= frame.radius <= frame.height / 2


@given(looks(), ratings())
def test_badges_stand_in_the_order_of_the_look(settings: Settings, known: Ratings) -> None:
    placement = placed(settings, known)

    assert [SITE[site] for site, _ in shown(settings, known)] == [badge.face.colour for badge in placement.badges]


@pytest.mark.parametrize("size", [Size.LARGE, Size.VERY_LARGE])
def test_a_larger_picture_looks_the_same(size: Size) -> None:
    medium, large = look(), look(imageSize=size)
    factor = large.canvas[0] / medium.canvas[0]

    scaled = [tuple(side * factor for side in box) for box in boxes(placed(medium, RATINGS))]

    for expected, actual in zip(scaled, boxes(placed(large, RATINGS)), strict=True):
        assert actual == pytest.approx(expected, abs=5)


def test_the_default_look_is_a_centred_row_at_the_bottom() -> None:
    first, second, third = boxes(placed(look(), RATINGS))

    assert 58 == first[3] - first[1]
    assert 859 - 10 == first[3] == second[3] == third[3]
    assert 10 == second[0] - first[2] == third[0] - second[2]
    assert first[0] == pytest.approx(580 - third[2], abs=1)


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
def test_a_position_says_where_the_badges_stand(position: str, x: str, y: str) -> None:
    all_boxes = boxes(placed(look(position=position), RATINGS))
    left, top = min(box[0] for box in all_boxes), min(box[1] for box in all_boxes)
    right, bottom = max(box[2] for box in all_boxes), max(box[3] for box in all_boxes)

    assert {"left": left == 15, "right": right == 580 - 15, "middle": abs(left - (580 - right)) <= 1}[x]
    assert {"top": top == 20, "bottom": bottom == 859 - 10, "middle": abs(top - (859 - bottom)) <= 1}[y]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"ratings_limit": 4}, [2, 2]),
        ({"ratings_limit": 5}, [3, 2]),
        ({"ratings_limit": 10}, [3, 3, 2, 2]),
        ({"ratings_limit": 5, "badge_style": "v"}, [5]),
        ({"ratings_limit": 3, "badge_size": "l"}, [2, 1]),
        ({"ratings_limit": 6, "badge_size": "xl", "badge_style": "v"}, [3, 3]),
        ({"ratings_limit": 3, "direction": "v"}, [1, 1, 1]),
    ],
)
def test_rows_are_few_and_as_equal_as_can_be(query: dict[str, Any], expected: list[int]) -> None:
    tops = [top for _, top, _, _ in boxes(placed(look(**query), RATINGS))]

    assert expected == [tops.count(top) for top in dict.fromkeys(tops)]


def test_split_moves_the_later_half_to_the_opposite_side() -> None:
    first, second, third, fourth, fifth = boxes(placed(look(split=True, ratings_limit=5), RATINGS))

    assert first[1] == second[1] == third[1] > 859 / 2
    assert fourth[1] == fifth[1] == 20


def test_split_columns_face_each_other() -> None:
    first, second, third = boxes(placed(look(split=True, position="l"), RATINGS))

    assert first[0] == second[0] == 15
    assert third[2] == 580 - 15


def test_an_inset_moves_the_badges_inwards() -> None:
    plain = boxes(placed(look(position="bl"), RATINGS))
    moved = boxes(placed(look(position="bl", edge_inset_x=10, edge_inset_y=5), RATINGS))

    for (left, top, _, _), (moved_left, moved_top, _, _) in zip(plain, moved, strict=True):
        assert (58, -43) == (moved_left - left, moved_top - top)


def test_an_inset_gives_way_before_badges_shrink() -> None:
    plain = placed(look(position="bl", badge_style="h", ratings_limit=10), RATINGS)
    moved = placed(look(position="bl", badge_style="h", ratings_limit=10, edge_inset=50), RATINGS)

    assert plain.frame == moved.frame
    assert 20 == min(top for _, top, _, _ in boxes(moved))


def test_a_column_that_is_too_high_shrinks_as_a_whole() -> None:
    placement = placed(look(position="l", ratings_limit=10, badge_size="xl"), RATINGS)

    tops = [top for _, top, _, _ in boxes(placement)]

    assert placement.frame.height < 102
    assert 1 == len({lower - upper for upper, lower in pairwise(tops)})


@pytest.mark.parametrize("kind", [Kind.LOGO, Kind.BACKDROP, Kind.EPISODE])
def test_other_kinds_are_not_drawn_yet(kind: Kind) -> None:
    with pytest.raises(Unsupported):
        compile_design(look(kind=kind))
