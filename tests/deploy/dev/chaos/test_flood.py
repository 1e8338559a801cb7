"""The verdict on what one client gets while another one floods, and the pace of both."""

import asyncio
from collections import Counter

import msgspec
import pytest

from deploy.dev.chaos.flood import Flooded, Posters, at_a_rate

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
    flooded = Flooded("one client floods", Counter({"302": 11, "429": 239}), Counter(), before=GOOD, meanwhile=posters)

    assert passes == posters.passes == flooded.passes
    assert ("MISSED" in "\n".join(flooded.text())) is not passes


def test_a_machine_that_is_too_busy_without_the_flood_gives_no_verdict() -> None:
    slow = msgspec.structs.replace(GOOD, seconds=[4.0] * 100)

    flooded = Flooded("one client floods", Counter(), Counter(), before=slow, meanwhile=slow)

    assert flooded.passes is None
    assert "not judged" in "\n".join(flooded.text())
    assert Flooded("", Counter(), Counter(), before=slow, meanwhile=GOOD).passes


def test_the_report_names_what_both_clients_got() -> None:
    redirects, followed = Counter({"429": 239, "302": 11}), Counter({"200 MISS-FALLBACK": 9, "503": 2})
    bad = msgspec.structs.replace(GOOD, errors=Counter({"content: 503 Busy": 2}))

    text = "\n".join(Flooded("one client floods", redirects, followed, before=GOOD, meanwhile=bad).text())

    assert "one client floods: 11 x 302, 239 x 429; followed: 9 x 200 MISS-FALLBACK, 2 x 503" in text
    assert "another client's 100 cold posters: p50 0.10 s, p99 2.90 s, longest 2.90 s, 33 plain, 2 errors" in text
    assert "       2 x content: 503 Busy" in text


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
