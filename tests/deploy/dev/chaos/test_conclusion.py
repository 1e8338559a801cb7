from collections import Counter

import msgspec
import pytest

from deploy.dev.chaos.conclusion import Conclusion, Jobs
from deploy.dev.chaos.flood import Flooded, Posters
from deploy.dev.chaos.ledger import Line

JOBS = Jobs(
    asked_for=40,
    stored=40,
    promised=6,
    promised_missing=[],
    promised_missing_valkey=["imdb/poster-default/tt7000003.jpg"],
    missing_after_asking=[],
    left_in_queue=0,
    dead=Counter({"source_down: tmdb: status n": 2}),
    drawn=43,
)
LINE = Line(
    fault="s3 refuses",
    lasted_s=7.04,
    requests=450,
    plain=3,
    outage_stored_s=0.12,
    outage_new_s=None,
    errors=Counter({"content: 503 Part of this service is unavailable.": 14, "content: connection refused": 1}),
)
FLOODED = Flooded(
    name="one client floods",
    redirects=Counter({"302": 250}),
    followed=Counter(),
    before=Posters([0.1] * 40, 0, Counter()),
    meanwhile=Posters([0.1] * 99 + [2.0], 0, Counter({"content: 503": 1})),
)
GOOD = Conclusion(lines=[LINE], jobs=JOBS, wrong=[], kept=[], crashes=0, left_out=0)


def with_jobs(**changes: object) -> Conclusion:
    return msgspec.structs.replace(GOOD, jobs=msgspec.structs.replace(JOBS, **changes))


def test_errors_dead_letters_and_second_drawings_are_told_and_allowed() -> None:
    text = GOOD.text()

    assert GOOD.passes
    assert text.endswith("PASSED")
    assert "s3 refuses  7.0 s       450      15         3          0.1 s           -" in text
    assert "      14 x content: 503 Part of this service is unavailable." in text
    assert "dead letter: 2 x source_down: tmdb: status n" in text
    assert 3 == JOBS.drawn_again
    assert 0 == JOBS.lost


@pytest.mark.parametrize(
    ("bad", "shown"),
    [
        (msgspec.structs.replace(GOOD, wrong=["a: looks like b"]), "wrong: a: looks like b"),
        (msgspec.structs.replace(GOOD, kept=["a: 503 public"]), "kept: a: 503 public"),
        (with_jobs(promised_missing=["a"]), "promised: a"),
        (with_jobs(missing_after_asking=["a"]), "missing: a"),
        (with_jobs(left_in_queue=1), "jobs that never finished"),
        (msgspec.structs.replace(GOOD, floods=[FLOODED]), "MISSED: p99 at most 3 s"),
    ],
)
def test_what_must_not_happen_fails_the_run_and_is_named(bad: Conclusion, shown: str) -> None:
    text = bad.text()

    assert not bad.passes
    assert text.endswith("FAILED")
    assert shown in text


def test_a_long_list_of_wrong_pictures_is_cut_and_counted() -> None:
    text = msgspec.structs.replace(GOOD, wrong=[f"picture {nth}" for nth in range(500)]).text()

    assert 10 == text.count("wrong: picture")
    assert "wrong pictures (must be 0)                                          500" in text
