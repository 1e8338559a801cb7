from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.cache_lifetime import (
    DEGRADED_S,
    MOST_IN_BUCKET_S,
    YEAR_S,
    Freshness,
    LifetimeRule,
    cache_control,
    lifetime_s,
    object_cache_control,
    state,
    ttl_s,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULE = LifetimeRule()
DAY_S = 86_400

rules = st.integers(1, YEAR_S).flatmap(
    lambda stale: st.builds(LifetimeRule, st.just(stale), st.integers(stale, 10 * YEAR_S))
)
bounded_rules = st.builds(msgspec.structs.replace, rules, image_stale_s=st.integers(1, 10 * YEAR_S))
film_dates = st.dates(date(1870, 1, 1), date(2100, 1, 1))


def test_a_film_without_a_date_has_the_shortest_lifetime() -> None:
    assert DAY_S == lifetime_s(None, NOW, RULE)


def test_a_future_film_has_the_shortest_lifetime() -> None:
    assert DAY_S == lifetime_s(date(2026, 11, 22), NOW, RULE)
    assert DAY_S == lifetime_s(date(2199, 1, 1), NOW, RULE)


def test_a_film_from_before_1970_is_old_and_not_unknown() -> None:
    assert None is lifetime_s(date(1922, 3, 4), NOW, RULE)
    assert None is lifetime_s(date(1969, 12, 31), NOW, RULE)


def test_a_film_is_settled_once_it_reaches_the_age() -> None:
    film_date = NOW.date() - timedelta(days=365)
    just = datetime(2026, 11, 21, tzinfo=UTC)

    assert None is lifetime_s(film_date, just, RULE)
    assert lifetime_s(film_date, just - timedelta(seconds=1), RULE) in {YEAR_S - 1, YEAR_S}


def test_the_lifetime_grows_linearly_with_age() -> None:
    rule = LifetimeRule(stale_s=100, max_age_s=20 * DAY_S)

    assert 100 + (20 * DAY_S - 100) // 2 == lifetime_s(date(2026, 11, 11), datetime(2026, 11, 21, tzinfo=UTC), rule)


@given(film_dates, rules)
def test_a_lifetime_is_within_its_limits(film_date: date, rule: LifetimeRule) -> None:
    seconds = lifetime_s(film_date, NOW, rule)

    assert seconds is None or rule.stale_s <= seconds <= rule.max_age_s


@given(st.none() | film_dates, rules)
def test_a_series_that_has_not_ended_is_never_settled(film_date: date | None, rule: LifetimeRule) -> None:
    ended = lifetime_s(film_date, NOW, rule)

    assert (rule.max_age_s if ended is None else ended) == lifetime_s(film_date, NOW, rule, is_running=True)


def test_a_series_after_a_long_pause_is_stale_after_the_longest_lifetime() -> None:
    rule = LifetimeRule(stale_s=100, max_age_s=30 * DAY_S)

    def at(age_s: float) -> Freshness:
        drawn_at = NOW - timedelta(seconds=age_s)
        return state(film_date=date(1999, 1, 1), degraded=False, drawn_at=drawn_at, now=NOW, rule=rule, is_running=True)

    assert (Freshness.FRESH, Freshness.STALE) == (at(30 * DAY_S - 1), at(30 * DAY_S))
    header = cache_control(film_date=date(1999, 1, 1), degraded=False, now=NOW, rule=rule, is_running=True)
    assert "public, max-age=2592000, stale-while-revalidate=18144000" == header


@given(film_dates, film_dates, rules)
def test_an_older_film_never_has_a_shorter_lifetime(one: date, other: date, rule: LifetimeRule) -> None:
    older, newer = (lifetime_s(film_date, NOW, rule) for film_date in sorted([one, other]))

    assert older is None or (newer is not None and newer <= older)


def test_a_picture_is_stale_from_the_end_of_its_lifetime() -> None:
    def at(age_s: float, *, degraded: bool = False, film_date: date | None = None) -> Freshness:
        drawn_at = NOW - timedelta(seconds=age_s)
        return state(film_date=film_date, degraded=degraded, drawn_at=drawn_at, now=NOW, rule=RULE)

    assert (Freshness.FRESH, Freshness.STALE) == (at(DAY_S - 1), at(DAY_S))
    assert Freshness.FRESH is at(50 * YEAR_S, film_date=date(1922, 3, 4))
    assert (Freshness.FRESH, Freshness.STALE) == (at(DEGRADED_S - 1, degraded=True), at(DEGRADED_S, degraded=True))
    assert Freshness.STALE is at(DEGRADED_S, degraded=True, film_date=date(1922, 3, 4))


def test_the_header_matches_the_lifetime() -> None:
    def header(film_date: date | None, *, degraded: bool = False) -> str:
        return cache_control(film_date=film_date, degraded=degraded, now=NOW, rule=RULE)

    assert "public, max-age=86400, stale-while-revalidate=604800" == header(None)
    assert "public, max-age=31536000, stale-while-revalidate=220752000" == header(date(1994, 9, 23))
    assert "public, max-age=1200, stale-while-revalidate=1200" == header(date(1994, 9, 23), degraded=True)


@given(film_date=st.none() | film_dates, degraded=st.booleans(), rule=rules)
def test_a_header_holds_nothing_that_breaks_cloudflare(
    *, film_date: date | None, degraded: bool, rule: LifetimeRule
) -> None:
    header = cache_control(film_date=film_date, degraded=degraded, now=NOW, rule=rule)

    assert "s-maxage" not in header
    assert header.startswith("public, max-age=")


def test_a_picture_is_overdue_from_the_configured_age() -> None:
    def at(age_s: float, *, degraded: bool = False, film_date: date | None = date(1922, 3, 4)) -> Freshness:
        drawn_at = NOW - timedelta(seconds=age_s)
        rule = LifetimeRule(image_stale_s=30 * DAY_S)
        return state(film_date=film_date, degraded=degraded, drawn_at=drawn_at, now=NOW, rule=rule)

    assert (Freshness.FRESH, Freshness.OVERDUE) == (at(30 * DAY_S - 1), at(30 * DAY_S))
    assert (Freshness.STALE, Freshness.OVERDUE) == (at(30 * DAY_S - 1, film_date=None), at(30 * DAY_S, film_date=None))
    assert Freshness.STALE is at(DEGRADED_S, degraded=True)


def test_the_header_of_a_picture_with_a_maximum_age() -> None:
    def header(film_date: date | None, image_stale_s: int, *, degraded: bool = False) -> str:
        return cache_control(
            film_date=film_date, degraded=degraded, now=NOW, rule=LifetimeRule(image_stale_s=image_stale_s)
        )

    assert "public, max-age=3600, stale-while-revalidate=25200" == header(None, 3600)
    assert "public, max-age=3600, stale-while-revalidate=25200" == header(date(1922, 3, 4), 3600)
    assert "public, max-age=86400, stale-while-revalidate=259200" == header(None, 2 * DAY_S)
    assert "public, max-age=1, stale-while-revalidate=1" == header(None, 1, degraded=True)


@pytest.mark.parametrize(
    ("age", "max_age_s"),
    [
        (timedelta(), 180 * DAY_S),
        (timedelta(minutes=59), 180 * DAY_S),
        (timedelta(minutes=61), 180 * DAY_S - 3600),
        (timedelta(days=179), DAY_S),
        (timedelta(days=179, hours=23, minutes=50), 600),
    ],
)
def test_copies_of_a_picture_do_not_outlive_its_maximum_age(age: timedelta, max_age_s: int) -> None:
    rule = LifetimeRule(image_stale_s=180 * DAY_S)

    header = cache_control(film_date=date(1922, 3, 4), degraded=False, now=NOW, rule=rule, drawn_at=NOW - age)

    assert f"public, max-age={max_age_s}, stale-while-revalidate={2 * DAY_S}" == header


@given(film_date=st.none() | film_dates, degraded=st.booleans(), rule=bounded_rules)
def test_a_maximum_age_limits_the_lifetime(*, film_date: date | None, degraded: bool, rule: LifetimeRule) -> None:
    unbounded = ttl_s(
        film_date=film_date, degraded=degraded, now=NOW, rule=msgspec.structs.replace(rule, image_stale_s=0)
    )

    seconds = ttl_s(film_date=film_date, degraded=degraded, now=NOW, rule=rule)

    assert min(rule.image_stale_s, rule.image_stale_s if unbounded is None else unbounded) == seconds
    header = cache_control(film_date=film_date, degraded=degraded, now=NOW, rule=rule)
    assert header.startswith(f"public, max-age={seconds}, stale-while-revalidate=")


@given(
    film_date=st.none() | film_dates,
    degraded=st.booleans(),
    rule=bounded_rules,
    age_s=st.integers(0, 20 * YEAR_S),
)
def test_overdue_depends_only_on_the_age(
    *, film_date: date | None, degraded: bool, rule: LifetimeRule, age_s: int
) -> None:
    drawn_at = NOW - timedelta(seconds=age_s)

    due = state(film_date=film_date, degraded=degraded, drawn_at=drawn_at, now=NOW, rule=rule)

    assert (age_s >= rule.image_stale_s) == (due is Freshness.OVERDUE)


@given(film_date=st.none() | film_dates, degraded=st.booleans(), rule=rules, age_s=st.integers(0, 20 * YEAR_S))
def test_without_a_maximum_age_nothing_is_overdue(
    *, film_date: date | None, degraded: bool, rule: LifetimeRule, age_s: int
) -> None:
    drawn_at = NOW - timedelta(seconds=age_s)

    assert Freshness.OVERDUE is not state(film_date=film_date, degraded=degraded, drawn_at=drawn_at, now=NOW, rule=rule)


@given(film_date=st.none() | film_dates, degraded=st.booleans(), rule=bounded_rules)
def test_an_object_in_the_bucket_is_kept_for_a_week_at_most(
    *, film_date: date | None, degraded: bool, rule: LifetimeRule
) -> None:
    seconds = ttl_s(film_date=film_date, degraded=degraded, now=NOW, rule=rule)

    header = object_cache_control(film_date=film_date, degraded=degraded, now=NOW, rule=rule)

    kept = int(header.removeprefix("public, max-age="))
    assert seconds is not None
    assert 0 < kept <= min(seconds, MOST_IN_BUCKET_S)
    assert min(seconds, MOST_IN_BUCKET_S) - kept < 3600
    assert kept % 3600 == 0 or kept < 3600


def test_checks_of_a_new_film_change_the_lifetime_of_its_object_a_few_times_only() -> None:
    headers, day = [], date(2026, 1, 1)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(12):  # each check is due when the lifetime that the last one found has passed
        headers.append(object_cache_control(film_date=day, degraded=False, now=now, rule=RULE))
        now += timedelta(seconds=ttl_s(film_date=day, degraded=False, now=now, rule=RULE) or 0)

    assert 5 >= len(set(headers))
    assert "public, max-age=604800" == headers[-1]
