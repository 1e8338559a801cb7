"""The languages of artwork, as a caller lists them: tags of BCP 47, ``original`` and ``none``."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

ORIGINAL: Final = "original"
"""Stands for the language in which a title was made."""

TEXTLESS: Final = "none"
"""Stands for artwork without text."""

MOST_WORDS: Final = 4
LONGEST_TAG: Final = 35
"""What RFC 5646 (4.4.1) recommends that every reader of tags can hold."""

_FALLBACK: Final = "en"
_NOT_GIVEN: Final = frozenset({"", "undefined", "null"})  # what a client's template leaves where it knows no language
_NO_LANGUAGE: Final = frozenset({"und", "mul", "mis", "zxx"})  # tags that say so
_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-[a-z]{3})*(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?(?:-.+)?",
    re.ASCII | re.IGNORECASE,
)
_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", re.ASCII)
_ALIASES: Final = {
    "nb": "no",  # sources file almost all Norwegian artwork under the language as a whole
    "cn": "zh",  # TMDB's own code for Cantonese
}
"""What the registry does not say; it does say that ``iw`` is ``he`` and ``tl`` is ``fil``."""

_MORE_REGIONS: Final = frozenset({"UK", "XC", "XG", "XI", "XK"})
"""Not in the registry but in use: the United Kingdom by its other code, and what TMDB adds, such as Kosovo."""

_PRIVATE: Final = "Private use"
_REGION_ALIASES: Final = {"UK": "GB"}
_HOMES: Final = {"pt": "PT"}  # CLDR's likely country is the one with the most speakers, for Portuguese Brazil
_SCRIPTS: Final = {
    ("zh", "Hans"): frozenset({"CN", "SG", "MY"}),
    ("zh", "Hant"): frozenset({"TW", "HK", "MO"}),
}
_LATIN_AMERICA: Final = (
    *("AR", "BO", "BR", "BZ", "CL", "CO", "CR", "CU", "DO", "EC", "GT", "GY", "HN", "HT", "JM", "MX"),
    *("NI", "PA", "PE", "PR", "PY", "SR", "SV", "TT", "UY", "VE"),
)
_AREAS: Final = {"419": frozenset(_LATIN_AMERICA)}
"""UN M.49 areas that occur in tags of languages."""


class Tag(msgspec.Struct, frozen=True):
    """A language, and the countries whose artwork the tag asks for; none if it names none."""

    language: str
    regions: frozenset[str] = frozenset()


def read_languages(text: str) -> str:
    """Return a list of languages in normal form, empty if it names none. Raises ``ValueError`` for a bad one.

    Duplicates are left out, and English at the end, because it follows in any case.
    """
    written = [word for part in text.split(",") if (word := part.strip(" ")).lower() not in _NOT_GIVEN]
    if len(written) > MOST_WORDS:
        raise ValueError(text)
    words: dict[object, str] = {}
    for word in map(_normal_word, written):
        words.setdefault(word if word in {ORIGINAL, TEXTLESS} else tag_of(word), word)
    listed = list(words.values())
    if len(listed) > 1 and listed[-1] == _FALLBACK:
        listed.pop()
    return ",".join(listed)


def read_region(text: str) -> str:
    """Return a country's code of ISO 3166-1 in normal form. Raises ``ValueError`` for anything else."""
    code = text.upper()
    if not _REGION.fullmatch(code) or code not in _registry()["region"] | _MORE_REGIONS:
        raise ValueError(text)
    return _REGION_ALIASES.get(code, code)


def first_tag(languages: str) -> str:
    """Return the first tag of a list in normal form; empty if it has none."""
    return next((word for word in languages.split(",") if word not in {"", ORIGINAL, TEXTLESS}), "")


def region_of(languages: str) -> str:
    """Return the country that a list in normal form stands for: its first tag's, or that language's; else ``US``."""
    tag = tag_of(first_tag(languages) or _FALLBACK)
    if len(tag.regions) == 1:
        return next(iter(tag.regions))
    return home_country(tag.language) or "US"


def names_a_tag(languages: str) -> bool:
    """Return whether a list in normal form has a tag, and not only ``original`` and ``none``."""
    return any(word not in {ORIGINAL, TEXTLESS} for word in languages.split(",") if word)


@lru_cache(1024)
def tag_of(text: str) -> Tag:
    """Return what a tag in normal form asks for, in one spelling per language."""
    language, *rest = text.split("-")
    named = canonical_language(language)
    region = next((part for part in rest if part.isupper() or part.isdigit()), "")
    script = next((part for part in rest if part.istitle()), "")
    if region:
        return Tag(named, _AREAS.get(region, frozenset({_REGION_ALIASES.get(region, region)})))
    if script:
        return Tag(named, _SCRIPTS.get((named, script)) or frozenset({_likely_country(f"{named}-{script}")}))
    return Tag(named)


@lru_cache(1024)
def canonical_language(code: str) -> str:
    """Return the code that stands for all codes of one language; an unknown code as it is."""
    import langcodes  # noqa: PLC0415 - 3 MB of data, which a gateway needs for tags only

    named = _ALIASES.get(code, code)
    if not langcodes.tag_is_valid(named):
        return named
    current = langcodes.Language.get(named).language or named  # replaces old codes, and those of three letters
    return _ALIASES.get(current, current)


@lru_cache(1024)
def home_country(language: str) -> str:
    """Return the country that a language comes from, by CLDR's likely subtags; empty if unknown."""
    return _HOMES.get(language) or _likely_country(language)


def _likely_country(tag: str) -> str:
    import langcodes  # noqa: PLC0415 - as above

    return langcodes.Language.get(tag).maximize().territory or "" if langcodes.tag_is_valid(tag) else ""


@lru_cache(4096)
def _normal_word(word: str) -> str:
    """Return a word in normal form: of a tag its language, script and region, as only these tell artwork apart."""
    if word.lower() in {ORIGINAL, TEXTLESS}:
        return word.lower()
    found = _TAG.fullmatch(word) if len(word) <= LONGEST_TAG and _WORD.fullmatch(word) else None
    if found is None:
        raise ValueError(word)
    parts = found["language"].lower(), (found["script"] or "").title(), (found["region"] or "").upper()
    if not _is_registered(word, *parts):
        raise ValueError(word)
    return "-".join(part for part in parts if part)


def _is_registered(tag: str, language: str, script: str, region: str) -> bool:
    """Return whether the registry of BCP 47 has every part of the tag, or TMDB its language or region."""
    import langcodes  # noqa: PLC0415 - as above

    named = canonical_language(language)
    return (
        language not in _NO_LANGUAGE
        and langcodes.tag_is_valid(named + tag[len(language) :])
        and named in _registry()["language"]
        and script in _registry()["script"] | {""}
        and region in _registry()["region"] | _MORE_REGIONS | {""}
    )


@lru_cache(1)
def _registry() -> Mapping[str, frozenset[str]]:
    """Return the languages, scripts and regions in IANA's registry, without those for private use.

    There are thousands of these, and no artwork has one.
    """
    import langcodes.registry_parser  # noqa: PLC0415 - as above

    entries: Any = langcodes.registry_parser.parse_registry()  # type: ignore[no-untyped-call]
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if "Subtag" in entry and _PRIVATE not in entry["Description"]:
            found[entry["Type"]].add(entry["Subtag"])
    return {kind: frozenset(names) for kind, names in found.items()}
