"""Which elements a title has, and that nothing else is part of what is compared."""

from typing import Any

import msgspec
import pytest

from renderer.drawing.freehand.design_facts import NO_FACTS, DesignFacts
from renderer.drawing.freehand.shown_elements import ShownBadges, describe_shown, shown_elements
from shared.designs.conditions import Fact
from shared.domain.awards import Award
from shared.domain.ratings import Rating, Ratings, RatingSite
from tests.renderer.drawing.arts import RATINGS
from tests.renderer.drawing.freehand.titles import KNOWN, WORDS
from tests.shared.designs.written import SPECIMEN, written

NEED_SOMETHING: list[dict[str, Any]] = [
    {"type": "ratings"},
    {"type": "rating", "site": "lb", "else": "imdb"},
    {"type": "award"},
    {"type": "sash", "words": ["new"]},
    {"type": "age"},
    {"type": "quality"},
    {"type": "text", "text": "{title}"},
    {"type": "text", "text": "{score} of 100"},
    {"type": "bar", "site": "mc"},
]
ALWAYS: list[dict[str, Any]] = [
    {"type": "scrim"},
    {"type": "box", "width": 10, "height": 10},
    {"type": "logo"},
    {"type": "text", "text": "{title|Untitled}"},
]


def described(
    *elements: dict[str, Any],
    ratings: Ratings = RATINGS,
    award: Award | None = Award.OSCAR,
    facts: DesignFacts = KNOWN,
) -> list[str]:
    return describe_shown(shown_elements(written(*elements), ratings, award, facts))


@pytest.mark.parametrize("element", NEED_SOMETHING, ids=lambda element: element["type"])
def test_an_element_without_what_it_shows_is_left_out(element: dict[str, Any]) -> None:
    assert 1 == len(described(element))
    assert [] == described(element, ratings={}, award=None, facts=NO_FACTS)


@pytest.mark.parametrize("element", ALWAYS, ids=lambda element: element["type"])
def test_an_element_that_needs_nothing_is_always_there(element: dict[str, Any]) -> None:
    assert 1 == len(described(element, ratings={}, award=None, facts=NO_FACTS))


@pytest.mark.parametrize("element", SPECIMEN["elements"], ids=lambda element: element["type"])
def test_an_element_whose_condition_is_not_met_is_left_out(element: dict[str, Any]) -> None:
    fitting = {**element, "words": ["new"]} if element["type"] == "sash" else element

    assert 1 == len(described({**fitting, "when": [["award", "eq", "oscar"]]}))
    assert [] == described({**fitting, "when": [["award", "eq", "emmy"]]})


def test_a_missing_rating_is_replaced_by_that_of_else() -> None:
    (shown,) = shown_elements(
        written({"type": "rating", "site": "lb", "else": "imdb"}), {RatingSite.IMDB: Rating(8.3)}, None, NO_FACTS
    )

    assert isinstance(shown, ShownBadges)
    assert ["8.3"] == [content.value for content in shown.contents]


def test_ratings_close_up_and_end_at_their_limit() -> None:
    known = {site: RATINGS[site] for site in (RatingSite.MC, RatingSite.IMDB, RatingSite.LB, RatingSite.TRAKT)}

    (shown,) = shown_elements(
        written({"type": "ratings", "sites": ["lb", "rt", "imdb", "mc"], "limit": 2}), known, None, NO_FACTS
    )

    assert isinstance(shown, ShownBadges)
    assert ["4.2", "8.5"] == [content.value for content in shown.contents]


def test_ratings_compare_on_their_own_scale_and_the_score_from_0_to_100() -> None:
    for condition in (["lb", "ge", 4.2], ["imdb", "lt", 8.6], ["score", "eq", 82], ["avg", "eq", 82]):
        assert 1 == len(described({"type": "scrim", "when": [condition]})), condition


@pytest.mark.parametrize("element", [*NEED_SOMETHING, *ALWAYS], ids=lambda element: element["type"])
def test_a_fact_that_is_not_used_changes_nothing(element: dict[str, Any]) -> None:
    used = {Fact.TITLE} if element["type"] == "text" else set()
    other = {fact: f"{word}!" for fact, word in WORDS.items() if fact not in used}
    changed = msgspec.structs.replace(KNOWN, words=WORDS | other, values={Fact.YEAR: 2000.0})

    assert described(element) == described(element, facts=changed)


def test_which_of_two_plain_elements_is_drawn_makes_a_difference() -> None:
    dark = {"type": "scrim", "when": [["award", "eq", "oscar"]]}
    light = {"type": "scrim", "colour": "#ffffff", "when": [["award", "eq", "none"]]}

    assert described(dark, light) != described(dark, light, award=None)
