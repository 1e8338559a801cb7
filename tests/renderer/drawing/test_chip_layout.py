"""All elements of a picture together: nothing overlaps, nothing leaves the canvas."""

from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.canvas import native_size
from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.design import Anchor, AwardBadge, Design, chip_row, compile_design
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.chip_layout import PlacedChips
from renderer.drawing.layout.picture_layout import Layout, PlacedAward, lay_out
from renderer.drawing.layout.reserved import around
from renderer.drawing.layout.strip_layout import PlacedStrip
from renderer.drawing.picture import shown
from shared.domain.awards import Award
from shared.domain.pictures import Kind
from shared.domain.ratings import Ratings
from shared.settings.model import Background, BadgeSize, Fit, LabelPosition, Settings, Shape
from tests.renderer.drawing.arts import RATINGS, settings_of
from tests.renderer.drawing.test_layout import any_settings, are_apart, awards, ratings, sides

CHIPS: Chips = {
    ChipRole.SASH: (Chip("Oscar winner"),),
    ChipRole.AGE: (Chip("PG-13"),),
    ChipRole.QUALITY: (Chip("4K"), Chip("HDR10+"), Chip("DV"), Chip("ATMOS")),
    ChipRole.FACTS: (Chip("Drama"), Chip("2h 22m"), Chip("1994")),
}
texts = st.sampled_from(["#7 today", "Oscar nominee", "Temporada 3, 4 mar", "14+", "صدر للتو", "本日第7位", "DV", "1"])
anchors = st.builds(Anchor, st.sampled_from("tb"), st.sampled_from("lcr"))


@st.composite
def rows(draw: st.DrawFn) -> tuple[tuple[ChipRole, Anchor], ...]:
    roles = draw(st.lists(st.sampled_from(list(ChipRole)), unique=True))
    return tuple((role, draw(anchors)) for role in ChipRole if role in roles)


chips = st.fixed_dictionaries({role: st.lists(texts.map(Chip), min_size=1, max_size=4).map(tuple) for role in ChipRole})


def laid(
    settings: Settings,
    known: Ratings,
    award: Award | None,
    placed: tuple[tuple[ChipRole, Anchor], ...],
    told: Chips = CHIPS,
    art: tuple[int, int] | None = None,
) -> tuple[Design, Layout]:
    """Return a design with rows of chips in it, and its layout."""
    plain = compile_design(settings)
    head = [each for each in plain.elements if isinstance(each, AwardBadge)]
    tail = [each for each in plain.elements if each not in head]
    listed = [chip_row(role, LabelPosition(anchor.vertical + anchor.horizontal), settings) for role, anchor in placed]
    design = msgspec.structs.replace(plain, elements=(*head, *listed, *tail))
    size = native_size(settings.canvas, art) if art and settings.fit is Fit.NATIVE else settings.canvas
    return design, lay_out(design, shown(settings, known), award, size, told)


def chip_boxes(layout: Layout) -> list[Box]:
    return [chip.box for part in layout.parts if isinstance(part, PlacedChips) for chip in part.chips]


def badge_boxes(layout: Layout) -> list[Box]:
    return [
        (badge.x, badge.y, badge.x + part.metrics.width, badge.y + part.metrics.height)
        for part in layout.parts
        if isinstance(part, PlacedStrip)
        for badge in part.badges
    ]


def every_box(layout: Layout) -> list[Box]:
    return [
        *(part.box for part in layout.parts if isinstance(part, PlacedAward)),
        *chip_boxes(layout),
        *badge_boxes(layout),
    ]


@given(any_settings(), ratings(), awards, rows(), chips, st.tuples(sides, sides))
def test_no_two_elements_overlap_and_none_leaves_the_canvas(
    settings: Settings,
    known: Ratings,
    award: Award | None,
    placed: tuple[tuple[ChipRole, Anchor], ...],
    told: Chips,
    art: tuple[int, int],
) -> None:
    if settings.kind is Kind.LOGO:
        placed = ()  # a logo has no chips
    _, layout = laid(settings, known, award, placed, told, art)

    every = every_box(layout)
    width, height = layout.size

    assert all(0 <= left < right <= width and 0 <= top < bottom <= height for left, top, right, bottom in every)
    assert all(are_apart(one, other) for one, other in combinations(every, 2))
    assert len(shown(settings, known)) == len(badge_boxes(layout))  # ratings shrink, and are never left out


@given(any_settings(), ratings(), awards, rows())
def test_a_poster_and_a_backdrop_have_room_for_every_chip(
    settings: Settings, known: Ratings, award: Award | None, placed: tuple[tuple[ChipRole, Anchor], ...]
) -> None:
    if settings.kind not in {Kind.POSTER, Kind.BACKDROP} or settings.badge_size is BadgeSize.XL:
        return  # four rows of chips and badges of the largest size in one corner would fill half a poster
    _, layout = laid(settings, known, award, placed)

    assert sum(len(CHIPS[role]) for role, _ in placed) == len(chip_boxes(layout))


@given(any_settings(), ratings(), awards, rows())
def test_ratings_without_chips_are_where_they_were(
    settings: Settings, known: Ratings, award: Award | None, placed: tuple[tuple[ChipRole, Anchor], ...]
) -> None:
    _, layout = laid(settings, known, award, placed, {})

    assert lay_out(compile_design(settings), shown(settings, known), award, settings.canvas) == layout


