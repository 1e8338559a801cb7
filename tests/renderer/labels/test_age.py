import pytest

from renderer.labels.age import age_text
from services.titles import Release, ReleaseType, Showings
from shared.settings.model import AgeRating

THEATRICAL, DIGITAL, PREMIERE = ReleaseType.THEATRICAL, ReleaseType.DIGITAL, ReleaseType.PREMIERE


def official(showings: Showings, region: str = "US", recommended: int | None = None) -> str:
    return age_text(AgeRating.OFFICIAL, showings, region, recommended)


def a_film(*rows: tuple[str, ReleaseType, str]) -> Showings:
    return Showings(releases=tuple(Release(region, kind, None, certificate) for region, kind, certificate in rows))


@pytest.mark.parametrize(
    ("rows", "region", "expected"),
    [
        ([("US", THEATRICAL, "R"), ("US", DIGITAL, "Unrated"), ("US", ReleaseType.PHYSICAL, "Unrated")], "US", "R"),
        ([("US", DIGITAL, "Unrated"), ("US", THEATRICAL, "R")], "US", "R"),
        ([("US", THEATRICAL, ""), ("US", THEATRICAL, "PG-13")], "US", "PG-13"),
        ([("US", THEATRICAL, ""), ("US", DIGITAL, "PG")], "US", "PG"),
        ([("US", PREMIERE, "G"), ("US", ReleaseType.TV, "PG")], "US", "PG"),
        ([("US", THEATRICAL, "NR"), ("US", DIGITAL, "Not Rated")], "US", ""),
        ([("US", THEATRICAL, "R")], "FR", "R"),  # a region without rows
        ([("FR", THEATRICAL, "NR"), ("US", THEATRICAL, "R")], "FR", "R"),
        ([("DE", THEATRICAL, "16"), ("US", THEATRICAL, "R")], "DE", "FSK 16"),
        ([("US", THEATRICAL, "R")], "DE", "R"),
        ([("AU", THEATRICAL, "MA 15+")], "AU", "MA 15+"),
        ([("BR", THEATRICAL, "16"), ("US", THEATRICAL, "R")], "BR", "16"),
        ([("XX", THEATRICAL, "Something long"), ("US", THEATRICAL, "R")], "XX", ""),
        ([], "US", ""),
    ],
)
def test_the_certificate_of_a_film(rows: list[tuple[str, ReleaseType, str]], region: str, expected: str) -> None:
    assert expected == official(a_film(*rows), region)


@pytest.mark.parametrize(
    ("certificates", "region", "expected"),
    [
        ({"US": "TV-MA", "DE": "16"}, "US", "TV-MA"),
        ({"US": "TV-MA", "DE": "16"}, "DE", "FSK 16"),
        ({"US": "TV-MA", "BR": "16"}, "BR", "16"),
        ({"US": "TV-MA", "FR": ""}, "FR", "TV-MA"),
        ({"US": "NR"}, "US", ""),
    ],
)
def test_the_certificate_of_a_series(certificates: dict[str, str], region: str, expected: str) -> None:
    assert expected == official(Showings(certificates=certificates), region)


def test_without_a_certificate_the_recommended_age_is_drawn() -> None:
    assert "14+" == official(a_film(("US", THEATRICAL, "Unrated")), "FR", recommended=14)
    assert "R" == official(a_film(("US", THEATRICAL, "R")), "FR", recommended=14)


def test_a_certificate_that_is_too_long_is_not_replaced() -> None:
    assert "" == official(a_film(("US", THEATRICAL, "Btl. (certified)")), recommended=14)


@pytest.mark.parametrize(("recommended", "expected"), [(9, "9+"), (2, "2+"), (None, "")])
def test_common_sense_media_recommends_an_age(recommended: int | None, expected: str) -> None:
    showings = a_film(("US", THEATRICAL, "R"))

    assert expected == age_text(AgeRating.COMMONSENSE, showings, "US", recommended)
