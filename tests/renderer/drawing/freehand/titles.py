"""Titles as a design meets them: with everything known, with nothing, and anything between."""

from hypothesis import strategies as st

from renderer.drawing.chip_content import Chip
from renderer.drawing.freehand.design_facts import DesignFacts
from shared.designs.conditions import Fact
from shared.designs.document import DesignDocument
from shared.designs.elements import AgeSystem, SashElement
from shared.domain.awards import Award
from shared.domain.ratings import GREATEST, Rating, Ratings, RatingSite
from shared.settings.model import SashWord

NAMES = ("M", "The Cabinet of Dr. Caligari", "Im Westen nichts Neues", "Человек с киноаппаратом", "W" * 90, "最後の人")
WORDS = {
    Fact.TITLE: "Metropolis",
    Fact.YEAR: "1927",
    Fact.RUNTIME: "2h 33m",
    Fact.GENRE: "Sci-Fi",
    Fact.SEASON: "2",
    Fact.EPISODE: "7",
    Fact.EPISODE_TITLE: "The Flood",
    Fact.STATUS: "Ended",
    Fact.RANK: "12",
}
VALUES: dict[Fact, float | str | tuple[str, ...]] = {
    Fact.KIND: "movie",
    Fact.TITLE: "Metropolis",
    Fact.YEAR: 1927.0,
    Fact.RUNTIME: 153.0,
    Fact.GENRE: ("Sci-Fi", "Drama"),
    Fact.RANK: 12.0,
}
KNOWN = DesignFacts(
    values=VALUES,
    words=WORDS,
    lang="en",
    sashes={(SashWord.NEW,): Chip("Just released")},
    ages={AgeSystem.OFFICIAL: "PG-13", AgeSystem.COMMONSENSE: "8+"},
    quality=(Chip("4K"), Chip("DV"), Chip("ATMOS")),
)
"""Everything that a design may ask."""

AWARDS = st.none() | st.sampled_from(Award)


@st.composite
def any_ratings(draw: st.DrawFn) -> Ratings:
    """Return valid ratings of some sites."""
    sites = draw(st.lists(st.sampled_from(RatingSite), unique=True))
    return {site: Rating(draw(st.floats(0, GREATEST[site]))) for site in sites}


@st.composite
def any_facts(draw: st.DrawFn, design: DesignDocument) -> DesignFacts:
    """Return some facts of a title, with what any sash of the design may say."""
    known = draw(st.frozensets(st.sampled_from(Fact)))
    sashes = [each.words for each in design.elements if isinstance(each, SashElement)]
    return DesignFacts(
        values={fact: value for fact, value in VALUES.items() if fact in known},
        words={fact: word for fact, word in WORDS.items() if fact in known}
        | {Fact.TITLE: draw(st.sampled_from(NAMES))},
        lang=draw(st.sampled_from(("", "en", "ja", "zh-Hans"))),
        sashes={words: Chip(draw(st.sampled_from(("Airing", "Streaming 24 December", "放送中")))) for words in sashes},
        ages=KNOWN.ages if draw(st.booleans()) else {},
        quality=KNOWN.quality * draw(st.integers(0, 4)),
    )