@pytest.mark.parametrize("role", [ChipRole.AGE, ChipRole.QUALITY, ChipRole.FACTS])
@pytest.mark.parametrize("limit", [1, 3, 5])
def test_chips_at_the_edge_of_a_row_of_badges_stand_above_it(role: ChipRole, limit: int) -> None:
    _, layout = laid(settings_of(ratings_limit=limit), RATINGS, None, ((role, Anchor("b", "l")),))

    badges, told = around(badge_boxes(layout)), around(chip_boxes(layout))

    assert 859 - 15 == badges[3]
    assert badges[1] - 10 == told[3]


def test_chips_on_a_wide_picture_stand_beside_a_short_row() -> None:
    settings = settings_of(kind=Kind.BACKDROP, position="bc", ratings_limit=2)

    _, layout = laid(settings, RATINGS, None, ((ChipRole.AGE, Anchor("b", "r")),))

    assert 1080 - 20 == around(badge_boxes(layout))[3] == around(chip_boxes(layout))[3]


def test_chips_without_ratings_stand_at_the_edge() -> None:
    _, layout = laid(settings_of(), {}, None, ((ChipRole.AGE, Anchor("b", "r")),))

    assert [(580 - 15, 859 - 15)] == [box[2:] for box in chip_boxes(layout)]


def test_settings_without_labels_have_no_chips() -> None:
    layout = lay_out(compile_design(settings_of()), shown(settings_of(), RATINGS), None, (580, 859), CHIPS)

    assert [] == chip_boxes(layout)


def test_settings_place_the_sash_and_the_age_rating() -> None:
    settings = settings_of(sash="new", sash_position="tr", age_rating="official", age_position="bl")

    layout = lay_out(compile_design(settings), shown(settings, RATINGS), None, (580, 859), CHIPS)
    sash, age = chip_boxes(layout)

    assert (20, 580 - 15) == (sash[1], sash[2])
    assert (15, around(badge_boxes(layout))[1] - 10) == (age[0], age[3])
    assert round(0.8 * 58) == age[3] - age[1]


def test_a_sash_keeps_the_edge_and_the_row_of_badges_moves_past_it() -> None:
    _, layout = laid(settings_of(), RATINGS, None, ((ChipRole.SASH, Anchor("b", "c")),))

    assert 859 - 15 == around(chip_boxes(layout))[3]
    assert around(chip_boxes(layout))[1] - 10 == around(badge_boxes(layout))[3]


@pytest.mark.parametrize("corner", ["tl", "tr"])
def test_a_column_of_badges_begins_after_the_chips_of_its_corner(corner: str) -> None:
    anchor = Anchor("t", "l" if corner == "tl" else "r")

    _, layout = laid(settings_of(position=corner), RATINGS, None, ((ChipRole.SASH, anchor), (ChipRole.AGE, anchor)))
    (sash, age), badges = chip_boxes(layout), around(badge_boxes(layout))

    assert 20 == sash[1]
    assert sash[3] + 10 == age[1]
    assert age[3] + 10 == badges[1]


def test_a_sash_in_the_corner_of_the_award_badge_stands_below_it() -> None:
    _, layout = laid(settings_of(), RATINGS, Award.OSCAR, ((ChipRole.SASH, Anchor("t", "r")),))
    (award,) = (part.box for part in layout.parts if isinstance(part, PlacedAward))

    assert award[3] + 10 == around(chip_boxes(layout))[1]


def test_ratings_shrink_before_chips_do() -> None:
    settings = settings_of(fit="native", badge_size="l", ratings_limit=10, split=True)
    every = tuple((role, Anchor("b", "l")) for role in ChipRole)

    _, alone = laid(settings, RATINGS, Award.OSCAR, (), art=(5000, 1))
    _, full = laid(settings, RATINGS, Award.OSCAR, every[:2], art=(5000, 1))

    assert badge_boxes(full)[0][3] - badge_boxes(full)[0][1] < badge_boxes(alone)[0][3] - badge_boxes(alone)[0][1]
    assert {round(54 * 1.25), round(46 * 1.25)} == {bottom - top for _, top, _, bottom in chip_boxes(full)}


def test_a_row_that_is_too_wide_shrinks() -> None:
    told = {ChipRole.FACTS: (Chip("Science Fiction"), Chip("2h 22m"), Chip("1994"))}

    _, layout = laid(settings_of(badge_size="xl"), {}, None, ((ChipRole.FACTS, Anchor("b", "l")),), told)
    left, _, right, _ = around(chip_boxes(layout))

    assert 15 == left < right <= 580 - 15
    assert 3 == len(chip_boxes(layout))


def test_a_row_without_room_is_left_out() -> None:
    told = {ChipRole.FACTS: tuple(Chip("A very long text that has no room") for _ in range(4))}

    _, layout = laid(settings_of(), RATINGS, None, ((ChipRole.FACTS, Anchor("b", "l")),), told)

    assert [] == chip_boxes(layout)
    assert 3 == len(badge_boxes(layout))


@pytest.mark.parametrize("shape", list(Shape))
def test_a_pill_has_round_ends(shape: Shape) -> None:
    _, layout = laid(settings_of(badge_shape=shape), {}, None, ((ChipRole.AGE, Anchor("b", "r")),))
    ((chip,),) = (part.chips for part in layout.parts if isinstance(part, PlacedChips))

    assert (chip.metrics.radius == chip.metrics.height // 2) == (shape is Shape.PILL)
    assert Background.COLOURED is chip.metrics.background
    assert 0 == chip.metrics.label
