"""Fields of texts, and what stands for unknown ones."""

import pytest

from renderer.drawing.freehand.text_fields import fill_in

WORDS = {"title": "Metropolis", "year": "1927"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{title} ({year})", "Metropolis (1927)"),
        ("Now showing", "Now showing"),
        ("{title} {runtime}", ""),
        ("{title} {runtime|}", "Metropolis"),
        ("{runtime|–} {title}", "– Metropolis"),
        ("{runtime|}", ""),
        ("{title|x}", "Metropolis"),
        ("{nonsense}", ""),
        ("100 % {title}  {year}", "100 % Metropolis 1927"),
    ],
)
def test_fields_are_filled_in(text: str, filled: str) -> None:
    assert filled == fill_in(text, WORDS)


def test_a_known_word_is_not_read_as_a_field() -> None:
    assert "{year}" == fill_in("{title}", {"title": "{year}", "year": "1927"})
