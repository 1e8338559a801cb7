import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.rating_text import format_rating, verdict
from shared.domain.ratings import GREATEST, Rating, RatingSite


@pytest.mark.parametrize(
    ("site", "value", "expected"),
    [
        (RatingSite.IMDB, 8.5, "8.5"),
        (RatingSite.TMDB, 85.2, "85%"),
        (RatingSite.RT, 92, "92%"),
        (RatingSite.RTA, 100, "100%"),
        (RatingSite.MC, 78, "78"),
        (RatingSite.TRAKT, 82, "82%"),
        (RatingSite.LB, 4.2, "4.2"),
        (RatingSite.MAL, 8.5, "8.50"),
        (RatingSite.MDBLIST, 81, "81"),
        (RatingSite.EBERT, 4, "4.0"),
        (RatingSite.RT, 0, "0%"),
        (RatingSite.RT, 0.4, "0%"),
        (RatingSite.RT, -0.0, "0%"),
        (RatingSite.RTA, 0, "0%"),
        (RatingSite.MC, 0, "0"),
        (RatingSite.EBERT, 0, "0.0"),
        (RatingSite.IMDB, 8.95, "9.0"),
        (RatingSite.IMDB, 8.25, "8.3"),
        (RatingSite.IMDB, 9.95, "10.0"),
        (RatingSite.IMDB, 10, "10.0"),
        (RatingSite.LB, 4.15, "4.2"),
        (RatingSite.LB, 4.25, "4.3"),
        (RatingSite.EBERT, 3.25, "3.3"),
        (RatingSite.MAL, 8.505, "8.51"),
        (RatingSite.MAL, 9.995, "10.00"),
        (RatingSite.RT, 59.5, "60%"),
        (RatingSite.RT, 60.5, "61%"),
        (RatingSite.RTA, 74.5, "75%"),
        (RatingSite.TMDB, 82.5, "83%"),
        (RatingSite.TMDB, 82.495, "82%"),
        (RatingSite.TRAKT, 99.5, "100%"),
        (RatingSite.MC, 0.5, "1"),
        (RatingSite.MDBLIST, 78.5, "79"),
    ],
)
def test_a_value_is_formatted_like_on_its_site(site: RatingSite, value: float, expected: str) -> None:
    assert expected == format_rating(site, Rating(value))


@pytest.mark.parametrize("value", [-0.1, -1, 10.01, math.nan, math.inf])
def test_an_invalid_rating_is_not_formatted(value: float) -> None:
    assert format_rating(RatingSite.IMDB, Rating(value)) is None


@given(st.sampled_from(list(RatingSite)), st.floats(allow_nan=True, allow_infinity=True))
def test_a_formatted_value_is_short_and_within_the_scale(site: RatingSite, value: float) -> None:
    text = format_rating(site, Rating(value))

    assert text is None or (len(text) <= 5 and 0 <= float(text.rstrip("%")) <= GREATEST[site])


@pytest.mark.parametrize(
    ("site", "value", "votes", "expected"),
    [
        (RatingSite.RT, 75, 40, "rt-certified"),
        (RatingSite.RT, 75, None, "rt-certified"),
        (RatingSite.RT, 99, 39, "rt-fresh"),
        (RatingSite.RT, 74, 400, "rt-fresh"),
        (RatingSite.RT, 60, 400, "rt-fresh"),
        (RatingSite.RT, 59, 400, "rt-rotten"),
        (RatingSite.RT, 59.5, 400, "rt-rotten"),  # the exact value, though 60% is shown
        (RatingSite.RT, 59.999, 400, "rt-rotten"),
        (RatingSite.RT, 74.5, 400, "rt-fresh"),
        (RatingSite.RT, 74.999, None, "rt-fresh"),
        (RatingSite.RT, 99, 0, "rt-fresh"),
        (RatingSite.RT, 100, 0, "rt-fresh"),
        (RatingSite.RTA, 74.5, 90, "rta-upright"),
        (RatingSite.RTA, 59.5, 90, "rta-spilled"),
        (RatingSite.RTA, 99, 0, "rta-hot"),
        (RatingSite.RT, 0, 118, "rt-rotten"),
        (RatingSite.RT, 0, None, "rt-rotten"),
        (RatingSite.RTA, 0, 50, "rta-spilled"),
        (RatingSite.RTA, 75, None, "rta-hot"),
        (RatingSite.RTA, 60, None, "rta-upright"),
        (RatingSite.RTA, 59, None, "rta-spilled"),
        (RatingSite.IMDB, 9, None, None),
    ],
)
def test_a_score_of_rotten_tomatoes_has_a_verdict(
    site: RatingSite, value: float, votes: int | None, expected: str | None
) -> None:
    assert expected == verdict(site, Rating(value, votes))
