"""Values of parameters that are lists, countries or colours: how each is parsed, described, and typed in JSON."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec

from shared.domain.ratings import RatingSite
from shared.settings.languages import LONGEST_TAG, MOST_WORDS, ORIGINAL, TEXTLESS, read_languages, read_region
from shared.settings.model import AUTO, EQUAL, QualityPosition, QualitySize, SashWord, TitleFact
from shared.settings.named_colours import LONGEST_NAME, read_colour, read_site_colours
from shared.settings.quality import MOST_QUALITIES, Quality, read_qualities
from shared.settings.weights import HEAVIEST, MOST_WEIGHTS, read_weights

NOTHING: Final = "none"
"""An empty list, in words: an empty text counts as not set."""

_SITE: Final = max(map(len, RatingSite))
_COLOUR: Final = r"(?:#?[0-9A-Fa-f]{3}|#?[0-9A-Fa-f]{6}|[A-Za-z]+)"
_EXAMPLE_COLOUR: Final = f"{AUTO}, a CSS colour name such as gold, or hexadecimal digits such as f5c518"
_COUNTED: Final = ", ".join(site for site in RatingSite if site is not RatingSite.AVG)


def _text(pattern: str, shortest: int, longest: int, rule: str) -> Any:
    limits = msgspec.Meta(min_length=shortest, max_length=longest, pattern=rf"^{pattern}$", description=f"Use {rule}.")
    return Annotated[str, limits]


def _words_or_nothing(enum: type[StrEnum], most: int) -> Any:
    words = (*(word.value for word in enum), NOTHING)
    choice: Any = Literal[words]
    return Annotated[list[choice], msgspec.Meta(max_length=most)]


def _list_of(pair: str, most: int) -> str:
    return rf"{pair}(,{pair}){{0,{most - 1}}}"


LANG_RULE: Final = (
    f"up to {MOST_WORDS} words separated by commas: language tags such as de or pt-BR, {ORIGINAL}, {TEXTLESS}"
)
LANG: Final[dict[str, Any]] = {
    "read": lambda text, _: read_languages(text),
    "allowed": lambda _: LANG_RULE,
    "json": lambda _: _text(_list_of("[A-Za-z0-9-]+", MOST_WORDS), 2, MOST_WORDS * (LONGEST_TAG + 1) - 1, LANG_RULE),
}
_REGION_RULE: Final = "a country's code of two letters, such as US or DE"
REGION: Final[dict[str, Any]] = {
    "read": lambda text, _: read_region(text),
    "allowed": lambda _: _REGION_RULE,
    "json": lambda _: _text("[A-Za-z]{2}", 2, 2, _REGION_RULE),
}


def _read_sash(text: str) -> tuple[SashWord, ...]:
    words = tuple(dict.fromkeys(SashWord(word.strip().lower()) for word in text.split(",") if word.strip()))
    if SashWord.NONE not in words:
        return words
    if len(words) > 1:
        raise ValueError(text)
    return ()


SASH: Final[dict[str, Any]] = {
    "read": lambda text, _: _read_sash(text),
    "allowed": lambda _: f"{SashWord.NONE}, or a list of {', '.join(list(SashWord)[1:])}",
    "json": lambda _: Annotated[list[SashWord], msgspec.Meta(min_length=1, max_length=len(SashWord))],
}
_WEIGHTS_RULE: Final = (
    f"{EQUAL}, or up to {MOST_WEIGHTS} weights such as imdb:50,rt:30: from 0 to {HEAVIEST}, not all 0, for {_COUNTED}"
)
WEIGHTS: Final[dict[str, Any]] = {
    "read": lambda text, _: read_weights(text),
    "allowed": lambda _: _WEIGHTS_RULE,
    "json": lambda _: _text(
        rf"({EQUAL}|{_list_of('[a-z]+:[0-9]{1,3}', MOST_WEIGHTS)})",
        min(map(len, RatingSite)) + len(":0"),
        MOST_WEIGHTS * (_SITE + 5),
        _WEIGHTS_RULE,
    ),
}
COLOUR: Final[dict[str, Any]] = {
    "read": lambda text, _: read_colour(text),
    "allowed": lambda _: _EXAMPLE_COLOUR,
    "json": lambda _: _text(_COLOUR, 3, LONGEST_NAME, _EXAMPLE_COLOUR),
}
_SITE_COLOURS_RULE: Final = f"{AUTO}, or a list such as imdb:f5c518,rt:red; a colour is {_EXAMPLE_COLOUR}"
SITE_COLOURS: Final[dict[str, Any]] = {
    "read": lambda text, _: read_site_colours(text),
    "allowed": lambda _: _SITE_COLOURS_RULE,
    "json": lambda _: _text(
        rf"({AUTO}|{_list_of(f'[a-z]+:{_COLOUR}', len(RatingSite))})",
        len(AUTO),
        len(RatingSite) * (_SITE + LONGEST_NAME + 2),
        _SITE_COLOURS_RULE,
    ),
}


_ART_FILE: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.(?:jpe?g|png|svg|webp)"
_ART_RULE: Final = (
    "the name of a file of the title's pictures at TMDB or Fanart.tv, such as 4qKBn9b3kYW1N0UIlzXZPhCHJHs.jpg"
)


def _read_art(text: str) -> str:
    file = text.removeprefix("/")  # as TMDB writes it
    if not re.fullmatch(_ART_FILE, file, re.ASCII):
        raise ValueError(text)
    return file


ART_FILE: Final[dict[str, Any]] = {
    "read": lambda text, _: _read_art(text),
    "allowed": lambda _: _ART_RULE,
    "json": lambda _: _text(f"/?{_ART_FILE}", len("a.jpg"), 134, _ART_RULE),
}


def _read_chips(text: str) -> tuple[TitleFact, ...]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    return () if words == [NOTHING] else tuple(dict.fromkeys(map(TitleFact, words)))


CHIPS: Final[dict[str, Any]] = {
    "read": lambda text, _: _read_chips(text),
    "allowed": lambda _: f"a list of {', '.join(TitleFact)}, or {NOTHING}",
    "json": lambda _: _words_or_nothing(TitleFact, len(TitleFact)),
}
QUALITIES: Final[dict[str, Any]] = {
    "read": lambda text, _: read_qualities(text),
    "allowed": lambda _: f"a list of up to {MOST_QUALITIES} of {', '.join(Quality)}, or {NOTHING}",
    "json": lambda _: _words_or_nothing(Quality, MOST_QUALITIES),
}


def _rpdb_words(enum: type[QualityPosition] | type[QualitySize]) -> dict[str, Any]:
    """Return the parser and the description of RPDB's words: one that it does not know counts as not set."""
    known = {word.value: word for word in enum}
    return {
        "read": lambda text, _: known.get(text.strip().lower(), ""),
        "allowed": lambda _: f"one of {', '.join(known)}",
        "json": lambda _: enum,
    }


QUALITY_POSITION: Final = _rpdb_words(QualityPosition)
QUALITY_SIZE: Final = _rpdb_words(QualitySize)
