"""The words of the labels, by language."""

import importlib.resources
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.chip_content import Chip
from renderer.drawing.script_fonts import can_write
from shared.settings.languages import ORIGINAL, TEXTLESS, tag_of

ENGLISH: Final = "en"
YEAR_DAYS: Final = 365
"""A date at least this far ahead is written as month and year."""

_TRADITIONAL: Final = frozenset({"TW", "HK", "MO"})
_SHAPES: Final = {"zh": "zh-Hans"}
"""The language of which a language's ideographs have the shape, where its code leaves that open."""

Words = Mapping[str, str]


class LabelWords(msgspec.Struct, frozen=True):
    """What a label says, in no language: its key in ``words.toml``, and the number and the day that it names."""

    key: str
    number: int = 0
    day: date | None = None


def write_label(label: LabelWords, languages: str, today: date) -> Chip:
    """Return the label in the first of the languages that has words, as settings list them; else in English.

    It is in English too where this build of Pillow cannot set the script.
    """
    language = label_language(languages)
    text = _written(label, language, today)
    if not can_write(text):
        language, text = ENGLISH, _written(label, ENGLISH, today)
    return Chip(text, shape_of(language))


def shape_of(language: str) -> str:
    """Return the language of which a language's ideographs have the shape."""
    return _SHAPES.get(language, language)


@lru_cache(1024)
def label_language(languages: str) -> str:
    """Return the language in which labels are written, for languages as settings list them."""
    tags = [tag_of(word) for word in languages.split(",") if word not in {"", ORIGINAL, TEXTLESS}]
    for tag in tags:
        name = "zh-Hant" if tag.language == "zh" and tag.regions & _TRADITIONAL else tag.language
        if name in all_words():
            return name
    return ENGLISH


@lru_cache(1)
def all_words() -> Mapping[str, Words]:
    """Return the words of every language."""
    text = importlib.resources.files("renderer.labels").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _written(label: LabelWords, language: str, today: date) -> str:
    words = all_words()[language]
    day = "" if label.day is None else _date(label.day, words, today)
    return words[label.key].format(date=day, rank=label.number, season=label.number)


def _date(day: date, words: Words, today: date) -> str:
    is_far = (day - today).days >= YEAR_DAYS
    month = words["months"].split()[day.month - 1]
    return words["month" if is_far else "day"].format(d=day.day, m=month, y=day.year)
