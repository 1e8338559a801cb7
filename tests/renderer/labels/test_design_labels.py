"""What a design says of a title: in words, for conditions, and until when."""

from datetime import date
from typing import Any

import msgspec

from renderer.labels.choose import LabelFacts, Labels
from renderer.labels.design_labels import TitleNames, choose_design_labels
from services.titles import Aired, Release, ReleaseType, Showings, Title
from shared.designs.as_settings import design_settings
from shared.designs.conditions import Fact
from shared.designs.elements import AgeSystem
from shared.domain.ids import Episode, MediaId, TitleKind
from shared.domain.pictures import Format
from shared.settings.model import SashWord
from shared.settings.quality import Quality
from tests.shared.designs.written import written

EVERY = ("{title}{year}{runtime}{genre}", "{season}{episode}{episode_title}{status}{rank}")
TODAY = date(2026, 11, 21)
FILM = Title(
    media=MediaId(TitleKind.MOVIE, 19),
    name="Metropolis",
    released=date(1927, 2, 6),
    genre=10768,
    runtime=153,
    showings=Showings(
        releases=(
            Release("US", ReleaseType.DIGITAL, date(2026, 11, 20), "PG"),
            Release("DE", ReleaseType.THEATRICAL, date(1927, 1, 10), "12"),
        )
    ),
)
SERIES = Title(
    media=MediaId(TitleKind.SERIES, 7, Episode(2, 4)),
    name="The Flood",
    runtime=40,
    showings=Showings(last_episode=Aired(date(2026, 11, 19), 2, 4), status="Ended"),
)


def labels(
    *elements: dict[str, Any],
    title: Title = FILM,
    names: TitleNames | None = None,
    ranks: dict[SashWord, int | None] | None = None,
    lang: str = "",
    **chosen: Any,
) -> Labels:
    design = written(*elements, art={"lang": lang})
    settings = design_settings(design, Format.JPG, chosen)
    known = LabelFacts(age=9, ranks=ranks or {})
    return choose_design_labels(design, settings, title, names or TitleNames(title, title.name), known, TODAY)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_only_facts_that_the_design_uses_are_there() -> None:
    facts = labels(text("{year}"), {"type": "scrim", "when": [["runtime", "gt", 90]]}).facts

    assert facts is not None
    assert {Fact.YEAR: "1927", Fact.RUNTIME: "2h 33m"} == facts.words
    assert {Fact.YEAR: 1927.0, Fact.RUNTIME: 153.0} == facts.values
    assert ({}, {}, ()) == (facts.sashes, facts.ages, facts.quality)


def test_words_are_in_the_language_and_conditions_are_not() -> None:
    facts = labels(text("{genre}{runtime}"), lang="de").facts

    assert facts is not None
    assert "Kriegsfilm & Politik" == facts.words[Fact.GENRE]
    assert ("War", "Politics") == facts.values[Fact.GENRE]
    assert "2 Std. 33 Min." == facts.words[Fact.RUNTIME]


def test_an_episode_has_its_numbers_and_both_names() -> None:
    series = Title(media=SERIES.media.series, name="Fantômas", genre=80)

    facts = labels(*map(text, EVERY), title=SERIES, names=TitleNames(series, "Fantômas", "The Flood")).facts

    assert facts is not None
    assert "Fantômas" == facts.words[Fact.TITLE]
    assert ("2", "4", "The Flood") == tuple(
        facts.words[each] for each in (Fact.SEASON, Fact.EPISODE, Fact.EPISODE_TITLE)
    )
    assert ("Crime",) == facts.values[Fact.GENRE]
    assert Fact.YEAR not in facts.words


def test_the_kind_is_that_of_the_title() -> None:
    condition = {"type": "scrim", "when": [["kind", "eq", "movie"]]}
    season = msgspec.structs.replace(SERIES, media=MediaId(TitleKind.SERIES, 7, season=2))

    found = [labels(condition, title=title).facts for title in (FILM, SERIES, season)]

    assert ["movie", "episode", "series"] == [each.values[Fact.KIND] for each in found if each is not None]


def test_each_sash_has_its_own_words() -> None:
    both = labels(
        {"type": "sash", "words": ["top", "new"]}, {"type": "sash", "words": ["status"]}, ranks={SashWord.TOP: 3}
    )

    assert both.facts is not None
    assert ["Top 250 #3", "Streaming"] == [chip.text for chip in both.facts.sashes.values()]
    assert "top=3" == both.lists
    assert frozenset({SashWord.TOP}) == both.carried_by


def test_a_sash_lasts_until_the_first_of_them_changes() -> None:
    new, status = ({"type": "sash", "words": [word]} for word in ("new", "status"))

    alone = [labels(each).until for each in (new, status)]

    assert [date(2026, 12, 5), date(2027, 2, 19)] == alone
    assert date(2026, 12, 5) == labels(status, new).until
    assert labels(text("{title}")).until is None


def test_the_status_is_a_word_of_the_sash_and_its_key_for_conditions() -> None:
    facts = labels(text("{status}")).facts

    assert facts is not None
    assert ("streaming", "Streaming") == (facts.values[Fact.STATUS], facts.words[Fact.STATUS])


def test_the_rank_is_that_in_the_list_of_the_best() -> None:
    listed, beyond = (labels(text("{rank}"), ranks={SashWord.TOP: rank}) for rank in (12, 400))

    assert listed.facts is not None
    assert beyond.facts is not None
    assert ("12", "top=12") == (listed.facts.words[Fact.RANK], listed.lists)
    assert ({}, "top=") == (beyond.facts.words, beyond.lists)


def test_both_systems_of_age_ratings_may_be_shown() -> None:
    found = labels({"type": "age"}, {"type": "age", "system": "commonsense"}, region="US").facts

    assert found is not None
    assert {AgeSystem.OFFICIAL: "PG", AgeSystem.COMMONSENSE: "9+"} == found.ages


def test_quality_comes_from_the_address() -> None:
    found = labels({"type": "quality"}, quality=(Quality.K4, Quality.HDR)).facts

    assert found is not None
    assert ["4K", "HDR"] == [chip.text for chip in found.quality]
