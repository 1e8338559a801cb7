from typing import Any

import msgspec
import pytest

from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument, canonical_text, decode_design
from shared.domain.pictures import Format, Kind, Size
from shared.settings.digest import settings_hash
from shared.settings.model import AgeRating, ArtPreference, Heading, SashWord, Settings, TitleFact
from shared.settings.quality import Quality
from tests.shared.designs.written import SPECIMEN, written


def of(design: DesignDocument, fmt: Format = Format.JPG, **chosen: Any) -> Settings:
    return design_settings(design, fmt, chosen)


def test_settings_name_everything_that_a_design_needs() -> None:
    settings = of(msgspec.convert(SPECIMEN, DesignDocument))

    sites = ("mal", "imdb", "lb", "rt", "tmdb", "trakt", "mcu")
    assert (sites, 7) == (settings.ratings, settings.limit)
    assert (True, (SashWord.AWARD, SashWord.NEW)) == (settings.awards, settings.sash)
    assert (AgeRating.OFFICIAL, (TitleFact.YEAR,)) == (settings.age_rating, settings.chips)
    assert (Heading.LOGO, True, "de,original") == (settings.title, settings.textless, settings.lang)
    assert (ArtPreference.FANART, "DE") == (settings.art, settings.region)


def test_a_design_without_labels_needs_nothing_but_its_artwork() -> None:
    settings = of(written({"type": "box", "width": 10, "height": 10}))

    assert ((), 0, False, (), ()) == (
        settings.ratings,
        settings.limit,
        settings.awards,
        settings.sash,
        settings.chips,
    )
    assert (AgeRating.NONE, Heading.NONE) == (settings.age_rating, settings.title)


@pytest.mark.parametrize(
    ("element", "field", "needed"),
    [
        ({"type": "text", "text": "{score}"}, "ratings", ("avg",)),
        ({"type": "text", "text": "No. {rank|-}"}, "sash", (SashWord.TOP,)),
        ({"type": "box", "width": 1, "height": 1, "when": [["status", "has", True]]}, "sash", (SashWord.STATUS,)),
        ({"type": "box", "width": 1, "height": 1, "when": [["award", "eq", "oscar"]]}, "awards", True),
        ({"type": "box", "width": 1, "height": 1, "when": [["ebert", "lt", 2]]}, "ratings", ("ebert",)),
        ({"type": "text", "text": "x", "when": [["genre", "has", "Drama"]]}, "chips", (TitleFact.GENRE,)),
    ],
)
def test_facts_in_texts_and_conditions_are_gathered(element: dict[str, Any], field: str, needed: object) -> None:
    assert needed == getattr(of(written(element)), field)


def test_size_quality_art_and_region_come_from_the_address() -> None:
    design = written({"type": "quality"}, {"type": "age"})
    chosen = {"size": Size.LARGE, "quality": (Quality.K4,), "art_file": "a.jpg", "region": "FR", "blur": True}

    settings = of(design, Format.WEBP, **chosen)

    assert (Format.WEBP, Size.LARGE, (Quality.K4,)) == (settings.format, settings.size, settings.quality)
    assert ("a.jpg", "FR", False) == (settings.art_file, settings.region, settings.blur)


def test_quality_that_a_design_does_not_show_makes_no_other_picture() -> None:
    design = written({"type": "award"})

    assert of(design) == of(design, quality=(Quality.K4,), region="FR")


@pytest.mark.parametrize("kind", Kind)
def test_equal_designs_have_one_hash_however_they_are_written(kind: Kind) -> None:
    element = {"type": "rating", "site": "imdb", "x": 300, "when": [["imdb", "ge", 7]]}
    other = {"when": [["imdb", "ge", 7.0]], "y": 24, "opacity": 100, **element}

    first, second = of(written(element, kind=kind)), of(written(other, kind=kind, version=1))

    assert settings_hash(first) == settings_hash(second)
    assert settings_hash(first) != settings_hash(of(written(element | {"x": 301}, kind=kind)))


def test_the_canonical_text_has_sorted_names_and_no_defaults() -> None:
    text = canonical_text(
        written({"type": "rating", "site": "imdb", "x": 300, "y": 24, "when": [["lb", "in", [4, 4.5]]]})
    )

    expected = '{"elements":[{"site":"imdb","type":"rating","when":[["lb","in",[4,4.5]]],"x":300}],"kind":"poster"}'
    assert expected == text
    assert text == canonical_text(decode_design(text))


def test_settings_of_a_design_survive_the_store() -> None:
    settings = of(msgspec.convert(SPECIMEN, DesignDocument))

    assert settings == msgspec.json.decode(msgspec.json.encode(settings), type=Settings)
