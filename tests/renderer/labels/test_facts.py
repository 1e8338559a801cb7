"""Chips of quality and of a title's facts: what they say in every language, and that they have room."""

import importlib.resources
import tomllib
from datetime import date
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.chip_content import ChipRole
from renderer.drawing.design import compile_design
from renderer.drawing.layout.chip_layout import PlacedChips
from renderer.drawing.layout.picture_layout import PlacedAward, lay_out
from renderer.drawing.picture import shown
from renderer.drawing.script_fonts import can_write
from renderer.jobs.context import Rated
from renderer.jobs.fingerprint import fingerprint
from renderer.labels.choose import LabelFacts, Labels, choose_labels
from renderer.labels.facts import fact_chips, genre_text, runtime_text
from renderer.labels.quality_text import QUALITY_TEXT
from renderer.labels.words import all_words
from services.titles import Title
from shared.domain.awards import Award
from shared.domain.pictures import Kind
from shared.settings.model import LabelPosition, QualityPosition, QualitySize
from shared.settings.quality import Quality
from tests.renderer.drawing.arts import RATINGS, settings_of
from tests.renderer.drawing.test_chip_layout import badge_boxes, chip_boxes, every_box
from tests.renderer.drawing.test_layout import are_apart
from tests.renderer.studio import ART, MOVIE

TABLES = tomllib.loads(importlib.resources.files("renderer.labels").joinpath("genres.toml").read_text("utf-8"))
LANGUAGES = sorted(TABLES["words"])
GENRES = sorted(map(int, TABLES["tmdb"]))
FILM = Title(media=MOVIE, name="Metropolis", released=date(1927, 2, 6), genre=18, runtime=153)


def said(title: Title = FILM, **query: Any) -> list[str]:
    """Return the texts of the facts, in order."""
    return [chip.text for chip in fact_chips(settings_of(**query), title).get(ChipRole.FACTS, ())]


def test_every_language_of_the_labels_has_every_genre() -> None:
    assert set(all_words()) == set(LANGUAGES)
    assert len(LANGUAGES) >= 20
    assert {len(TABLES["keys"])} == {len(TABLES["words"][language]["genres"]) for language in LANGUAGES}
    assert set(TABLES["keys"]) == {key for keys in TABLES["tmdb"].values() for key in keys}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_can_be_drawn_in_every_language(language: str) -> None:
    texts = [*(genre_text(number, language) for number in GENRES), runtime_text(153, language)]

    assert all(text and can_write(text) for text in texts)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"chips": "genre,runtime,year"}, ["Drama", "2h 33m", "1927"]),
        ({"chips": "year,genre"}, ["1927", "Drama"]),
        ({"chips": "none"}, []),
        ({"chips": "genre,runtime", "lang": "ru"}, ["Драма", "2 ч 33 мин"]),
        ({"chips": "genre,runtime", "lang": "zh-TW"}, ["劇情", "2小時33分鐘"]),
        ({"chips": "genre,runtime", "lang": "original,none,sw,pt-BR"}, ["Drama", "2 h 33 min"]),
        ({"chips": "genre,year", "lang": "he"}, ["1927", "דרמה"]),  # as they stand, from left to right
        ({"chips": "genre", "lang": "sw"}, ["Drama"]),
        ({"chips": "genre", "kind": Kind.BACKDROP, "lang": "ja"}, ["ドラマ"]),
    ],
)
def test_facts_are_in_the_words_of_the_language_and_in_the_order_of_the_settings(
    query: dict[str, Any], expected: list[str]
) -> None:
    assert expected == said(**query)


@pytest.mark.parametrize(
    ("minutes", "expected"), [(1, "1m"), (59, "59m"), (60, "1h"), (61, "1h 1m"), (120, "2h"), (5999, "99h 59m")]
)
def test_a_runtime_is_written_without_zeros(minutes: int, expected: str) -> None:
    assert expected == runtime_text(minutes, "en")


def test_a_genre_of_television_that_is_two_is_both() -> None:
    assert ["Sci-Fi & Fantasy"] == said(msgspec.structs.replace(FILM, genre=10765), chips="genre")


