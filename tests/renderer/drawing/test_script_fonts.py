"""Words in every script, and the chips that show them."""

import pytest
from PIL import ImageChops

from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.picture import draw_picture
from renderer.drawing.script_fonts import HAS_SHAPER, can_write, script_font
from renderer.drawing.text import ink_width, mask
from shared.settings.model import Background, Shape
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, picture, settings_of

PLAIN = encoded(picture())
shaped = pytest.mark.skipif(not HAS_SHAPER, reason="this build of Pillow has no shaper")


@pytest.mark.parametrize(
    ("word", "font"),
    [
        ("Just released", None),
        ("Премьера", None),
        ("Πρεμιέρα", None),
        ("Câștigător ğőř", None),
        ("صدر حديثًا", "firago"),
        ("זוכה אוסקר 7", "firago"),
        ("本日7位", "noto-cjk"),
        ("오늘 7위", "noto-cjk"),
        ("已完结", "noto-cjk"),
    ],
)
def test_a_word_is_set_in_the_first_font_that_has_it(word: str, font: str | None) -> None:
    found = script_font(word)

    assert font == (found and found.name)


@shaped
def test_a_word_can_be_written_whose_glyphs_there_are() -> None:
    assert can_write("صدر")
    assert can_write("本日")
    assert not can_write("\U00012000")  # cuneiform


@shaped
def test_arabic_letters_are_joined_and_run_to_the_left() -> None:
    joined, apart = ink_width("بببب"), 4 * ink_width("ب")

    assert joined < 0.8 * apart
    alone, word = mask("ا", 40.0, (60, 58)), mask("اب", 40.0, (60, 58))
    # Alef comes first, and so stands on the right.
    left, _, right, _ = word.getbbox() or (0, 0, 0, 0)
    upper = word.crop((0, 0, 60, 24)).getbbox() or (0, 0, 0, 0)  # only alef reaches up there
    assert alone.getbbox()
    assert right - upper[2] < upper[0] - left


@shaped
def test_ideographs_have_the_shape_of_their_language() -> None:
    japanese, chinese = (mask("直", 50.0, (60, 60), lang) for lang in ("ja", "zh-Hans"))

    assert ImageChops.difference(japanese, chinese).getbbox()


@pytest.mark.parametrize("word", ["Oscar winner", "16. Okt. im Kino", "本日7位", "FSK 12"])
def test_the_width_of_a_word_is_what_its_mask_shows(word: str) -> None:
    left, _, right, _ = mask(word, 40.0, (500, 58)).getbbox() or (0, 0, 0, 0)

    assert ink_width(word) * 40 == pytest.approx(right - left, abs=2)
    assert abs(left - (500 - right)) <= 2


@pytest.mark.parametrize("background", list(Background))
@pytest.mark.parametrize("shape", list(Shape))
def test_chips_are_drawn_in_every_style(background: Background, shape: Shape) -> None:
    settings = settings_of(sash="new", age_rating="official", badge_background=background, badge_shape=shape)
    chips: Chips = {ChipRole.SASH: (Chip("Just released"),), ChipRole.AGE: (Chip("PG-13"),)}

    with_chips, without = (
        decoded(draw_picture(settings, PLAIN, RATINGS, None, each)).convert("RGB") for each in (chips, {})
    )
    left, top, right, bottom = ImageChops.difference(with_chips, without).getbbox() or (0, 0, 0, 0)

    assert 5 <= left <= 40  # the sash, or its text where there is no background
    assert 10 <= top <= 40
    assert 540 <= right <= 575  # the age rating
    assert bottom <= 859 - 10 - 58 - 10 + 8  # above the badges


def test_settings_without_labels_draw_none() -> None:
    chips: Chips = {ChipRole.SASH: (Chip("Just released"),)}

    assert draw_picture(settings_of(), PLAIN, RATINGS) == draw_picture(settings_of(), PLAIN, RATINGS, None, chips)
