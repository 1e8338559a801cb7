import pytest

from renderer.drawing.text import ink_width, mask


def test_every_digit_has_the_same_advance() -> None:
    widths = {ink_width(f"8{digit}8") for digit in "0123456789"}

    assert 1 == len(widths)


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