@pytest.mark.parametrize(
    "title",
    [Title(media=MOVIE), Title(media=MOVIE, genre=999_999), Title(media=MOVIE, runtime=0)],
    ids=["nothing", "an unknown genre", "no minute"],
)
def test_an_unknown_fact_has_no_chip(title: Title) -> None:
    assert [] == said(title, chips="genre,runtime,year")


def test_every_quality_has_its_own_lettering_without_a_trademark() -> None:
    texts = [QUALITY_TEXT[quality] for quality in Quality]

    assert len(set(texts)) == len(texts)
    assert all(len(text) <= 10 and "DOLBY" not in text.upper() and "DTS" not in text.upper() for text in texts)


def test_quality_is_shown_in_the_clients_order() -> None:
    chips = fact_chips(settings_of(badges="atmos,dolbyvisioncolor,4K,country.us"), FILM)

    assert {ChipRole.QUALITY: ("ATMOS", "DV", "4K")} == {
        role: tuple(chip.text for chip in row) for role, row in chips.items()
    }


def test_facts_and_quality_are_compared_and_stand_beside_other_labels() -> None:
    settings = settings_of(badges="4k", chips="genre", sash="award", awards=False)
    labels = choose_labels(settings, FILM, LabelFacts(award=Award.OSCAR), date(2026, 11, 21))

    other = choose_labels(
        settings, msgspec.structs.replace(FILM, genre=27), LabelFacts(award=Award.OSCAR), date(2026, 11, 21)
    )

    assert {ChipRole.SASH, ChipRole.QUALITY, ChipRole.FACTS} == set(labels.chips)
    prints = {fingerprint(settings, Rated(), ART, each) for each in (labels, other, Labels())}
    assert 3 == len(prints)


@given(
    kind=st.sampled_from([Kind.POSTER, Kind.BACKDROP]),
    language=st.sampled_from(LANGUAGES),
    genre=st.sampled_from(GENRES),
    badges=st.lists(st.sampled_from(Quality), max_size=4),
    places=st.tuples(st.sampled_from(QualityPosition), st.sampled_from(LabelPosition)),
    size=st.sampled_from(QualitySize),
    badge_size=st.sampled_from(["xs", "m", "xl"]),
    position=st.sampled_from(["bc", "tc", "tl", "tr", "l", "br"]),
    limit=st.integers(0, 10),
)
def test_all_of_them_have_room(  # noqa: PLR0917 - one per setting
    kind: Kind,
    language: str,
    genre: int,
    badges: list[Quality],
    places: tuple[QualityPosition, LabelPosition],
    size: QualitySize,
    badge_size: str,
    position: str,
    limit: int,
) -> None:
    query: dict[str, Any] = {
        "badgePos": places[0],
        "chips_position": places[1],
        "badgeSize": size,
        "badge_size": badge_size,
    }
    query |= {"badges": ",".join(badges) or "none", "chips": "genre,runtime,year", "lang": language}
    settings = settings_of(kind=kind, position=position, ratings_limit=limit, **query)
    title = msgspec.structs.replace(FILM, genre=genre)

    layout = lay_out(
        compile_design(settings),
        shown(settings, RATINGS),
        Award.OSCAR,
        settings.canvas,
        fact_chips(settings, title),
    )

    every = every_box(layout)
    width, height = layout.size
    assert all(0 <= left < right <= width and 0 <= top < bottom <= height for left, top, right, bottom in every)
    assert all(are_apart(one, other) for one, other in combinations(every, 2))
    assert limit == len(badge_boxes(layout))
    if limit <= 5 and badge_size != "xl":  # many large badges leave less room
        assert len(set(badges)) + 3 == len(chip_boxes(layout))


def test_a_row_of_quality_moves_below_the_award() -> None:
    settings = settings_of(badges="4k,dolbyvision", badgePos="right")

    layout = lay_out(compile_design(settings), (), Award.OSCAR, settings.canvas, fact_chips(settings, FILM))

    (award,) = (part for part in layout.parts if isinstance(part, PlacedAward))
    (row,) = (part for part in layout.parts if isinstance(part, PlacedChips))
    assert all(chip.y > award.box[3] for chip in row.chips)
