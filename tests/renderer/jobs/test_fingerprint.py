"""Two pictures have the same fingerprint exactly if they look the same."""

import hashlib

import pytest

from renderer.drawing.picture import VERSION
from renderer.jobs.context import Rated
from renderer.jobs.fingerprint import fingerprint
from services.artwork import Art
from shared.domain.awards import Award
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import Label, Settings
from tests.renderer.studio import ART

OFFICIAL, WORDS, ICONS = (
    Settings(kind=Kind.POSTER, format=Format.JPG, label=label) for label in (Label.OFFICIAL, Label.TEXT, Label.ICON)
)


def drawn(settings: Settings, site: RatingSite, value: float, votes: int | None) -> str:
    return fingerprint(settings, Rated({site: Rating(value, votes)}), ART)


@pytest.mark.parametrize("settings", [OFFICIAL, WORDS, ICONS], ids=["official", "words", "icons"])
@pytest.mark.parametrize(
    ("site", "before", "after"),
    [
        (RatingSite.IMDB, (8.42, 1_000), (8.44, 1_250)),
        (RatingSite.TMDB, (71.2, 90), (70.8, 91)),
        (RatingSite.RT, (93.0, 118), (93.0, 340)),
        (RatingSite.MAL, (8.101, None), (8.104, 7)),
        (RatingSite.IMDB, (8.95, 9), (9.0, 9)),
        (RatingSite.RT, (60.2, 118), (60.4, 0)),
    ],
)
def test_other_votes_and_an_equal_text_are_no_new_picture(
    settings: Settings, site: RatingSite, before: tuple[float, int | None], after: tuple[float, int | None]
) -> None:
    assert drawn(settings, site, *before) == drawn(settings, site, *after)


@pytest.mark.parametrize(
    ("site", "before", "after"),
    [(RatingSite.IMDB, (8.42, 1), (8.52, 1)), (RatingSite.TMDB, (71.0, 90), (72.0, 90))],
)
def test_another_text_is_a_new_picture(
    site: RatingSite, before: tuple[float, int | None], after: tuple[float, int | None]
) -> None:
    assert drawn(OFFICIAL, site, *before) != drawn(OFFICIAL, site, *after)


def test_another_verdict_is_a_new_picture_only_where_it_is_shown() -> None:
    fresh, certified = (90.0, 10), (90.0, 100)

    assert drawn(OFFICIAL, RatingSite.RT, *fresh) != drawn(OFFICIAL, RatingSite.RT, *certified)
    assert drawn(WORDS, RatingSite.RT, *fresh) == drawn(WORDS, RatingSite.RT, *certified)


def test_an_equal_text_with_another_verdict_is_a_new_picture_where_the_verdict_is_shown() -> None:
    rotten, fresh = (59.5, 118), (60.4, 118)

    assert drawn(OFFICIAL, RatingSite.RT, *rotten) != drawn(OFFICIAL, RatingSite.RT, *fresh)
    assert drawn(WORDS, RatingSite.RT, *rotten) == drawn(WORDS, RatingSite.RT, *fresh)


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (OFFICIAL, ["imdb=8.4 mark/imdb", "rt=92% mark/rt-certified", "tmdb=85% mark/tmdb"]),
        (WORDS, ["imdb=8.4 IMDb", "rt=92% RTC", "tmdb=85% TMDB"]),
        (ICONS, ["imdb=8.4 mono/imdb", "rt=92% mono/rt", "tmdb=85% mono/tmdb"]),
    ],
    ids=["official", "words", "icons"],
)
def test_pictures_in_storage_keep_their_fingerprint(settings: Settings, lines: list[str]) -> None:
    ratings = {RatingSite.IMDB: Rating(8.42, 9), RatingSite.RT: Rating(92, 118), RatingSite.TMDB: Rating(85.2, 90)}
    recorded = "\n".join([VERSION, ART.path, "", *lines])

    assert hashlib.sha256(recorded.encode()).hexdigest()[:32] == fingerprint(settings, Rated(ratings), ART)


def test_other_artwork_and_another_award_are_new_pictures() -> None:
    rated = Rated({RatingSite.IMDB: Rating(8.4, 1)})
    awarded = Rated(rated.ratings, Award.OSCAR)
    other = Art("/other.jpg", ART.width, ART.height, "en", votes=1.0)

    assert 3 == len(
        {fingerprint(OFFICIAL, rated, ART), fingerprint(OFFICIAL, rated, other), fingerprint(OFFICIAL, awarded, ART)}
    )
