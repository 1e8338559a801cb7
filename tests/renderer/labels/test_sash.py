"""When each word of a sash is true: the clock is moved over every boundary."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.labels.sash import LISTED, SashFacts, release_days, sash_on, sash_until
from renderer.labels.words import write_label
from services.titles import Aired, Release, ReleaseType, Showings
from shared.domain.awards import Award
from shared.domain.ids import TitleKind
from shared.settings.model import SashWord

TODAY = date(2026, 10, 1)
EVERY = tuple(word for word in SashWord if word is not SashWord.NONE)


def days_ahead(days: int) -> date:
    return TODAY + timedelta(days=days)


def a_film(**days: int) -> SashFacts:
    """Return a film by the days from today until each of its releases."""
    return SashFacts(
        kind=TitleKind.MOVIE, days={ReleaseType[name.upper()]: days_ahead(ahead) for name, ahead in days.items()}
    )


def a_series(**told: object) -> SashFacts:
    return SashFacts(kind=TitleKind.SERIES, showings=Showings(**told))  # type: ignore[arg-type]


def text_on(day: date, facts: SashFacts, *words: SashWord) -> str:
    found = sash_on(day, words or (SashWord.STATUS,), facts)
    return write_label(found[1], "", day).text if found else ""


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, ""),
        ({"theatrical": 15}, "16 Oct cinemas"),
        ({"theatrical": 1}, "2 Oct cinemas"),
        ({"theatrical": 0}, "In cinemas"),
        ({"theatrical": -180}, "In cinemas"),
        ({"theatrical": -181}, ""),
        ({"limited": -200, "theatrical": -3}, "In cinemas"),
        ({"limited": -3, "theatrical": 20}, "In cinemas"),
        ({"theatrical": -5, "digital": 22}, "Streaming 23 Oct"),
        ({"theatrical": -5, "physical": 22}, "On disc 23 Oct"),
        ({"theatrical": -5, "tv": 22}, "On TV 23 Oct"),
        ({"digital": 22}, "Streaming 23 Oct"),
        ({"digital": 22, "theatrical": 15}, "16 Oct cinemas"),
        ({"theatrical": -60, "digital": 0}, "Streaming"),
        ({"theatrical": -60, "digital": -90}, "Streaming"),
        ({"theatrical": -60, "digital": -91}, ""),
        ({"digital": -40, "physical": -10}, "On disc"),
        ({"digital": -10, "physical": -40}, "Streaming"),
        ({"digital": -10, "physical": -10}, "On disc"),
        ({"digital": -100, "physical": -90}, "On disc"),
        ({"digital": -100, "physical": 5}, ""),
        ({"theatrical": -5, "tv": -1}, ""),
        ({"premiere": 3}, ""),  # a festival
        ({"premiere": -3, "theatrical": 15}, "16 Oct cinemas"),
        ({"theatrical": 365}, "Oct 2027 cinemas"),
        ({"theatrical": 364}, "30 Sep cinemas"),
    ],
)
def test_the_status_of_a_film(days: dict[str, int], expected: str) -> None:
    assert expected == text_on(TODAY, a_film(**days))


def test_a_film_with_only_a_date_of_1917_has_no_status() -> None:
    facts = SashFacts(kind=TitleKind.MOVIE, days={ReleaseType.THEATRICAL: date(1917, 9, 5)})

    assert "" == text_on(TODAY, facts, *EVERY)
    assert sash_until(TODAY, EVERY, facts) is None


def test_a_year_ends_between_two_labels() -> None:
    facts = SashFacts(kind=TitleKind.MOVIE, days={ReleaseType.THEATRICAL: date(2027, 1, 1)})

    assert "1 Jan cinemas" == text_on(date(2026, 12, 31), facts)
    assert "In cinemas" == text_on(date(2027, 1, 1), facts)
    assert date(2027, 1, 1) == sash_until(date(2026, 12, 31), (SashWord.STATUS,), facts)


@pytest.mark.parametrize(("ahead", "expected"), [(1, ""), (0, "Just released"), (-14, "Just released"), (-15, "")])
def test_a_film_is_new_for_a_fortnight_after_its_digital_release(ahead: int, expected: str) -> None:
    assert expected == text_on(TODAY, a_film(theatrical=-30, digital=ahead), SashWord.NEW)


@pytest.mark.parametrize(("ahead", "expected"), [(1, ""), (0, "Premiere"), (-14, "Premiere"), (-15, "")])
def test_a_series_is_new_for_a_fortnight(ahead: int, expected: str) -> None:
    first = days_ahead(ahead)

    assert expected == text_on(TODAY, a_series(first_aired=first, seasons=(Aired(first, 1),)), SashWord.NEW)


@pytest.mark.parametrize(("ahead", "expected"), [(1, ""), (0, "New season"), (-14, "New season"), (-15, "")])
def test_a_season_is_new_for_a_fortnight(ahead: int, expected: str) -> None:
    seasons = (Aired(date(2020, 1, 1), 1), Aired(days_ahead(ahead), 2))

    assert expected == text_on(TODAY, a_series(first_aired=date(2020, 1, 1), seasons=seasons), SashWord.NEW)


def test_a_later_episode_makes_no_new_season() -> None:
    facts = a_series(first_aired=date(2020, 1, 1), last_episode=Aired(TODAY, 3, 5))

    assert "" == text_on(TODAY, facts, SashWord.NEW)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"first_aired": date(2026, 12, 25), "status": "In Production"}, "25 Dec premiere"),
        ({"last_episode": Aired(days_ahead(-14), 2, 4), "status": "Returning Series"}, "Airing"),
        ({"last_episode": Aired(days_ahead(-15), 2, 4), "status": "Returning Series"}, "Returning"),
        ({"next_episode": Aired(days_ahead(14), 2, 4), "status": "Returning Series"}, "Airing"),
        ({"next_episode": Aired(date(2027, 3, 4), 3, 1), "status": "Returning Series"}, "Season 3, 4 Mar"),
        ({"next_episode": Aired(date(2027, 3, 4), 3, 2), "status": "Returning Series"}, "Returning"),
        ({"seasons": (Aired(date(2027, 3, 4), 3),), "status": "Ended"}, "Season 3, 4 Mar"),
        ({"next_episode": None, "status": "Returning Series"}, "Returning"),
        ({"status": "Ended"}, "Ended"),
        ({"status": "Canceled"}, "Cancelled"),
        ({"status": "Planned"}, ""),
        ({}, ""),
    ],
)
def test_the_status_of_a_series(told: dict[str, object], expected: str) -> None:
    assert expected == text_on(TODAY, a_series(**told))


@pytest.mark.parametrize(
    ("word", "rank", "expected"),
    [
        (SashWord.TRENDING, 1, "#1 today"),
        (SashWord.TRENDING, 25, "#25 today"),
        (SashWord.TRENDING, 26, ""),
        (SashWord.TRENDING, None, ""),
        (SashWord.TOP, 12, "Top 250 #12"),
        (SashWord.TOP, 250, "Top 250 #250"),
        (SashWord.TOP, 251, ""),
    ],
)
def test_a_rank_counts_as_far_as_its_list_goes(word: SashWord, rank: int | None, expected: str) -> None:
    facts = SashFacts(kind=TitleKind.MOVIE, ranks={word: rank})

    assert expected == text_on(TODAY, facts, word)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (SashFacts(kind=TitleKind.MOVIE, award=Award.OSCAR), "Oscar winner"),
        (SashFacts(kind=TitleKind.SERIES, award=Award.EMMY), "Emmy winner"),
        (SashFacts(kind=TitleKind.MOVIE, nominated=Award.OSCAR), "Oscar nominee"),
        (SashFacts(kind=TitleKind.SERIES, nominated=Award.EMMY), "Emmy nominee"),
        (SashFacts(kind=TitleKind.MOVIE), ""),
    ],
)
def test_awards_and_nominations(facts: SashFacts, expected: str) -> None:
    assert expected == text_on(TODAY, facts, SashWord.AWARD, SashWord.NOMINEE)


def test_the_first_word_that_applies_is_drawn() -> None:
    facts = SashFacts(kind=TitleKind.MOVIE, award=Award.OSCAR, ranks={SashWord.TOP: 3})

    assert "Top 250 #3" == text_on(TODAY, facts, SashWord.NEW, SashWord.TOP, SashWord.AWARD)
    assert "Oscar winner" == text_on(TODAY, facts, SashWord.AWARD, SashWord.TOP)


def test_a_date_is_the_regions_or_else_the_earliest_of_any() -> None:
    releases = (
        Release("US", ReleaseType.THEATRICAL, date(2026, 10, 2)),
        Release("US", ReleaseType.THEATRICAL, date(2026, 12, 2)),
        Release("DE", ReleaseType.THEATRICAL, date(2026, 10, 30)),
        Release("KR", ReleaseType.DIGITAL, date(2026, 11, 20)),
        Release("JP", ReleaseType.DIGITAL, date(2026, 11, 10)),
        Release("US", ReleaseType.PHYSICAL, None),
    )

    assert {
        ReleaseType.THEATRICAL: date(2026, 10, 30),
        ReleaseType.DIGITAL: date(2026, 11, 10),
    } == release_days(releases, "DE")
    assert date(2026, 10, 2) == release_days(releases, "FR")[ReleaseType.THEATRICAL]


dates = st.integers(-400, 800).map(days_ahead)
aired = st.builds(Aired, dates, st.integers(0, 4), st.integers(1, 3))
films = st.builds(SashFacts, kind=st.just(TitleKind.MOVIE), days=st.dictionaries(st.sampled_from(ReleaseType), dates))
series = st.builds(
    SashFacts,
    kind=st.just(TitleKind.SERIES),
    showings=st.builds(
        Showings,
        first_aired=st.none() | dates,
        last_episode=st.none() | aired,
        next_episode=st.none() | aired,
        seasons=st.lists(aired, max_size=3).map(tuple),
        status=st.sampled_from(["Returning Series", "Ended", "Canceled", ""]),
    ),
)
words = st.permutations([SashWord.NEW, SashWord.STATUS]).map(tuple)


@given(films | series, words)
def test_a_label_is_true_until_its_day_and_not_longer(facts: SashFacts, asked: tuple[SashWord, ...]) -> None:
    text, until = text_on(TODAY, facts, *asked), sash_until(TODAY, asked, facts)
    last = until or days_ahead(1500)

    day = TODAY
    while day < last:
        assert text == text_on(day, facts, *asked)
        day += timedelta(days=1)
    assert until is None or text != text_on(until, facts, *asked)


def test_the_last_ranks_are_those_of_the_lists() -> None:
    assert {SashWord.TOP: 250, SashWord.TRENDING: 25} == LISTED
