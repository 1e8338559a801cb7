"""A flow of ratings: how it wraps, and that it keeps clear of single ratings before it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.freehand.design_facts import NO_FACTS
from renderer.drawing.freehand.freehand_layout import lay_out_design
from renderer.drawing.freehand.shown_elements import shown_elements
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.strip_layout import PlacedStrip
from shared.designs.document import DesignDocument
from shared.designs.elements import RatingElement
from shared.domain.pictures import CANVAS, Kind, Size
from shared.domain.ratings import Ratings
from tests.renderer.drawing.arts import RATINGS
from tests.renderer.drawing.freehand.titles import any_ratings
from tests.shared.designs.documents import designs
from tests.shared.designs.written import written

POSTER = CANVAS[Kind.POSTER][Size.MEDIUM]
ALL = ["imdb", "rt", "rta", "mc", "lb", "tmdb", "trakt", "mal", "mdblist", "ebert"]


def strips(design: DesignDocument, ratings: Ratings = RATINGS) -> list[PlacedStrip]:
    size = CANVAS[design.kind][Size.MEDIUM]
    parts = lay_out_design(shown_elements(design, ratings, None, NO_FACTS), design.kind, size, 1.0)
    return [part for part in parts if isinstance(part, PlacedStrip)]


def boxes(strip: PlacedStrip) -> list[Box]:
    wide, high = strip.metrics.width, strip.metrics.height
    return [(badge.x, badge.y, badge.x + wide, badge.y + high) for badge in strip.badges]


def flow(**fields: Any) -> dict[str, Any]:
    return {"type": "ratings", "sites": ALL, "limit": 10, "scale": 60, **fields}


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_a_flow_wraps_into_lines_of_equal_length() -> None:
    (strip,) = strips(written(flow(wrap=4)))

    assert [range(4), range(4, 7), range(7, 10)] == list(strip.lines)
    assert 3 == len({y for _, y, _, _ in boxes(strip)})


def test_columns_begin_at_the_side_of_their_anchor() -> None:
    (right,) = strips(written(flow(flow="column", anchor="tr", wrap=5)))
    (left,) = strips(written(flow(flow="column", anchor="tl", wrap=5)))

    assert boxes(right)[0][0] > boxes(right)[-1][0]
    assert boxes(left)[0][0] < boxes(left)[-1][0]


def test_a_line_that_is_too_wide_is_broken_before_badges_shrink() -> None:
    (strip,) = strips(written(flow(limit=4, wrap=4, scale=100)))

    assert 2 == len(strip.lines)
    assert 58 == strip.metrics.height


@pytest.mark.parametrize("anchor", ["bl", "bc", "br", "tl", "tr", "mc"])
def test_a_flow_makes_room_for_a_single_rating_before_it(anchor: str) -> None:
    single = {"type": "rating", "site": "imdb", "anchor": anchor, "scale": 200}
    alone = strips(written(flow(anchor=anchor)))[0]

    first, second = strips(written(single, flow(anchor=anchor)))

    assert any(overlap(each, boxes(first)[0]) for each in boxes(alone))
    assert not any(overlap(each, boxes(first)[0]) for each in boxes(second))


def test_a_single_rating_after_the_flow_does_not_move_it() -> None:
    single = {"type": "rating", "site": "imdb", "anchor": "bl", "scale": 200}

    assert strips(written(flow()))[0] == strips(written(flow(), single))[0]


def test_a_flow_without_any_room_is_left_out() -> None:
    rows = [
        {"type": "rating", "site": "imdb", "scale": 400, "x": 0, "anchor": "tc", "y": y} for y in range(0, 1500, 250)
    ]

    assert len(rows) == len(strips(written(*rows, flow(scale=400))))


@given(designs.filter(lambda design: any(isinstance(each, RatingElement) for each in design.elements)), any_ratings())
def test_no_flow_overlaps_a_single_rating_before_it(design: DesignDocument, ratings: Ratings) -> None:
    size = CANVAS[design.kind][Size.MEDIUM]
    shown = shown_elements(design, ratings, None, NO_FACTS)
    taken: list[Box] = []
    before = 0

    for number, each in enumerate(shown, 1):
        placed = lay_out_design(shown[:number], design.kind, size, 1.0)
        for strip in placed[before:]:
            if isinstance(strip, PlacedStrip) and isinstance(each.element, RatingElement):
                taken += boxes(strip)
            elif isinstance(strip, PlacedStrip):
                assert not any(overlap(badge, box) for badge in boxes(strip) for box in taken)
        before = len(placed)


@given(st.integers(1, 10), st.integers(1, 10), st.sampled_from(["row", "column"]), st.integers(25, 400))
def test_every_badge_of_a_flow_has_a_place_of_its_own(limit: int, wrap: int, way: str, scale: int) -> None:
    (strip,) = strips(written(flow(limit=limit, wrap=wrap, flow=way, scale=scale)))

    found = boxes(strip)
    assert limit == len(found)
    assert not any(overlap(one, other) for at, one in enumerate(found) for other in found[:at])
    assert all(0 <= x and right <= POSTER[0] and 0 <= y and bottom <= POSTER[1] for x, y, right, bottom in found)
