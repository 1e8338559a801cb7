from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.awards import Award
from shared.domain.rating_merge import PREFERENCE, RatingReport, award_of, merged, rank_reports
from shared.domain.ratings import Rating, Ratings, RatingSite

NOW = datetime(2026, 11, 21, tzinfo=UTC)
IMDB, RT, LB = RatingSite.IMDB, RatingSite.RT, RatingSite.LB

ratings = st.dictionaries(st.sampled_from(RatingSite), st.builds(Rating, st.floats(0.5, 4)), max_size=4)
reports = st.lists(
    st.builds(
        RatingReport,
        source=st.sampled_from([*PREFERENCE, "another"]),
        ratings=ratings,
        award=st.none() | st.sampled_from(Award),
        heard_at=st.just(NOW),
        is_fresh=st.booleans(),
    ),
    max_size=6,
)


def said(source: str, ratings: Ratings, *, is_fresh: bool = True, award: Award | None = None) -> RatingReport:
    return RatingReport(source=source, ratings=ratings, award=award, heard_at=NOW, is_fresh=is_fresh)


def values(found: dict[RatingSite, tuple[Rating, RatingReport]]) -> dict[RatingSite, tuple[float, str]]:
    return {site: (rating.value, report.source) for site, (rating, report) in found.items()}


def test_mdblist_wins_over_omdb_and_omdb_fills_gaps() -> None:
    heard = [said("omdb", {IMDB: Rating(8.0), RT: Rating(90)}), said("mdblist", {IMDB: Rating(8.1), LB: Rating(4.0)})]

    assert {IMDB: (8.1, "mdblist"), RT: (90, "omdb"), LB: (4.0, "mdblist")} == values(merged(heard))


def test_a_fresh_omdb_report_wins_over_a_stored_mdblist_one() -> None:
    heard = [
        said("mdblist", {IMDB: Rating(8.1), LB: Rating(4.0)}, is_fresh=False),
        said("omdb", {IMDB: Rating(8.3)}),
    ]

    assert {IMDB: (8.3, "omdb"), LB: (4.0, "mdblist")} == values(merged(heard))


def test_votes_that_the_first_report_does_not_know_come_from_the_next_one() -> None:
    heard = [
        said("mdblist", {IMDB: Rating(8.1), RT: Rating(90, 12)}),
        said("omdb", {IMDB: Rating(8.0, 99), RT: Rating(88, 400)}),
        said("tmdb", {IMDB: Rating(7.0, 5)}, is_fresh=False),
    ]

    found = merged(heard)

    assert {IMDB: Rating(8.1, 99), RT: Rating(90, 12)} == {site: rating for site, (rating, _) in found.items()}
    assert {"mdblist"} == {report.source for _, report in found.values()}


def test_an_award_of_any_report_counts() -> None:
    assert Award.EMMY is award_of([said("mdblist", {}), said("omdb", {}, award=Award.EMMY, is_fresh=False)])
    assert None is award_of([said("mdblist", {})])


@given(reports)
def test_every_reported_site_is_there_once(heard: list[RatingReport]) -> None:
    found = merged(heard)

    assert {site for report in heard for site in report.ratings} == set(found)
    assert all(report.ratings[site].value == rating.value for site, (rating, report) in found.items())


@given(reports)
def test_a_stored_rating_never_replaces_a_fresh_one(heard: list[RatingReport]) -> None:
    fresh = {site for report in heard if report.is_fresh for site in report.ratings}

    assert all(report.is_fresh for site, (_, report) in merged(heard).items() if site in fresh)


@given(reports, st.randoms(use_true_random=False))
def test_the_order_of_reports_from_different_sources_does_not_matter(
    heard: list[RatingReport], shuffle: Random
) -> None:
    one_each = list({(report.source, report.is_fresh): report for report in heard}.values())
    other = list(one_each)
    shuffle.shuffle(other)

    assert rank_reports(one_each) == rank_reports(other)
