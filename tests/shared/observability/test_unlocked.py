"""Counting without locks leaves the numbers that counting with locks does."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.exposition import generate_latest

from shared.observability.exemplars import TracedHistogram
from shared.observability.unlocked import CountRequest, unlocked_count

BUCKETS = (0.001, 0.01, 0.1)
SECONDS = st.lists(st.one_of(st.floats(0, 1), st.sampled_from(BUCKETS)))


class Numbers:
    """A counter and a histogram, as the processes have them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = Counter("asked", "Requests.", ["what"], registry=self.registry)
        self.requests = counter.labels("warm")
        seconds = TracedHistogram("took", "Seconds.", ["what"], buckets=BUCKETS, registry=self.registry)
        self.seconds = seconds.labels("warm")

    def unlocked(self) -> CountRequest:
        return unlocked_count(self.requests, self.seconds)

    def locked(self) -> CountRequest:
        def count(took_s: float) -> None:
            self.requests.inc()
            self.seconds.observe(took_s)

        return count

    def text(self) -> list[str]:
        return [line for line in generate_latest(self.registry).decode().splitlines() if "_created" not in line]


@given(SECONDS)
def test_the_numbers_are_those_of_the_ordinary_way(seconds: list[float]) -> None:
    one, other = Numbers(), Numbers()
    unlocked, locked = one.unlocked(), other.locked()

    for took_s in seconds:
        unlocked(took_s)
        locked(took_s)

    assert other.text() == one.text()


@given(SECONDS)
def test_both_ways_add_to_the_same_numbers(seconds: list[float]) -> None:
    one, other = Numbers(), Numbers()
    ways, locked = (one.unlocked(), one.locked()), other.locked()

    for nth, took_s in enumerate(seconds):
        ways[nth % 2](took_s)
        locked(took_s)

    assert other.text() == one.text()
