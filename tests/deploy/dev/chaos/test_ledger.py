import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.dev.chaos.ledger import Account, Asked, Wanted, Window, report

WINDOW = Window("valkey killed", began=10.0, healed=16.0, ended=20.0)
ASKED = [
    Asked(Wanted.STORED, 9.0, 9.9, "before"),
    Asked(Wanted.STORED, 9.5, 11.0, "spoilt by the fault"),
    Asked(Wanted.NEW, 12.0, 13.0, is_plain=True),
    Asked(Wanted.UNKNOWN, 18.0, 18.5),
    Asked(Wanted.NEW, 19.0, 20.0, "after"),
]
GOOD = Account(faults={"wrong pictures": []}, counts={"dead letters: source_down: tmdb: status n": 2})
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
    assert outage_s == WINDOW.longest_outage(successes)


@given(times, st.floats(10, 20))
def test_one_success_more_never_makes_an_outage_longer(successes: list[float], another: float) -> None:
    before = WINDOW.longest_outage(successes)

    after = WINDOW.longest_outage([*successes, another])

    assert before / 2 <= after <= before <= WINDOW.ended - WINDOW.began


def test_a_request_belongs_to_the_window_in_which_it_ended() -> None:
    assert ["valkey killed", "6.0 s", "3", "1", "1", "10.0 s", "7.0 s"] == WINDOW.row(ASKED)


def test_without_a_steady_load_there_is_no_outage() -> None:
    assert ["-", "-"] == msgspec.structs.replace(WINDOW, is_steady=False).row([])[-2:]


def test_errors_are_counted_by_fault_and_kind() -> None:
    troubles = ["503", "", "refused", "503"]
    asked = [Asked(Wanted.STORED, 11.0, 12.0 + nth, text) for nth, text in enumerate(troubles)]

    assert "valkey killed:\n     2 x 503\n     1 x refused\n" in report([WINDOW], asked, GOOD)


def test_errors_and_dead_letters_are_allowed() -> None:
    text = report([WINDOW], ASKED, GOOD)

    assert GOOD.passes
    assert text.endswith("PASSED")
    assert "\n     2  dead letters: source_down: tmdb: status n\n" in text
    assert "\n     3  errors\n" in text
    assert "\n     0  wrong pictures (must be 0)\n" in text


def test_what_must_not_happen_fails_the_run_and_is_named_and_counted() -> None:
    bad = Account(faults={"wrong pictures": [f"picture {nth}" for nth in range(500)]}, counts={})

    text = report([WINDOW], [], bad)

    assert not bad.passes
    assert text.endswith("FAILED")
    assert "\n   500  wrong pictures (must be 0)\n" in text
    assert 10 == text.count("wrong pictures: picture")
