"""The average of the ratings, what counts towards it, and which ratings have enough votes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.drawing.badge_content import badge_contents
from renderer.drawing.picture import shown
from renderer.drawing.rating_average import FEWEST_VOTES
from renderer.jobs.context import Rated
from renderer.jobs.fingerprint import fingerprint
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import GREATEST, Rating, Ratings, RatingSite
from shared.settings.weights import NEVER_COUNTED
from tests.renderer.drawing.arts import settings_of
from tests.renderer.studio import ART

IMDB, TMDB, RT, RTA, MC, EBERT = (RatingSite(word) for word in ("imdb", "tmdb", "rt", "rta", "mc", "ebert"))
MDBLIST, LB, MCU, TRAKT, MAL, AVG = (RatingSite(word) for word in ("mdblist", "lb", "mcu", "trakt", "mal", "avg"))
ANILIST, KITSU = RatingSite.ANILIST, RatingSite.KITSU
KNOWN: Ratings = {IMDB: Rating(8.0), RT: Rating(90), MC: Rating(70), LB: Rating(4.0), EBERT: Rating(3.0)}


def texts(known: Ratings, kind: Kind = Kind.POSTER, **query: object) -> list[str]:
    """Return what the badges say, in order."""
    settings = settings_of(Format.PNG, kind, **{"ratings_order": "avg", "ratings_limit": 1, **query})
    return [each.value for each in badge_contents(settings.label, shown(settings, known), settings.rating_scale)]


@pytest.mark.parametrize(
    ("known", "query", "expected"),
    [
        (KNOWN, {}, ["79"]),  # (80 + 90 + 70 + 80 + 75) / 5
        (KNOWN, {"average": "critics"}, ["78"]),  # 90, 70, 75
        (KNOWN, {"average": "audience"}, ["80"]),  # 80, 80
        (KNOWN, {"weights": "imdb:3,rt:1"}, ["83"]),  # 82.5
        (KNOWN, {"weights": "imdb:3,rt:1", "rating_scale": 10}, ["8.3"]),  # 8.25
        (KNOWN, {"weights": "imdb:100,rt:0,mc:100"}, ["75"]),
        (KNOWN, {"average": "critics", "weights": "imdb:5,rt:1,mc:1"}, ["80"]),
        (KNOWN, {"rating_scale": 10}, ["7.9"]),
        (KNOWN, {"rating_scale": 100}, ["79"]),
        ({IMDB: Rating(8.05), RT: Rating(80)}, {}, ["80"]),  # 80.25
        ({IMDB: Rating(8.1), RT: Rating(80)}, {}, ["81"]),  # 80.5
        ({IMDB: Rating(10), RT: Rating(100)}, {"rating_scale": 10}, ["10"]),
        ({IMDB: Rating(0, 9), RT: Rating(0)}, {}, ["0"]),
        ({IMDB: Rating(7.0), MCU: Rating(8.0), MDBLIST: Rating(1)}, {}, ["75"]),
        (
            {IMDB: Rating(7.0), RT: Rating(20), ANILIST: Rating(90), KITSU: Rating(80.0)},
            {"average": "audience"},
            ["80"],
        ),
        ({ANILIST: Rating(90), KITSU: Rating(84.23), IMDB: Rating(1)}, {"weights": "anilist:3,kitsu:1"}, ["89"]),
        ({IMDB: Rating(7.0), TMDB: Rating(81)}, {"kind": Kind.EPISODE}, ["76"]),  # 75.5
    ],
)
def test_the_average_is_weighted_and_rounded_half_up(
    known: Ratings, query: dict[str, Any], expected: list[str]
) -> None:
    assert expected == texts(known, **query)


@pytest.mark.parametrize(
    ("known", "query"),
    [
        ({IMDB: Rating(8.0)}, {}),
        ({}, {}),
        ({IMDB: Rating(8.0), MDBLIST: Rating(80)}, {}),
        ({IMDB: Rating(8.0), RT: Rating(80)}, {"average": "critics"}),
        ({IMDB: Rating(8.0), RT: Rating(80)}, {"weights": "imdb:1,mc:1"}),
        ({IMDB: Rating(8.0), RT: Rating(80)}, {"weights": "imdb:1,rt:0"}),
        ({IMDB: Rating(8.0, 99), RT: Rating(80)}, {"min_votes": True}),
        ({IMDB: Rating(8.0), RT: Rating(101)}, {}),
    ],
)
def test_one_site_is_no_average(known: Ratings, query: dict[str, Any]) -> None:
    settings = settings_of(ratings_order="avg", ratings_limit=10, **query)

    assert AVG not in dict(shown(settings, known))


@pytest.mark.parametrize(
    ("votes", "query", "expected"),
    [
        (200, {}, ["75", "75%"]),
        (200, {"average": "critics"}, ["75", "75%"]),
        (200, {"weights": "imdb:1"}, ["75", "75%"]),
        (20, {"min_votes": True}, ["75", "75%"]),
        (19, {"min_votes": True}, []),
        (None, {"min_votes": True}, ["75", "75%"]),
    ],
)
def test_the_average_of_a_collection_is_the_mean_that_it_has(
    votes: int | None, query: dict[str, Any], expected: list[str]
) -> None:
    mean = Rating(74.5, votes)

    assert expected == texts({TMDB: mean, AVG: mean}, ratings_order="avg,tmdb", ratings_limit=3, **query)


def test_a_site_without_weight_keeps_its_badge_and_so_does_one_that_is_excluded_its_weight() -> None:
    known = {IMDB: Rating(8.0), RT: Rating(90), MC: Rating(70)}

    weighed = texts(known, ratings_order="avg,imdb", ratings_limit=2, weights="imdb:0,rt:1,mc:1")
    excluded = texts(known, ratings_order="avg", ratings_exclude="imdb,rt,mc")

    assert (["80", "8.0"], ["80"]) == (weighed, excluded)


@pytest.mark.parametrize(
    ("site", "fewest"), [(IMDB, 100), (LB, 100), (MCU, 50), (TRAKT, 20), (TMDB, 20), (MAL, 100), (ANILIST, 100)]
)
def test_a_rating_with_one_vote_too_few_is_hidden_and_the_next_one_moves_up(site: RatingSite, fewest: int) -> None:
    settings = settings_of(ratings_order=f"{site},rt", ratings_limit=1, min_votes=True)

    def first(votes: int | None) -> RatingSite:
        ((found, _),) = shown(settings, {site: Rating(4.0, votes), RT: Rating(90, 3)})
        return found

    assert [RT, site, site, RT] == [first(votes) for votes in (fewest - 1, fewest, None, 0)]


@pytest.mark.parametrize("site", [RT, RTA, MC, EBERT, MDBLIST, KITSU])
def test_critics_need_no_votes(site: RatingSite) -> None:
    settings = settings_of(ratings_order=site, ratings_limit=1, min_votes=True)

    assert site not in FEWEST_VOTES
    assert [site] == [found for found, _ in shown(settings, {site: Rating(3.0, 1)})]


def test_votes_hide_nothing_unless_that_is_wanted() -> None:
    assert ["8.0"] == texts({IMDB: Rating(8.0, 1)}, ratings_order="imdb")


@pytest.mark.parametrize(
    ("site", "value", "ten", "hundred"),
    [
        (IMDB, 8.5, "8.5", "85"),
        (IMDB, 10, "10", "100"),
        (IMDB, 9.95, "10", "100"),  # 99.5 of a hundred
        (TMDB, 84.5, "8.5", "85"),
        (RT, 92, "9.2", "92"),
        (LB, 4.2, "8.4", "84"),
        (LB, 4.25, "8.5", "85"),
        (EBERT, 3.5, "8.8", "88"),  # 8.75 and 87.5
        (MAL, 8.57, "8.6", "86"),
        (MCU, 7.9, "7.9", "79"),
        (RT, 0, "0.0", "0"),
    ],
)
def test_one_scale_is_for_all_sites(site: RatingSite, value: float, ten: str, hundred: str) -> None:
    said = [texts({site: Rating(value)}, ratings_order=site, rating_scale=scale) for scale in (10, 100)]

    assert [[ten], [hundred]] == said


@given(
    st.dictionaries(st.sampled_from([site for site in RatingSite if site is not AVG]), st.floats(0, 1), min_size=2),
    st.dictionaries(st.sampled_from(RatingSite), st.integers(1, 100), min_size=2),
)
def test_an_average_lies_between_the_lowest_and_the_highest(
    shares: dict[RatingSite, float], weights: dict[RatingSite, int]
) -> None:
    known = {site: Rating(share * GREATEST[site]) for site, share in shares.items()}
    listed = ",".join(f"{site}:{weight}" for site, weight in list(weights.items())[:12])
    counted = [shares[site] * 100 for site in shares if site in list(weights)[:12] and site not in NEVER_COUNTED]
    if not set(list(weights)[:12]) - NEVER_COUNTED:
        return
    settings = settings_of(ratings_order="avg", ratings_limit=1, weights=listed)

    found = dict(shown(settings, known)).get(AVG)

    assert (found is not None) is (len(counted) > 1)
    assert found is None or min(counted) - 1e-9 <= found.value <= max(counted) + 1e-9


def test_votes_are_compared_only_where_they_decide() -> None:
    plain, wanting = settings_of(ratings_order="imdb"), settings_of(ratings_order="imdb", min_votes=True)

    def named(votes: int | None) -> list[str]:
        rated = Rated({IMDB: Rating(8.0, votes), RT: Rating(90, 3)})
        return [fingerprint(settings, rated, ART) for settings in (plain, wanting)]

    few, enough, many, unknown = (named(votes) for votes in (99, 100, 5000, None))
    assert few[0] == enough[0] == many[0] == unknown[0]
    assert few[1] != enough[1] == many[1] == unknown[1]


def test_another_average_is_another_picture() -> None:
    settings = settings_of(ratings_order="avg", ratings_limit=1)

    prints = {fingerprint(settings, Rated({IMDB: Rating(8.0), RT: Rating(value)}), ART) for value in (90, 90.4, 93)}

    assert 2 == len(prints)
