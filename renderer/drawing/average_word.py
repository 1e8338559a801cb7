"""The word for an average, in short, on a badge with text labels. Those of the sites are names, alike everywhere."""

from types import MappingProxyType
from typing import Final

from renderer.drawing.label_language import ENGLISH, label_language
from renderer.drawing.script_fonts import can_write

AVERAGE_WORDS: Final = MappingProxyType(
    {
        ENGLISH: "AVG",
        "ar": "متوسط",
        "cs": "PRŮM",
        "da": "SNIT",
        "de": "Ø",
        "el": "Μ.Ο.",
        "es": "MEDIA",
        "fi": "KA",
        "fr": "MOY",
        "he": "ממוצע",
        "hu": "ÁTL",
        "it": "MEDIA",
        "ja": "平均",
        "ko": "평균",
        "nl": "GEM",
        "no": "SNITT",
        "pl": "ŚR",
        "pt": "MÉDIA",
        "ro": "MEDIE",
        "ru": "СРЕД",
        "sv": "SNITT",
        "tr": "ORT",
        "uk": "СЕР",
        "zh": "平均",
        "zh-Hant": "平均",
    }
)
"""By language; the short forms that dictionaries and spreadsheets use."""

_KNOWN: Final = frozenset(AVERAGE_WORDS)


def average_word(languages: str) -> str:
    """Return the word in the first known one of the languages, as settings list them.

    It is the English one where this build of Pillow cannot set the script.
    """
    word = AVERAGE_WORDS[label_language(languages, _KNOWN)]
    return word if can_write(word) else AVERAGE_WORDS[ENGLISH]
