"""The sash: which of the words that were asked for is true of a title on a day, and until when."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from renderer.drawing.label_language import ENGLISH
from renderer.labels.words import YEAR_DAYS, LabelWords, write_label
from services.titles import Aired, Release, ReleaseType, Showings
from shared.domain.awards import Award
from shared.domain.ids import TitleKind
from shared.settings.model import SashWord

NEW_DAYS: Final = 14
AIRING_DAYS: Final = 14
CINEMA_DAYS: Final = 180
HOME_DAYS: Final = 90  # on streaming, and on disc
"""How long a label is true; the last day is included."""

LISTED: Final = {SashWord.TOP: 250, SashWord.TRENDING: 25}
"""The words that depend on a list of titles, and the last rank that counts."""

_CINEMA: Final = (ReleaseType.LIMITED, ReleaseType.THEATRICAL)
_HOME: Final = (ReleaseType.DIGITAL, ReleaseType.PHYSICAL, ReleaseType.TV)
_ANNOUNCED: Final = {
    ReleaseType.LIMITED: "cinemas_on",
    ReleaseType.THEATRICAL: "cinemas_on",
    ReleaseType.DIGITAL: "streaming_on",
    ReleaseType.PHYSICAL: "disc_on",
    ReleaseType.TV: "tv_on",
}
_SERIES_STATUS: Final = {
    "Returning Series": "returning",
    "Ended": "ended",
    "Canceled": "cancelled",
    "Cancelled": "cancelled",
}
_BOUNDARIES: Final = (
    *(0, 1, NEW_DAYS + 1, AIRING_DAYS + 1, HOME_DAYS + 1, CINEMA_DAYS + 1),
    *(-AIRING_DAYS, 1 - YEAR_DAYS),
)
"""Days after a date, or before it, on which what is said about it may change."""


class SashFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a sash may be about."""

    kind: TitleKind
    showings: Showings = Showings()
    days: Mapping[ReleaseType, date] = {}
    """A film's releases, in the country that was asked for where it has them."""
    award: Award | None = None
    nominated: Award | None = None
    ranks: Mapping[SashWord, int | None] = {}


def release_days(releases: Iterable[Release], region: str) -> dict[ReleaseType, date]:
    """Return the first day of each type of release: in the region, or of any where the region has none."""
    at_home: dict[ReleaseType, date] = {}
    anywhere: dict[ReleaseType, date] = {}
    for release in releases:
        if release.day is None:
            continue
        for found in (anywhere, at_home) if release.region == region else (anywhere,):
            found[release.type] = min(release.day, found.get(release.type, release.day))
    return anywhere | at_home


def sash_on(day: date, words: Iterable[SashWord], facts: SashFacts) -> tuple[SashWord, LabelWords] | None:
    """Return the first word that is true on this day, with its label; ``None`` if none is."""
    for word in words:
        label = _RULES[word](facts, day)
        if label is not None:
            return word, label
    return None


def sash_until(day: date, words: tuple[SashWord, ...], facts: SashFacts) -> date | None:
    """Return the next day on which the label will be another one, as far as dates decide; ``None`` if none is known."""
    text = _text_on(day, words, facts)
    return next((each for each in _boundaries(day, facts) if _text_on(each, words, facts) != text), None)


def _text_on(day: date, words: tuple[SashWord, ...], facts: SashFacts) -> str:
    found = sash_on(day, words, facts)
    return write_label(found[1], ENGLISH, day).text if found else ""


def _boundaries(day: date, facts: SashFacts) -> list[date]:
    told = facts.showings
    aired = [each.day for each in (told.last_episode, told.next_episode, *told.seasons) if each]
    dates = {*facts.days.values(), *aired, *([told.first_aired] if told.first_aired else [])}
    return sorted({moved for each in dates for offset in _BOUNDARIES if (moved := _moved(each, offset)) > day})


