"""The age of a list is exported while pictures need it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from renderer.jobs.list_ages import ListAges
from renderer.metrics import RendererMetrics
from tests.renderer.studio import Clock

NAME = "trending-movie"
TODAY = date(2026, 11, 21)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 21, 6, tzinfo=UTC))


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def ages(clock: Clock, registry: CollectorRegistry) -> ListAges:
    return ListAges(RendererMetrics(registry), [NAME, "top-series"], clock)


def exported(registry: CollectorRegistry, name: str = NAME) -> float | None:
    """Return the age in days."""
    age = registry.get_sample_value("renderer_title_list_age_seconds", {"list": name})
    return None if age is None else age / 86_400


@pytest.mark.parametrize(("days", "age"), [(-1, 0.0), (0, 0.0), (1, 1.0), (4, 4.0)])
def test_a_list_in_use_has_its_age_in_days(ages: ListAges, registry: CollectorRegistry, days: int, age: float) -> None:
    ages.note_use(NAME, TODAY - timedelta(days=days))

    assert age == exported(registry)
    assert 0.0 == exported(registry, "top-series")


def test_a_list_that_no_picture_needs_any_more_has_no_age(
    ages: ListAges, registry: CollectorRegistry, clock: Clock
) -> None:
    ages.note_use(NAME, TODAY - timedelta(days=5))
    clock.at += timedelta(hours=5)
    before = exported(registry)
    clock.at += timedelta(hours=1)

    assert (5.0, 0.0) == (before, exported(registry))


def test_a_list_that_was_never_fetched_ages_from_its_first_use_on(
    ages: ListAges, registry: CollectorRegistry, clock: Clock
) -> None:
    found = []
    for _ in range(3):
        ages.note_use(NAME, None)
        found.append(exported(registry))
        clock.at += timedelta(days=2)
    ages.note_use(NAME, TODAY + timedelta(days=6))
    found.append(exported(registry))
    ages.note_use(NAME, None)

    assert [0.0, 2.0, 4.0, 0.0, 0.0] == [*found, exported(registry)]
