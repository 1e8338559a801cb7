"""A row of the benchmark's table passes or misses by its median, and says so."""

import pytest

from deploy.dev.bench.results import Pair, Row, bounded, compared, table


def row(*ratios: float, at_least: float = 0.0, at_most: float = 9.0) -> Row:
    pairs = [Pair(ratio * 100, 100) for ratio in ratios]
    return compared("a", "redirects", "req/s", pairs, at_least=at_least, at_most=at_most)


@pytest.mark.parametrize(
    ("measured", "passes"),
    [
        (row(0.7, 0.7, 0.7, at_least=0.7), True),
        (row(0.69, 0.69, 9.0, at_least=0.7), False),
        (row(0.1, 0.71, 0.8, at_least=0.7), True),
        (row(1.5, at_most=1.5), True),
        (row(1.51, at_most=1.5), False),
    ],
)
def test_a_row_passes_when_its_median_keeps_the_bound(measured: Row, passes: bool) -> None:  # noqa: FBT001 - a column
    assert passes is measured.passes


def test_a_row_that_misses_says_so_in_the_table() -> None:
    text = table([row(0.5, at_least=0.7), Row(letter="f", what="cold request", ours="p50 20 ms")])

    head, rule, missed, stated = text.splitlines()
    assert ("**MISS**", "stated") == (missed.split("|")[-2].strip(), stated.split("|")[-3].strip())
    assert 1 == len({len(line) for line in (head, rule, missed, stated)})


@pytest.mark.parametrize(("seen", "verdict"), [(320, "pass"), (321, "**MISS**")])
def test_a_bounded_row_passes_up_to_its_bound(seen: float, verdict: str) -> None:
    cells = bounded("l", "peak memory", "MiB", seen, at_most=320).cells()

    assert (f"{seen} MiB", "≤ 320 MiB", verdict) == (cells[2], cells[5], cells[6])
