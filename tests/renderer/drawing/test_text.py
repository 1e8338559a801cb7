import io
import string
from itertools import pairwise

import pytest
from PIL import ImageFont

from renderer.drawing import text
from renderer.drawing.script_fonts import badge_font
from renderer.drawing.text import ink_width, mask, place_of, reserved_width


def test_every_value_of_a_form_reserves_the_same_width() -> None:
    values = [f"{whole}.{tenth}" for whole in range(10) for tenth in range(10)]

    assert 1 == len({reserved_width(value) for value in values})
    assert max(map(ink_width, values)) == pytest.approx(reserved_width("8.1"), abs=0.03)


@pytest.mark.parametrize("value", ["8.1", "1.8", "7.1", "3.1"])
def test_a_narrow_digit_leaves_no_hole(value: str) -> None:
    box = mask(value, 200.0, (600, 300)).point([255 * (level > 127) for level in range(256)])
    columns = [box.crop((x, 0, x + 1, 300)).getbbox() is not None for x in range(600)]
    inked = [x for x, is_inked in enumerate(columns) if is_inked]

    gaps = [right - left - 1 for left, right in pairwise(inked) if right - left > 1]

    assert 2 == len(gaps)  # on either side of the point
    assert max(gaps) <= 0.1 * 200


def test_glyphs_of_three_places_are_those_of_all() -> None:
    file = io.BytesIO(badge_font(is_regular=False))
    font = ImageFont.truetype(file, 92.3, layout_engine=ImageFont.Layout.BASIC)

    for start in (number / 64 for number in range(64)):
        exact, kept = (font.getmask2("8", "L", anchor="ls", start=(at, 0.0)) for at in (start, place_of(start)))
        assert (bytes(exact[0]), exact[1]) == (bytes(kept[0]), kept[1]), start


def test_the_glyphs_that_are_kept_take_no_more_than_is_stated() -> None:
    letters = string.ascii_letters + string.digits
    glyphs = [text._glyph(letter, text._MOST_KEPT, 0.25, is_regular=False)[0] for letter in letters]

    average = sum(glyph.size[0] * glyph.size[1] for glyph in glyphs) / len(glyphs)
    kept = text._kept_glyph.cache_parameters()["maxsize"]
    assert 0.8 * text.KEPT_BYTES < kept * average <= text.KEPT_BYTES


def test_a_narrow_digit_is_narrower() -> None:
    assert ink_width("8.1") < ink_width("8.8") - 0.1


@pytest.mark.parametrize("word", ["8.5", "92%", "8.50", "IMDb", "78"])
def test_a_word_is_centred_by_its_visible_part(word: str) -> None:
    box = mask(word, 40.0, (160, 58)).getbbox()

    assert box is not None
    assert abs(box[0] - (160 - box[2])) <= 1
    assert abs(box[1] - (58 - box[3])) <= 2


def test_the_width_of_a_word_is_what_its_mask_shows() -> None:
    box = mask("8.50", 40.0, (160, 58)).getbbox()

    assert box is not None
    assert ink_width("8.50") * 40 == pytest.approx(box[2] - box[0], abs=2)


def test_digits_have_whole_pixels_above_and_below() -> None:
    letters = mask("11", 33.0, (90, 58))
    _, top, _, bottom = letters.getbbox() or (0, 0, 0, 0)

    middle = [letters.getpixel((x, bottom - 1)) for x in range(90)]

    assert 24 == bottom - top
    assert 255 == max(value for value in middle if isinstance(value, int | float))
