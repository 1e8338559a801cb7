"""Where the statuette stands: the art decides, equally at every size and whatever drew it before."""

from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from renderer.drawing.award_corner import settle_award
from renderer.drawing.design import Anchor, AwardBadge, compile_design
from renderer.drawing.picture import draw_picture
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Kind
from tests.renderer.drawing.arts import decoded, encoded, picture, settings_of

RIGHT, LEFT = Anchor("t", "r"), Anchor("t", "l")


def lettered(*boxes: tuple[int, int, int, int], ground: int = 235, ink: int = 20) -> Image.Image:
    """Return a plain poster with bars as wide as the strokes of a title's letters in these boxes."""
    art = Image.new("RGB", (580, 859), (ground,) * 3)
    pen = ImageDraw.Draw(art)
    for left, top, right, bottom in boxes:
        for x in range(left, right, 24):
            pen.rectangle((x, top, x + 11, bottom), fill=(ink,) * 3)
    return art


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


def settled(art: Image.Image, **query: Any) -> AwardBadge:
    settings = settings_of(**query)
    canvas = art.resize(settings.canvas, Image.Resampling.BICUBIC).convert("RGB")
    award, *_ = settle_award(compile_design(settings), canvas).elements
    assert isinstance(award, AwardBadge)
    return award


@pytest.mark.parametrize("size", list(CANVAS[Kind.POSTER]))
@pytest.mark.parametrize(
    ("name", "anchor", "has_disc"),
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
def test_lettering_moves_the_statuette_or_gets_a_disc(name: str, anchor: Anchor, *, has_disc: bool, size: str) -> None:
    award = settled(ARTS[name], imageSize=size)

    assert (anchor, has_disc) == (award.anchor, award.has_disc)


@pytest.mark.parametrize(
    ("query", "anchor"),
    [
        ({"position": "l"}, RIGHT),
        ({"position": "tl"}, RIGHT),
        ({"position": "bl"}, LEFT),
        ({"position": "tr"}, LEFT),
        ({"position": "bc"}, LEFT),
        ({"ratings_limit": 0}, LEFT),
    ],
)
def test_the_statuette_does_not_move_to_where_badges_stand(query: dict[str, object], anchor: Anchor) -> None:
    award = settled(ARTS["right"], **query)

    assert (anchor, anchor is RIGHT) == (award.anchor, award.has_disc)


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
