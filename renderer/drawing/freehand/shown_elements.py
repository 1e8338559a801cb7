"""Which elements of a design are drawn for a title, and what each shows: what the fingerprint covers."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.average_word import average_word
from renderer.drawing.badge_content import BadgeContent, badge_contents
from renderer.drawing.chip_content import Chip, ChipRole
from renderer.drawing.freehand.condition_check import are_met
from renderer.drawing.freehand.design_facts import DesignFacts, FactValue
from renderer.drawing.freehand.text_fields import fill_in
from renderer.drawing.rating_text import format_rating
from renderer.drawing.script_fonts import script_font
from shared.designs.conditions import Fact
from shared.designs.document import DesignDocument, decode_design
from shared.designs.elements import (
    AgeElement,
    AgeSystem,
    AnyElement,
    AwardElement,
    BarElement,
    BoxElement,
    LabelStyle,
    LogoElement,
    QualityElement,
    RatingElement,
    RatingsElement,
    SashElement,
    ScrimElement,
    TextElement,
)
from shared.domain.awards import Award
from shared.domain.decimals import rounded
from shared.domain.ratings import GREATEST, Ratings, RatingSite
from shared.settings.model import Label

LABELS: Final = {LabelStyle.OFFICIAL: Label.OFFICIAL, LabelStyle.ICON: Label.ICON, LabelStyle.TEXT: Label.TEXT}
_NO_AWARD: Final = "none"


class ShownBadges(msgspec.Struct, frozen=True):
    """One or more ratings."""

    element: RatingsElement | RatingElement
    contents: tuple[BadgeContent, ...]


class ShownAward(msgspec.Struct, frozen=True):
    """The award that the title has won."""

    element: AwardElement
    award: Award


class ShownChips(msgspec.Struct, frozen=True):
    """A sash, an age rating or quality badges."""

    element: SashElement | AgeElement | QualityElement
    role: ChipRole
    chips: tuple[Chip, ...]


class ShownText(msgspec.Struct, frozen=True):
    """A text with its fields filled in, and its language."""

    element: TextElement
    text: str
    lang: str


class ShownBar(msgspec.Struct, frozen=True):
    """A score as thousandths of the site's greatest rating."""

    element: BarElement
    share: int


class ShownPlain(msgspec.Struct, frozen=True):
    """An element that is the same for every title, and the logo, which comes separately."""

    element: LogoElement | ScrimElement | BoxElement


ShownElement = ShownBadges | ShownAward | ShownChips | ShownText | ShownBar | ShownPlain

design_of_text: Final[Callable[[str], DesignDocument]] = lru_cache(maxsize=1000)(decode_design)
"""Return the design of a canonical text, which many pictures share."""


def age_systems_of(design: DesignDocument) -> frozenset[AgeSystem]:
    """Return whose age ratings a design may show."""
    return frozenset(element.system for element in design.elements if isinstance(element, AgeElement))


def shown_elements(
    design: DesignDocument, ratings: Ratings, award: Award | None, facts: DesignFacts
) -> tuple[ShownElement, ...]:
    """Return the elements that are drawn for a title, from back to front.

    ``ratings`` are valid and include the average. An element whose rating, label or field is missing is left out.
    """
    shows = _Shows(design.art.lang, ratings, award, facts)
    elements = (each for each in design.elements if are_met(each.when, shows.known))
    return tuple(shown for each in elements if (shown := shows.what(each)) is not None)


def describe_shown(shown: Iterable[ShownElement]) -> list[str]:
    """Return what the elements show as lines of text: equal lines make equal pictures of one design."""
    return [f"{type(each.element).__name__} {_description(each)}" for each in shown]


def _description(shown: ShownElement) -> str:
    match shown:
        case ShownBadges(contents=contents):
            return "|".join(f"{each.value} {each.icon}{each.word} {each.colour}" for each in contents)
        case ShownAward(award=award):
            return award.value
        case ShownChips(chips=chips):
            return "|".join(f"{chip.text} {chip.lang}" for chip in chips)
        case ShownText(text=text, lang=lang):
            return f"{text} {lang}"
        case ShownBar(share=share):
            return f"{share}"
        case ShownPlain(element=element):
            return msgspec.json.encode(element).decode()  # which of several is drawn makes a difference


class _Shows:
    """What is known of one title, and what each type of element makes of it."""

    def __init__(self, languages: str, ratings: Ratings, award: Award | None, facts: DesignFacts) -> None:
        self._ratings, self._award, self._facts = ratings, award, facts
        self._average_word = average_word(languages)
        average = ratings.get(RatingSite.AVG)
        self.known: Mapping[str, FactValue] = {
            **{fact.value: value for fact, value in facts.values.items()},
            **{site.value: rating.value for site, rating in ratings.items()},
            **({Fact.SCORE.value: average.value} if average else {}),
            Fact.AWARD.value: award.value if award else _NO_AWARD,
        }

    def what(self, element: AnyElement) -> ShownElement | None:
        """Return what an element shows, or ``None`` where that is unknown."""
        match element:
            case RatingsElement() | RatingElement():
                contents = self._contents(element)
                return ShownBadges(element, contents) if contents else None
            case AwardElement():
                return ShownAward(element, self._award) if self._award else None
            case SashElement() | AgeElement() | QualityElement():
                role, chips = self._chips(element)
                return ShownChips(element, role, chips) if chips else None
            case TextElement():
                text = fill_in(element.text, self._words())
                lang = self._facts.lang if text and script_font(text) else ""  # other fonts draw all languages alike
                return ShownText(element, text, lang) if text else None
            case BarElement(site=site):
                rating = self._ratings.get(site)
                return ShownBar(element, round(1000 * rating.value / GREATEST[site])) if rating else None
            case LogoElement() | ScrimElement() | BoxElement():
                return ShownPlain(element)

    def _contents(self, element: RatingsElement | RatingElement) -> tuple[BadgeContent, ...]:
        if isinstance(element, RatingsElement):
            sites = tuple(dict.fromkeys(site for site in element.sites if site in self._ratings))[: element.limit]
        else:
            wanted = (element.site, element.otherwise)
            sites = tuple(site for site in wanted if site is not None and site in self._ratings)[:1]
        badges = tuple((site, self._ratings[site]) for site in sites)
        return tuple(badge_contents(LABELS[element.label], badges, average=self._average_word))

    def _chips(self, element: SashElement | AgeElement | QualityElement) -> tuple[ChipRole, tuple[Chip, ...]]:
        match element:
            case SashElement(words=words):
                sash = self._facts.sashes.get(words)
                return ChipRole.SASH, (sash,) if sash else ()
            case AgeElement(system=system):
                age = self._facts.ages.get(system)
                return ChipRole.AGE, (Chip(age),) if age else ()
            case QualityElement():
                return ChipRole.QUALITY, self._facts.quality

    def _words(self) -> Mapping[str, str]:
        """Return what stands for each field of a text that is known."""
        ratings = {site.value: format_rating(site, rating) or "" for site, rating in self._ratings.items()}
        average = self._ratings.get(RatingSite.AVG)
        return {
            **{fact.value: word for fact, word in self._facts.words.items()},
            **ratings,
            **({Fact.SCORE.value: rounded(average.value)} if average else {}),
            **({Fact.AWARD.value: str(self._award).capitalize()} if self._award else {}),
        }
