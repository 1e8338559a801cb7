"""Where elements stand: at their anchors, in thousandths of the width, and never outside the canvas."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.freehand.freehand_layout import PlacedBar, PlacedBox, PlacedElement, PlacedText, lay_out_design
from renderer.drawing.freehand.shown_elements import shown_elements
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.chip_layout import PlacedChips
from renderer.drawing.layout.strip_layout import PlacedStrip
from shared.designs.document import DesignDocument
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Kind, Size
from tests.renderer.drawing.arts import RATINGS
from tests.renderer.drawing.freehand.titles import AWARDS, KNOWN, any_facts, any_ratings
from tests.shared.designs.documents import designs
from tests.shared.designs.written import written

THOUSAND = (1000, 1481)


def boxes(part: PlacedElement) -> Iterator[Box]:
    match part:
        case PlacedStrip(metrics=metrics, badges=badges):
            yield from ((each.x, each.y, each.x + metrics.width, each.y + metrics.height) for each in badges)
        case PlacedChips(chips=chips):
            yield from (chip.box for chip in chips)
        case _:
            yield part.box


def placed(element: dict[str, Any], size: tuple[int, int] = THOUSAND) -> PlacedElement:
    shown = shown_elements(written(element), RATINGS, Award.OSCAR, KNOWN)
    (part,) = lay_out_design(shown, Kind.POSTER, size, size[0] / 580)
    return part


@pytest.mark.parametrize(
    ("anchor", "corner"),
    [
        ("tl", (30, 40)),
        ("tc", (480, 40)),
        ("tr", (870, 40)),
        ("ml", (30, 755)),
        ("mc", (480, 755)),
        ("mr", (870, 755)),
        ("bl", (30, 1391)),
        ("bc", (480, 1391)),
        ("br", (870, 1391)),
    ],
)
def test_an_element_is_a_distance_inwards_from_its_anchor(anchor: str, corner: tuple[int, int]) -> None:
    part = placed({"type": "box", "anchor": anchor, "x": 30, "y": 40, "width": 100, "height": 50})

    assert isinstance(part, PlacedBox)
    assert (*corner, corner[0] + 100, corner[1] + 50) == part.box


@pytest.mark.parametrize("size", list(CANVAS[Kind.POSTER].values()))
def test_one_design_serves_every_size(size: tuple[int, int]) -> None:
    part = placed({"type": "box", "anchor": "tl", "x": 100, "y": 200, "width": 300, "height": 400}, size)

    assert isinstance(part, PlacedBox)
    assert [round(each * size[0] / 1000) for each in (100, 200, 400, 600)] == pytest.approx(part.box, abs=1)


def test_an_element_that_would_leave_the_canvas_is_moved_in_and_then_shrunk() -> None:
    moved = placed({"type": "box", "anchor": "tl", "x": 950, "y": 2000, "width": 100, "height": 50})
    shrunk = placed({"type": "box", "anchor": "bl", "x": 10, "y": 10, "width": 100, "height": 2000})

    assert (900, 1431, 1000, 1481) == next(boxes(moved))
    assert (10, 0, 110, 1481) == next(boxes(shrunk))


def test_a_bar_is_as_long_as_its_score_and_its_colour_follows() -> None:
    good, bad = (placed({"type": "bar", "site": site}) for site in ("rt", "ebert"))
    fixed = placed({"type": "bar", "site": "rt", "colour": "#102030"})

    assert isinstance(good, PlacedBar)
    assert isinstance(bad, PlacedBar)
    assert isinstance(fixed, PlacedBar)
    assert (920, 875, (16, 32, 48)) == (good.filled, bad.filled, fixed.colour)
    assert good.colour[1] > good.colour[0]


def test_a_text_that_is_too_high_has_a_smaller_font() -> None:
    part = placed({"type": "text", "text": "{title} {title} {title}", "size": 400, "lines": 5}, (1000, 400))

    assert isinstance(part, PlacedText)
    assert part.lines.height <= 400
    assert part.lines.em < 400


@given(st.data(), designs, any_ratings(), AWARDS, st.sampled_from(Size))
def test_everything_is_inside_the_canvas(
    data: st.DataObject, design: DesignDocument, ratings: Any, award: Award | None, size: Size
) -> None:
    canvas = CANVAS[design.kind].get(size, CANVAS[design.kind][Size.MEDIUM])
    facts = data.draw(any_facts(design))
    unit = canvas[0] / CANVAS[design.kind][Size.MEDIUM][0]

    parts = lay_out_design(shown_elements(design, ratings, award, facts), design.kind, canvas, unit)

    for part in parts:
        for left, top, right, bottom in boxes(part):
            assert 0 <= left < right <= canvas[0], part
            assert 0 <= top < bottom <= canvas[1], part
