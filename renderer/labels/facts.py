"""Chips that need only settings and title: quality, and genre, runtime and year in the words of a language."""

import importlib.resources
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from renderer.drawing.chip_content import Chip, ChipRole, Chips
from renderer.drawing.label_language import ENGLISH
from renderer.drawing.script_fonts import can_write
from renderer.labels.quality_text import QUALITY_TEXT
from renderer.labels.words import language_of, shape_of
from services.titles import Title
from shared.settings.model import Settings, TitleFact

_HOUR: Final = 60
_FROM_THE_RIGHT: Final = frozenset({"ar", "he"})  # of the languages that have words


def fact_chips(settings: Settings, title: Title) -> Chips:
    """Return the chips of quality and facts by row, in the order of the settings; unknown facts are left out."""
    rows = {
        ChipRole.QUALITY: tuple(Chip(QUALITY_TEXT[quality]) for quality in settings.quality),
        ChipRole.FACTS: _in_reading_order(tuple(_facts(settings, title)), language_of(settings.lang)),
    }
    return {role: chips for role, chips in rows.items() if chips}


def _in_reading_order(chips: tuple[Chip, ...], language: str) -> tuple[Chip, ...]:
    """Return chips from left to right as they are to stand, so that readers of the language meet them in order."""
    return chips[::-1] if language in _FROM_THE_RIGHT else chips


def _facts(settings: Settings, title: Title) -> Iterator[Chip]:
    language = language_of(settings.lang)
    for fact in settings.chips:
        text = _text(fact, title, language)
        if text and can_write(text):
            yield Chip(text, shape_of(language))
        elif text:  # this build of Pillow cannot set the script
            yield Chip(_text(fact, title, ENGLISH), ENGLISH)


def _text(fact: TitleFact, title: Title, language: str) -> str:
    """Return a fact in words; empty if it is unknown."""
    match fact:
        case TitleFact.GENRE:
            return genre_text(title.genre, language) if title.genre else ""
        case TitleFact.RUNTIME:
            return runtime_text(title.runtime, language) if title.runtime else ""
        case TitleFact.YEAR:
            return f"{title.released.year}" if title.released else ""


def genre_text(number: int, language: str) -> str:
    """Return the name of the genre with TMDB's number; empty if it is unknown."""
    return " & ".join(genre_names(number, language))


def genre_names(number: int, language: str) -> tuple[str, ...]:
    """Return the names of what TMDB's number stands for, which may be two genres at once."""
    names = dict(zip(_tables()["keys"], _words(language)["genres"], strict=True))
    return tuple(names[key] for key in _tables()["tmdb"].get(str(number), ()))


def runtime_text(minutes: int, language: str) -> str:
    """Return minutes as hours and minutes; those that are zero are left out."""
    words = _words(language)
    parts = zip(divmod(minutes, _HOUR), words["runtime"], strict=True)
    between: str = words["between"]
    return between.join(pattern.format(h=number, m=number) for number, pattern in parts if number)


def _words(language: str) -> Mapping[str, Any]:
    words: Mapping[str, Any] = _tables()["words"][language]
    return words


@lru_cache(1)
def _tables() -> Mapping[str, Any]:
    text = importlib.resources.files("renderer.labels").joinpath("genres.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
