"""All labels of a picture: what they need to know, what they say, and when that may change."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from renderer.drawing.chip_content import NO_CHIPS, Chip, ChipRole, Chips
from renderer.drawing.freehand.design_facts import DesignFacts
from renderer.drawing.freehand.shown_elements import age_systems_of, design_of_text
from renderer.drawing.script_fonts import can_write
from renderer.labels.age import age_text, official_certificate
from renderer.labels.facts import fact_chips
from renderer.labels.sash import LISTED, SashFacts, release_days, sash_on, sash_until
from renderer.labels.words import write_label
from services.titles import Showings, Title
from shared.designs.elements import AgeSystem
from shared.domain.awards import Award
from shared.domain.pictures import Kind
from shared.settings.model import AgeRating, SashWord, Settings

_OF_AWARDS = frozenset({SashWord.AWARD, SashWord.NOMINEE})
_OF_SHOWINGS = frozenset({SashWord.NEW, SashWord.STATUS})

Ranks = Mapping[SashWord, int | None]
"""A title's rank in each list that there is; ``None`` where it is not listed."""


class LabelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a title besides its own description."""

    award: Award | None = None
    nominated: Award | None = None
    age: int | None = None
    ranks: Ranks = {}


class Labels(msgspec.Struct, frozen=True):
    """The chips of a picture, and what they depend on."""

    chips: Chips = NO_CHIPS
    has_award: bool = False
    """Whether a label names the award, so that there is no award badge."""
    until: date | None = None
    """The day on which a label will say something else, as far as that is known."""
    lists: str = ""
    """The ranks that the labels depend on, as text; empty if they depend on none."""
    carried_by: frozenset[SashWord] = frozenset()
    """The lists that drawn labels come from."""
    valid_for_s: int = 0
    """For how long the ranks are valid; 0 if the labels depend on none."""
    facts: DesignFacts | None = None
    """What a freehand design says of the title; ``None`` without one."""


NO_LABELS = Labels()


def needs_showings(settings: Settings) -> bool:
    """Return whether the labels may depend on when and where a title is shown."""
    return settings.age_rating is AgeRating.OFFICIAL or not _OF_SHOWINGS.isdisjoint(settings.sash)


def needs_awards(settings: Settings) -> bool:
    """Return whether a picture may show an award, as a badge or a label."""
    has_badge = settings.awards and (settings.kind is Kind.POSTER or bool(settings.design))
    return has_badge or not _OF_AWARDS.isdisjoint(settings.sash)


def needs_age(settings: Settings, title: Title) -> bool:
    """Return whether the age that Common Sense Media recommends may be drawn."""
    if settings.design and AgeSystem.COMMONSENSE in age_systems_of(design_of_text(settings.design)):
        return True
    if settings.age_rating is not AgeRating.OFFICIAL:
        return settings.age_rating is AgeRating.COMMONSENSE
    return official_certificate(title.showings or Showings(), settings.region) is None


def lists_of(settings: Settings) -> tuple[SashWord, ...]:
    """Return the lists that the labels may depend on."""
    return tuple(word for word in settings.sash if word in LISTED)


def describe_ranks(words: Iterable[SashWord], ranks: Ranks) -> str:
    """Return ranks as text: two that are equal make the same picture."""
    return ",".join(f"{word}={_rank(word, ranks) or ''}" for word in words)


def choose_labels(settings: Settings, title: Title, facts: LabelFacts, today: date) -> Labels:
    """Return the labels of a picture on this day (UTC)."""
    chips = dict(fact_chips(settings, title))
    if settings.age_rating is not AgeRating.NONE:
        age = age_text(settings.age_rating, title.showings or Showings(), settings.region, facts.age)
        if age and can_write(age):
            chips[ChipRole.AGE] = (Chip(age),)
    if not settings.sash:
        return Labels(chips) if chips else NO_LABELS
    known = sash_facts(settings, title, facts)
    found = sash_on(today, settings.sash, known)
    if found is not None:
        chips[ChipRole.SASH] = (write_label(found[1], settings.lang, today),)
    word = found and found[0]
    return Labels(
        chips=chips,
        has_award=word is SashWord.AWARD,
        until=sash_until(today, settings.sash, known),
        lists=describe_ranks(asked_lists(settings.sash, word, facts.ranks), facts.ranks),
        carried_by=frozenset({word} if word in LISTED else ()),
    )


def sash_facts(settings: Settings, title: Title, facts: LabelFacts) -> SashFacts:
    """Return everything that a sash on the title may be about."""
    showings = title.showings or Showings()
    return SashFacts(
        kind=title.media.kind,
        showings=showings,
        days=release_days(showings.releases, settings.region),
        award=facts.award,
        nominated=facts.nominated,
        ranks=facts.ranks,
    )


def asked_lists(words: Iterable[SashWord], drawn: SashWord | None, ranks: Ranks) -> Iterator[SashWord]:
    """Yield the lists that were asked before one word applied: those after it make no difference."""
    for word in words:
        if word in ranks:
            yield word
        if word is drawn:
            return


def _rank(word: SashWord, ranks: Ranks) -> int | None:
    rank = ranks.get(word)
    return rank if rank and rank <= LISTED[word] else None
