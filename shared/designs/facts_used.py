"""Which facts of a title a design needs: the ratings, and what its texts, labels and conditions speak about."""

import re
from collections.abc import Iterator
from typing import Final

from shared.designs.conditions import Fact
from shared.designs.document import DesignDocument
from shared.designs.elements import (
    AwardElement,
    BarElement,
    RatingElement,
    RatingsElement,
    SashElement,
    TextElement,
)
from shared.domain.ratings import RatingSite
from shared.settings.model import CANONICAL_ORDER, SashWord, TitleFact

FIELD: Final = re.compile(r"\{(?P<name>[^{}|]*)(?P<bar>\|(?P<fallback>[^{}]*))?\}")
"""A field in a text, with what stands for it where it is unknown."""

_SITES: Final = {site.value: site for site in RatingSite}
_FACTS: Final = {fact.value: fact for fact in Fact}
_CHIPS: Final = {Fact.GENRE: TitleFact.GENRE, Fact.RUNTIME: TitleFact.RUNTIME, Fact.YEAR: TitleFact.YEAR}
_WORDS: Final = {Fact.STATUS: SashWord.STATUS, Fact.RANK: SashWord.TOP}


def facts_of(design: DesignDocument) -> frozenset[Fact]:
    """Return the facts that texts and conditions of a design use."""
    return frozenset(fact for name in _names(design) if (fact := _FACTS.get(name)))


def sites_of(design: DesignDocument) -> tuple[RatingSite, ...]:
    """Return the sites whose ratings a design uses, in canonical order; for the score, the average."""
    used = {site for name in _names(design) if (site := _SITES.get(name))} | set(_sites_drawn(design))
    if Fact.SCORE in facts_of(design):
        used.add(RatingSite.AVG)
    return tuple(site for site in CANONICAL_ORDER if site in used)


def sash_words_of(design: DesignDocument) -> tuple[SashWord, ...]:
    """Return the words of a design's sashes, and those that its status and rank come from, in their own order."""
    used = {word for element in design.elements if isinstance(element, SashElement) for word in element.words}
    used |= {_WORDS[fact] for fact in facts_of(design) if fact in _WORDS}
    return tuple(word for word in SashWord if word in used and word is not SashWord.NONE)


def chips_of(design: DesignDocument) -> tuple[TitleFact, ...]:
    """Return the facts of a design's texts and conditions that chips show as well."""
    used = facts_of(design)
    return tuple(chip for fact, chip in _CHIPS.items() if fact in used)


def uses_awards(design: DesignDocument) -> bool:
    """Return whether a design shows awards, or depends on them."""
    return Fact.AWARD in facts_of(design) or any(isinstance(element, AwardElement) for element in design.elements)


def _names(design: DesignDocument) -> Iterator[str]:
    """Yield the names that texts and conditions use, of facts and of rating sites."""
    for element in design.elements:
        yield from (condition.fact for condition in element.when)
        if isinstance(element, TextElement):
            yield from (match["name"] for match in FIELD.finditer(element.text))


def _sites_drawn(design: DesignDocument) -> Iterator[RatingSite]:
    for element in design.elements:
        match element:
            case RatingsElement(sites=sites):
                yield from sites
            case RatingElement(site=site, otherwise=otherwise):
                yield from (site, *((otherwise,) if otherwise else ()))
            case BarElement(site=site):
                yield site
            case _:
                pass
