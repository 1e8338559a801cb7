"""Where the statuette stands: the art decides, equally at every size and whatever drew it before."""

from typing import Any

import pytest
from PIL import Image, ImageChops

from renderer.drawing.award_corner import settle_award
from renderer.drawing.design import compile_design
from renderer.drawing.layout.picture_layout import PlacedAward, lay_out
from renderer.drawing.picture import draw_picture, shown
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Kind
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, lettered, picture, settings_of

RIGHT, LEFT = "right", "left"


AT_RIGHT = (440, 10, 580, 150)
AT_LEFT = (0, 10, 140, 150)
ARTS = {
    "plain": lettered(),
    "gradient": picture(),
    "right": lettered(AT_RIGHT),
    "left": lettered(AT_LEFT),
    "both": lettered(AT_LEFT, AT_RIGHT),
    "faint": lettered(AT_RIGHT, ground=120, ink=105),
    "grain": Image.effect_noise((580, 859), 30).convert("RGB"),
}


def settled(art: Image.Image, **query: Any) -> PlacedAward:
    settings = settings_of(**query)
    canvas = art.resize(settings.canvas, Image.Resampling.BICUBIC).convert("RGB")
    badges = shown(settings, RATINGS)
    layout = settle_award(
        compile_design(settings), canvas, lambda design: lay_out(design, badges, Award.OSCAR, settings.canvas)
    )
    (award,) = (part for part in layout.parts if isinstance(part, PlacedAward))
    return award


def side_of(award: PlacedAward, **query: Any) -> str:
    return LEFT if award.box[0] < settings_of(**query).canvas[0] / 2 else RIGHT


@pytest.mark.parametrize("size", list(CANVAS[Kind.POSTER]))
@pytest.mark.parametrize(
    ("name", "side", "has_disc"),
    [
        ("plain", RIGHT, False),
        ("gradient", RIGHT, False),
        ("left", RIGHT, False),
        ("faint", RIGHT, False),
        ("grain", RIGHT, False),
        ("right", LEFT, False),
        ("both", RIGHT, True),
    ],
)
def test_lettering_moves_the_statuette_or_gets_a_disc(name: str, side: str, *, has_disc: bool, size: str) -> None:
    award = settled(ARTS[name], imageSize=size)

    assert (side, has_disc) == (side_of(award, imageSize=size), award.has_disc)


@pytest.mark.parametrize(
    ("query", "side"),
    [
        ({"position": "l"}, RIGHT),
        ({"position": "tl"}, RIGHT),
        ({"position": "bl"}, LEFT),
        ({"position": "tr"}, LEFT),
        ({"position": "bc"}, LEFT),
        ({"ratings_limit": 0}, LEFT),
    ],
)
def test_the_statuette_does_not_move_to_where_badges_stand(query: dict[str, Any], side: str) -> None:
    award = settled(ARTS["right"], **query)

    assert (side, side == RIGHT) == (side_of(award, **query), award.has_disc)


def test_the_art_counts_where_the_statuette_stands_over_its_column() -> None:
    art = lettered((470, 10, 520, 150))  # beside the corner, where only a statuette over a column stands

    assert not settled(art).has_disc
    assert LEFT == side_of(settled(art, position="tr"), position="tr")


def test_equal_art_gives_an_equal_decision() -> None:
    assert 1 == len({settled(ARTS["both"]) for _ in range(3)})


def brightest(image: Image.Image) -> int:
    return max(level for level, count in enumerate(image.convert("L").histogram()) if count)


@pytest.mark.parametrize("award", list(Award))
def test_a_disc_calms_the_art_around_the_statuette(award: Award) -> None:
    art = encoded(ARTS["both"])
    bare, awarded = (decoded(draw_picture(settings_of(ratings_limit=0), art, {}, each)) for each in (None, award))
    beside = (525, 100, 530, 108)  # the legs, where letters would show

    light, was_light = (brightest(each.crop(beside)) for each in (awarded, bare))
    changed = ImageChops.difference(bare, awarded).getbbox() or (0, 0, 0, 0)

    assert 230 < was_light
    assert light < 150
    assert 500 <= changed[0]
    assert changed[2] <= 580
    assert changed[3] <= 150


def test_the_statuette_is_drawn_where_it_was_moved_to() -> None:
    art = encoded(ARTS["right"])
    bare, awarded = (decoded(draw_picture(settings_of(ratings_limit=0), art, {}, each)) for each in (None, Award.OSCAR))

    left, _, right, _ = ImageChops.difference(bare, awarded).getbbox() or (0, 0, 0, 0)

    assert right < 80
    assert left < 15


def test_a_picture_without_an_award_does_not_change() -> None:
    art = encoded(ARTS["both"])

    assert draw_picture(settings_of(awards=False), art, {}) == draw_picture(settings_of(), art, {})
