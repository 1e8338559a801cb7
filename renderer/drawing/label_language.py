"""The language in which a picture's words are written."""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from shared.settings.languages import ORIGINAL, TEXTLESS, tag_of

ENGLISH: Final = "en"

_TRADITIONAL: Final = frozenset({"TW", "HK", "MO"})


@lru_cache(1024)
def label_language(languages: str, known: Collection[str]) -> str:
    """Return the first of the languages, as settings list them, that is ``known``; else English.

    ``known`` are codes of ISO 639-1, and ``zh-Hant`` for the traditional characters of Taiwan, Hong Kong and Macau.
    """
    for tag in (tag_of(word) for word in languages.split(",") if word not in {"", ORIGINAL, TEXTLESS}):
        name = "zh-Hant" if tag.language == "zh" and tag.regions & _TRADITIONAL else tag.language
        if name in known:
            return name
    return ENGLISH
