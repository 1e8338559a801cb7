"""The average's word under text labels, in the language of the labels."""

import pytest

from renderer.drawing import average_word as average_words
from renderer.drawing.average_word import AVERAGE_WORDS, average_word
from renderer.drawing.badge_content import badge_contents
from renderer.drawing.design import RatingStrip, compile_design
from renderer.drawing.picture import shown
from renderer.jobs.context import Rated
from renderer.jobs.fingerprint import fingerprint
from renderer.labels.words import all_words
from shared.domain.pictures import Format
from shared.domain.ratings import Rating, RatingSite
from tests.renderer.drawing.arts import settings_of
from tests.renderer.studio import ART

KNOWN = {RatingSite.IMDB: Rating(8.0), RatingSite.RT: Rating(90)}
LONGEST = 5


def test_every_language_of_the_labels_has_a_short_word() -> None:
    assert set(all_words()) == set(AVERAGE_WORDS)
    assert all(0 < len(word) <= LONGEST for word in AVERAGE_WORDS.values())


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("", "AVG"),
        ("de", "Ø"),
        ("xx-klingon,fr-CA", "MOY"),
        ("original,none", "AVG"),
        ("zh-TW", "平均"),
        ("nb", "SNITT"),
    ],
)
def test_the_word_is_of_the_first_language_that_has_one(lang: str, expected: str) -> None:
    assert expected == average_word(lang)


def test_a_script_that_cannot_be_set_leaves_the_english_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(average_words, "can_write", str.isascii)

    assert "AVG" == average_word("ar")


def test_the_word_is_drawn_and_counts_as_what_is_drawn() -> None:
    english, german = (
        settings_of(Format.JPG, label_style="t", ratings_order="avg,imdb", lang=lang) for lang in ("", "de")
    )
    (strip,) = (each for each in compile_design(german).elements if isinstance(each, RatingStrip))
    contents = badge_contents(german.label, shown(german, KNOWN), average=strip.average_word)

    assert ["Ø", "IMDb", "RTC"] == [each.word for each in contents]
    assert fingerprint(english, Rated(KNOWN), ART) != fingerprint(german, Rated(KNOWN), ART)
