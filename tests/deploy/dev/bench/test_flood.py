"""The verdict on what one client gets while another one floods, and the pace of both."""

import asyncio
from collections import Counter

import msgspec
import pytest

from deploy.dev.bench.rows.flood import Posters, at_a_rate, row

GOOD = Posters(seconds=[0.1] * 98 + [2.9, 2.9], plain=33, errors=Counter())


@pytest.mark.parametrize(
    ("posters", "passes"),
    [
        (GOOD, True),
        (msgspec.structs.replace(GOOD, plain=34), False),
        (msgspec.structs.replace(GOOD, seconds=[0.1] * 98 + [3.1, 3.1]), False),
        (msgspec.structs.replace(GOOD, errors=Counter({"content: 503 Busy": 1})), False),
    ],
    ids=["good", "too many plain", "too late", "an error"],
)
def test_the_other_client_must_be_served_in_time_without_errors_and_mostly_with_ratings(
    posters: Posters, *, passes: bool
) -> None:
    flooded = row("one client floods", "11 x 302, 239 x 429", before=GOOD, meanwhile=posters)

    assert passes == posters.passes == flooded.passes


def test_a_machine_that_is_too_busy_without_the_flood_gives_no_verdict() -> None:
    slow = msgspec.structs.replace(GOOD, seconds=[4.0] * 100)

    flooded = row("one client floods", "", before=slow, meanwhile=slow)

    assert flooded.passes is None
    assert "missed before the flood" in flooded.text()
    assert row("", "", before=slow, meanwhile=GOOD).passes


def test_the_row_names_what_both_clients_got() -> None:
    bad = msgspec.structs.replace(GOOD, errors=Counter({"content: 503 Busy": 2}))

    text = row("one client floods", "11 x 302, 239 x 429; followed: none", before=GOOD, meanwhile=bad).text()

    assert "11 x 302, 239 x 429; followed: none; the other client's 100 cold posters" in text
    assert "p50 0.10 s, p99 2.90 s, longest 2.90 s, 33 plain, 2 x content: 503 Busy; before" in text


async def test_calls_at_a_rate_do_not_wait_for_one_another() -> None:
    begun: list[int] = []
    all_begun = asyncio.Event()

    async def call(nth: int) -> int:
        begun.append(nth)
        if len(begun) == 5:
            all_begun.set()
        await all_begun.wait()
        return nth

    assert [0, 1, 2, 3, 4] == await at_a_rate(call, 5, per_second=1000)
