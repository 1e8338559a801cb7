from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.dev.chaos.ledger import Asked, Line, Wanted, Window, line, longest_outage

WINDOW = Window("valkey killed", began=10.0, healed=16.0, ended=20.0)
times = st.lists(st.floats(0, 30), max_size=20)


@pytest.mark.parametrize(
    ("successes", "outage_s"),
    [
        ([], 10.0),
        ([10.0, 20.0], 10.0),
        ([12.0], 8.0),
        ([11.0, 13.5, 19.0], 5.5),
        ([19.0, 13.5, 11.0], 5.5),
        ([3.0, 12.0, 25.0], 8.0),
    ],
)
def test_an_outage_is_the_longest_time_without_a_success(successes: list[float], outage_s: float) -> None:
    assert outage_s == longest_outage(WINDOW, successes)


@given(times, st.floats(10, 20))
def test_one_success_more_never_makes_an_outage_longer(successes: list[float], another: float) -> None:
    before = longest_outage(WINDOW, successes)

    after = longest_outage(WINDOW, [*successes, another])

    assert before / 2 <= after <= before <= WINDOW.ended - WINDOW.began


def test_a_request_belongs_to_the_window_in_which_it_ended() -> None:
    asked = [
        Asked(Wanted.STORED, 9.0, 9.9, "before"),
        Asked(Wanted.STORED, 9.5, 11.0, "spoilt by the fault"),
        Asked(Wanted.NEW, 12.0, 13.0, is_plain=True),
        Asked(Wanted.UNKNOWN, 18.0, 18.5),
        Asked(Wanted.NEW, 19.0, 20.0, "after"),
    ]

    counted = line(WINDOW, asked)

    expected = Line(
        fault="valkey killed",
        lasted_s=6.0,
        requests=3,
        plain=1,
        outage_stored_s=10.0,
        outage_new_s=7.0,
        errors=Counter({"spoilt by the fault": 1}),
    )
    assert expected == counted


def test_errors_are_counted_by_kind() -> None:
    troubles = ["503", "", "refused", "503"]

    counted = line(WINDOW, [Asked(Wanted.STORED, 11.0, 12.0 + nth, text) for nth, text in enumerate(troubles)])

    assert Counter({"503": 2, "refused": 1}) == counted.errors


def test_without_a_steady_load_there_is_no_outage() -> None:
    counted = line(Window("afterwards", 10.0, 10.0, 20.0, is_steady=False), [])

    assert (None, None) == (counted.outage_stored_s, counted.outage_new_s)
