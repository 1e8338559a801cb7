"""The order of artwork by language and country, as the settings ask for it."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final, Protocol, TypeVar

from shared.domain.pictures import Kind
from shared.settings.languages import ORIGINAL, TEXTLESS, Tag, canonical_language, home_country, tag_of
from shared.settings.model import Settings

ENGLISH: Final = "en"


class InLanguage(Protocol):
    """What settings choose by language: artwork, or a title's name. ``lang`` is ``None`` for one without text."""

    @property
    def lang(self) -> str | None:
        """Return the code of its language."""

    @property
    def region(self) -> str | None:
        """Return the code of its country."""


_T = TypeVar("_T", bound=InLanguage)
Condition = Callable[[InLanguage], bool]


def rank_artwork(arts: tuple[_T, ...], settings: Settings, original: str | None) -> list[_T]:
    """Return artwork, best first; equals stay in the source's own order. ``original`` is the title's language."""
    return sorted(arts, key=art_rank(settings, original))


def art_rank(settings: Settings, original: str | None) -> Callable[[InLanguage], int]:
    """Return the function that ranks artwork; 0 is best.

    The order is each word of ``lang`` in turn, English, the title's original language, textless, any. Textless artwork
    comes first for wide pictures, and wherever the settings request it.
    """
    conditions = tuple(_conditions(settings, original))
    return lambda art: next((nth for nth, holds in enumerate(conditions) if holds(art)), len(conditions))


def _conditions(settings: Settings, original: str | None) -> Iterator[Condition]:
    if settings.textless or settings.kind in {Kind.BACKDROP, Kind.EPISODE}:
        yield _is_textless
    for word in filter(None, settings.lang.split(",")):
        yield from _word_conditions(word, original)
    yield partial(_speaks, ENGLISH)
    if original:
        yield partial(_speaks, canonical_language(original))
    yield _is_textless


def _word_conditions(word: str, original: str | None) -> Iterator[Condition]:
    if word == TEXTLESS:
        yield _is_textless
    elif word != ORIGINAL:
        yield from _country_conditions(tag_of(word))
    elif original:  # unknown of few titles, where the word is skipped
        yield from _country_conditions(Tag(canonical_language(original)))


def _country_conditions(tag: Tag) -> Iterator[Condition]:
    """Yield the countries of a language in order: the tag's own, none, the language's home, any other."""
    for regions in (tag.regions, {None}, {home_country(tag.language)}):
        yield partial(_is_from, tag.language, regions)
    yield partial(_speaks, tag.language)


def _is_from(language: str, regions: AbstractSet[str | None], art: InLanguage) -> bool:
    return art.region in regions and _speaks(language, art)


def _speaks(language: str, art: InLanguage) -> bool:
    return art.lang is not None and canonical_language(art.lang) == language


def _is_textless(art: InLanguage) -> bool:
    return art.lang is None
