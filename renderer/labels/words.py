"""The words of the labels, by language."""

import importlib.resources
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.chip_content import Chip
from renderer.drawing.label_language import ENGLISH, label_language
from renderer.drawing.script_fonts import can_write

YEAR_DAYS: Final = 365
"""A date at least this far ahead is written as month and year."""

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
    language = language_of(languages)
    text = _written(label, language, today)
    if not can_write(text):
        language, text = ENGLISH, _written(label, ENGLISH, today)
    return Chip(text, shape_of(language))


def shape_of(language: str) -> str:
    """Return the language of which a language's ideographs have the shape."""
    return _SHAPES.get(language, language)


def language_of(languages: str) -> str:
    """Return the language in which labels are written, for languages as settings list them."""
    return label_language(languages, _known())


@lru_cache(1)
def _known() -> frozenset[str]:
    return frozenset(all_words())


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
