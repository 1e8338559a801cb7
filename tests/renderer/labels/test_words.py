from datetime import date

import pytest

from renderer.drawing.label_language import ENGLISH
from renderer.drawing.script_fonts import HAS_SHAPER, can_write
from renderer.labels.words import LabelWords, all_words, language_of, write_label

TODAY = date(2026, 10, 1)
LANGUAGES = sorted(all_words())
KEYS = sorted(set(all_words()[ENGLISH]) - {"day", "month", "months"})


def test_there_are_words_in_twenty_languages_at_least() -> None:
    assert len(LANGUAGES) >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    words = all_words()[language]

    assert set(all_words()[ENGLISH]) == set(words)
    assert 12 == len(words["months"].split())
    assert all(text == text.strip() for text in words.values())


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_says_everything_that_its_english_one_says(language: str, key: str) -> None:
    english, text = all_words()[ENGLISH][key], all_words()[language][key]

    assert [name in text for name in ("{date}", "{rank}", "{season}")] == [
        name in english for name in ("{date}", "{rank}", "{season}")
    ]


@pytest.mark.skipif(not HAS_SHAPER, reason="this build of Pillow has no shaper")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_can_be_drawn(language: str) -> None:
    for key in KEYS:
        for day in (date(2026, month, 28) for month in range(1, 13)):
            chip = write_label(LabelWords(key, 12, day), language, TODAY)

            assert can_write(chip.text)
            assert chip.lang.startswith(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_short_enough_for_a_poster(language: str) -> None:
    longest = max((write_label(LabelWords(key, 12, date(2026, 9, 28)), language, TODAY).text for key in KEYS), key=len)

    assert len(longest) <= 28


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("pt-BR", "pt"),
        ("original,fr", "fr"),
        ("none", "en"),
        ("vi,pl", "pl"),
        ("vi", "en"),
        ("nb", "no"),
        ("zh", "zh"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("zh-CN", "zh"),
        ("iw", "he"),
    ],
)
def test_labels_are_in_the_first_language_that_has_words(languages: str, expected: str) -> None:
    assert expected == language_of(languages)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "16 Oct cinemas"),
        ("de", "16. Okt. im Kino"),
        ("hu", "okt. 16. a mozikban"),
        ("ja", "10月16日公開"),
        ("fi", "16.10. elokuvissa"),
        ("he", "16 באוק׳ בקולנוע"),
    ],
)
def test_a_date_is_written_as_its_readers_do(language: str, expected: str) -> None:
    assert expected == write_label(LabelWords("cinemas_on", day=date(2026, 10, 16)), language, TODAY).text


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 9, 30), "30 Sep premiere"),
        (date(2027, 10, 1), "Oct 2027 premiere"),
        (date(2028, 3, 1), "Mar 2028 premiere"),
    ],
)
def test_a_date_a_year_or_more_ahead_is_a_month_and_a_year(day: date, expected: str) -> None:
    assert expected == write_label(LabelWords("premiere_on", day=day), "", TODAY).text


def test_ideographs_have_the_shape_of_their_language() -> None:
    assert ["ja", "zh-Hans", "zh-Hant"] == [
        write_label(LabelWords("ended"), lang, TODAY).lang for lang in ("ja", "zh", "zh-HK")
    ]
