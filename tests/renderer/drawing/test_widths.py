"""The widest values, 100% and 10.0, stay inside their badges in every style."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, Final

import pytest
from PIL import Image

from renderer.drawing.badge_content import badge_contents
from renderer.drawing.design import compile_design
from renderer.drawing.layout.picture_layout import lay_out
from renderer.drawing.layout.strip_layout import PlacedStrip
from renderer.drawing.picture import draw_picture, shown
from renderer.drawing.text import CAP, mask
from shared.domain.pictures import CANVAS, Kind
from shared.domain.ratings import GREATEST, Rating, Ratings, RatingSite
from shared.settings.model import Axis, Background, BadgeSize, Label, Settings, Shape
from tests.renderer.drawing.arts import decoded, encoded, settings_of

TOP: Final[Ratings] = {site: Rating(greatest, 100) for site, greatest in GREATEST.items()}
WIDEST: Final = ("100%", "10.0", "10.00")
STYLES: Final = [
    pytest.param(label, shape, axis, id=f"{label.name}-{shape.name}-{axis.name}".lower())
    for label, shape, axis in product(Label, Shape, Axis)
    if shape is Shape.ROUNDED or axis is Axis.HORIZONTAL  # a pill is always horizontal
]
LEAST_SIDE: Final = 0.18
"""Free space on each side of a value, in its font's size: about the space between two digits, so that it looks free."""


def every_size(**style: Any) -> Iterator[Settings]:
    """Yield settings of this style for each picture size and badge size, with one badge and with ten."""
    for kind in Kind:
        for size, badge_size, limit in product(CANVAS[kind], BadgeSize, ("1", "10")):
            yield settings_of(kind=kind, imageSize=size, badge_size=badge_size, ratings_limit=limit, **style)


def strip(settings: Settings, ratings: Ratings) -> PlacedStrip:
    (placed,) = lay_out(compile_design(settings), shown(settings, ratings), None, settings.canvas).parts
    assert isinstance(placed, PlacedStrip)
    return placed


def free_space(placed: PlacedStrip, value: str) -> tuple[float, float]:
    """Return the smallest free space beside and above or below a value in its part of the badge, in pixels."""
    metrics = placed.metrics
    is_vertical = metrics.axis is Axis.VERTICAL
    width = metrics.width if is_vertical else metrics.width - metrics.label - metrics.shift
    height = metrics.height - metrics.label if is_vertical else metrics.height
    return measured_space(value, metrics.value_em, width, height)


@cache  # many sizes and styles write the same value into the same space
def measured_space(value: str, em: float, width: int, height: int) -> tuple[float, float]:
    """Draw a value in a box with room around it, where nothing is cut off; return the free space in the box itself."""
    room = 2 * round(em)
    drawn = mask(value, em, (width + 2 * room, height + 2 * room))
    left, top, right, bottom = drawn.getbbox() or (0, 0, 0, 0)
    return min(left - room, width + room - right), min(top - room, height + room - bottom)


@pytest.mark.parametrize(("label", "shape", "axis"), STYLES)
def test_the_widest_values_stay_inside_their_badges(label: Label, shape: Shape, axis: Axis) -> None:
    for settings in every_size(label_style=label, badge_shape=shape, badge_style=axis):
        placed = strip(settings, TOP)
        em = placed.metrics.value_em

        for value in {badge.content.value for badge in placed.badges}:
            beside, below = free_space(placed, value)

            assert beside >= LEAST_SIDE * em, (settings, value)
            assert below >= 1, (settings, value)


@pytest.mark.parametrize(("label", "shape", "axis"), STYLES)
def test_a_value_is_not_written_smaller_because_it_is_wide(label: Label, shape: Shape, axis: Axis) -> None:
    settings = settings_of(label_style=label, badge_shape=shape, badge_style=axis, ratings_limit=1, ratings_order="rt")
    usual, widest = (strip(settings, {RatingSite.RT: Rating(value)}).metrics for value in (78, 100))

    assert usual.value_em == widest.value_em
    assert widest.width >= usual.width


@pytest.mark.parametrize("background", list(Background))
@pytest.mark.parametrize(("label", "shape", "axis"), STYLES)
def test_no_part_of_a_wide_value_is_missing_on_a_poster(
    label: Label, shape: Shape, axis: Axis, background: Background
) -> None:
    """The white of the value, on black art, is as wide as the text; at 150 pixels it is still apart from its edges."""
    settings = settings_of(
        label_style=label, badge_shape=shape, badge_style=axis, badge_background=background, ratings_order="rt,imdb,mal"
    )
    drawn = decoded(draw_picture(settings, encoded(Image.new("RGB", (580, 859))), TOP))
    placed = strip(settings, TOP)

    for badge in placed.badges:
        left = badge.x + (0 if axis is Axis.VERTICAL else placed.metrics.label)
        top = badge.y + (placed.metrics.label if axis is Axis.VERTICAL else 0)
        box = (left, top, badge.x + placed.metrics.width, badge.y + placed.metrics.height)
        white = drawn.crop(box).convert("L").point([255 * (level > 200) for level in range(256)]).getbbox()
        text = mask(badge.content.value, placed.metrics.value_em, (300, 100))
        full = text.point([255 * (level > 200) for level in range(256)]).getbbox()

        assert white
        assert full
        assert abs((white[2] - white[0]) - (full[2] - full[0])) <= 1
        assert min(white[0], box[2] - box[0] - white[2]) * 150 / 580 >= 1.5
        assert white[3] - white[1] >= round(placed.metrics.value_em * CAP) - 1


def test_the_widest_values_are_these() -> None:
    settings = settings_of(ratings_limit=10)
    values = {content.value for content in badge_contents(settings.label, shown(settings, TOP))}

    assert set(WIDEST) <= values
