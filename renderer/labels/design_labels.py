"""What a freehand design says of a title: its words, its sashes, and until when they are true."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from renderer.drawing.chip_content import Chip
from renderer.drawing.freehand.design_facts import DesignFacts, FactValue
from renderer.drawing.freehand.shown_elements import age_systems_of
from renderer.drawing.label_language import ENGLISH
from renderer.drawing.script_fonts import can_write
from renderer.labels.age import age_text
from renderer.labels.choose import LabelFacts, Labels, asked_lists, describe_ranks, sash_facts
from renderer.labels.facts import genre_names, genre_text, runtime_text
from renderer.labels.quality_text import QUALITY_TEXT
from renderer.labels.sash import LISTED, SashFacts, sash_on, sash_until
from renderer.labels.words import LabelWords, language_of, shape_of, write_label
from services.titles import Showings, Title
from shared.designs.conditions import Fact
from shared.designs.document import DesignDocument
from shared.designs.elements import AgeSystem, SashElement
from shared.designs.facts_used import facts_of
from shared.domain.ids import TitleKind
from shared.settings.model import AgeRating, SashWord, Settings

_AGES: Final = {AgeSystem.OFFICIAL: AgeRating.OFFICIAL, AgeSystem.COMMONSENSE: AgeRating.COMMONSENSE}
_STATUS: Final = (SashWord.STATUS,)
_DATED: Final = {Fact.STATUS: _STATUS, Fact.RANK: (SashWord.TOP,)}
"""The words of a sash that say what these facts are."""

_EPISODE: Final = "episode"

Fields = dict[Fact, tuple[FactValue, str]]
"""Facts as conditions compare them, and in words."""


class TitleNames(msgspec.Struct, frozen=True):
    """How the title is named on a design; ``whole`` is the series of an episode or a season, else the title itself."""

    whole: Title
    name: str = ""
    episode: str = ""


def choose_design_labels(
    design: DesignDocument, settings: Settings, title: Title, names: TitleNames, facts: LabelFacts, today: date
) -> Labels:
    """Return what a design says of a title on this day (UTC): only what it uses."""
    used, known = facts_of(design), sash_facts(settings, title, facts)
    sashes = [each.words for each in design.elements if isinstance(each, SashElement)]
    dated = [words for fact, words in _DATED.items() if fact in used] + sashes
    found = {words: sash_on(today, words, known) for words in dated}
    fields = _fields(settings, title, names, known) | _from_sashes(settings, found, today)
    language = language_of(settings.lang)
    return Labels(
        until=min((day for words in dated if (day := sash_until(today, words, known))), default=None),
        lists=describe_ranks(_asked(found, facts), facts.ranks),
        carried_by=frozenset(each[0] for each in found.values() if each and each[0] in LISTED),
        facts=DesignFacts(
            values={fact: value for fact, (value, _) in fields.items() if fact in used},
            words={fact: words for fact, (_, words) in fields.items() if fact in used and words},
            lang=shape_of(language),
            sashes={words: write_label(label[1], settings.lang, today) for words in sashes if (label := found[words])},
            ages=dict(_ages(design, settings, title, facts)),
            quality=tuple(Chip(QUALITY_TEXT[quality]) for quality in settings.quality),
        ),
    )


_Found = dict[tuple[SashWord, ...], tuple[SashWord, LabelWords] | None]


def _asked(found: _Found, facts: LabelFacts) -> list[SashWord]:
    """Return the lists that any of the labels depends on, in one order."""
    asked = {word for words, label in found.items() for word in asked_lists(words, label and label[0], facts.ranks)}
    return [word for word in SashWord if word in asked]


def _fields(settings: Settings, title: Title, names: TitleNames, known: SashFacts) -> Fields:
    """Return what is known of the title itself."""
    language, media, whole = language_of(settings.lang), title.media, names.whole
    fields: Fields = {Fact.KIND: (_kind(title), _kind(title))}
    if names.name:
        fields[Fact.TITLE] = names.name, names.name
    if names.episode:
        fields[Fact.EPISODE_TITLE] = names.episode, names.episode
    if title.released:
        fields[Fact.YEAR] = float(title.released.year), f"{title.released.year}"
    if title.runtime:
        fields[Fact.RUNTIME] = (
            float(title.runtime),
            _written(runtime_text(title.runtime, language), runtime_text(title.runtime, ENGLISH)),
        )
    if whole.genre and (genres := genre_names(whole.genre, ENGLISH)):
        fields[Fact.GENRE] = genres, _written(genre_text(whole.genre, language), genre_text(whole.genre, ENGLISH))
    season = media.episode.season if media.episode else media.season
    if season is not None:
        fields[Fact.SEASON] = float(season), f"{season}"
    if media.episode:
        fields[Fact.EPISODE] = float(media.episode.number), f"{media.episode.number}"
    rank = known.ranks.get(SashWord.TOP)
    if rank and rank <= LISTED[SashWord.TOP]:
        fields[Fact.RANK] = float(rank), f"{rank}"
    return fields


def _kind(title: Title) -> str:
    if title.media.episode:
        return _EPISODE
    return TitleKind.SERIES.value if title.media.kind is TitleKind.SERIES else TitleKind.MOVIE.value


def _written(text: str, english: str) -> str:
    return text if can_write(text) else english


def _from_sashes(settings: Settings, found: _Found, today: date) -> Fields:
    """Return the status: in words as a sash says it, and for conditions by its key in ``words.toml``."""
    status = found.get(_STATUS)
    if status is None:
        return {}
    return {Fact.STATUS: (status[1].key, write_label(status[1], settings.lang, today).text)}


def _ages(
    design: DesignDocument, settings: Settings, title: Title, facts: LabelFacts
) -> Iterator[tuple[AgeSystem, str]]:
    for system in age_systems_of(design):
        age = age_text(_AGES[system], title.showings or Showings(), settings.region, facts.age)
        if age and can_write(age):
            yield system, age