def _moved(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:  # the year 9999
        return day


def _award(facts: SashFacts, _: date) -> LabelWords | None:
    return LabelWords(f"{facts.award}_winner") if facts.award else None


def _nominee(facts: SashFacts, _: date) -> LabelWords | None:
    return LabelWords(f"{facts.nominated}_nominee") if facts.nominated and not facts.award else None


def _ranked(word: SashWord) -> Callable[[SashFacts, date], LabelWords | None]:
    def rule(facts: SashFacts, _: date) -> LabelWords | None:
        rank = facts.ranks.get(word)
        return LabelWords(word.value, rank) if rank and rank <= LISTED[word] else None

    return rule


def _new(facts: SashFacts, day: date) -> LabelWords | None:
    if facts.kind is TitleKind.MOVIE:
        return LabelWords("released") if _is_recent(facts.days.get(ReleaseType.DIGITAL), day, NEW_DAYS) else None
    told = facts.showings
    if _is_recent(told.first_aired, day, NEW_DAYS):
        return LabelWords("premiere")
    firsts = (each.day for each in _first_episodes(told) if each.season > 1)
    return LabelWords("new_season") if any(_is_recent(first, day, NEW_DAYS) for first in firsts) else None


def _first_episodes(told: Showings) -> Iterator[Aired]:
    yield from told.seasons
    for episode in (told.last_episode, told.next_episode):
        if episode is not None and episode.episode == 1:
            yield episode


def _is_recent(date_of: date | None, day: date, days: int) -> bool:
    return date_of is not None and 0 <= (day - date_of).days <= days


def _status(facts: SashFacts, day: date) -> LabelWords | None:
    return _film_status(facts.days, day) if facts.kind is TitleKind.MOVIE else _series_status(facts.showings, day)


def _film_status(days: Mapping[ReleaseType, date], day: date) -> LabelWords | None:
    known = {each: days[each] for each in (*_CINEMA, *_HOME) if each in days}
    passed = {each for each, at in known.items() if at <= day}
    coming = sorted((at, each) for each, at in known.items() if at > day)
    if not passed:
        return LabelWords(_ANNOUNCED[coming[0][1]], day=coming[0][0]) if coming else None
    if not passed.isdisjoint(_HOME):
        return _at_home(known, passed, day)
    if not _is_recent(max(known[each] for each in passed), day, CINEMA_DAYS):
        return None
    following = next(((at, each) for at, each in coming if each in _HOME), None)
    return LabelWords(_ANNOUNCED[following[1]], day=following[0]) if following else LabelWords("cinemas")


def _at_home(known: Mapping[ReleaseType, date], passed: set[ReleaseType], day: date) -> LabelWords | None:
    """Return what is true of a film that can be watched at home: of several ways the latest, a disc before others."""
    ways = passed & {ReleaseType.DIGITAL, ReleaseType.PHYSICAL}
    latest = max(ways, key=lambda each: (known[each], each), default=None)
    if latest is None or not _is_recent(known[latest], day, HOME_DAYS):
        return None
    return LabelWords("disc" if latest is ReleaseType.PHYSICAL else "streaming")


def _series_status(told: Showings, day: date) -> LabelWords | None:
    if told.first_aired is not None and told.first_aired > day:
        return LabelWords("premiere_on", day=told.first_aired)
    episodes = (told.last_episode, told.next_episode)
    if any(each and abs((each.day - day).days) <= AIRING_DAYS for each in episodes):
        return LabelWords("airing")
    seasons = sorted((each.day, each.season) for each in _first_episodes(told) if each.season > 1 and each.day > day)
    if seasons:
        return LabelWords("season_on", seasons[0][1], seasons[0][0])
    key = _SERIES_STATUS.get(told.status)
    return LabelWords(key) if key else None


_RULES: Final[Mapping[SashWord, Callable[[SashFacts, date], LabelWords | None]]] = {
    SashWord.AWARD: _award,
    SashWord.NOMINEE: _nominee,
    SashWord.TOP: _ranked(SashWord.TOP),
    SashWord.TRENDING: _ranked(SashWord.TRENDING),
    SashWord.NEW: _new,
    SashWord.STATUS: _status,
}
"""When each word is true."""
