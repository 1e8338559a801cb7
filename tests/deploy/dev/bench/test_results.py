"""A row of the benchmark's table passes or misses when its rounds tell, and says why when they do not."""

import pytest

from deploy.dev.bench.bench import _ROWS
from deploy.dev.bench.results import KINDS, LETTERS, Bound, Kind, Pair, Row, bounded, compared, table
from deploy.dev.bench.rounds import until_told

SEVEN = Bound(at_least=0.7)


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give row a a round floor, by processor time and by the clock, and row l a ceiling."""
    for name, by_clock in (("a", False), ("a by the clock", True)):
        monkeypatch.setitem(KINDS, name, Kind(what="redirects", unit="req/s", at_least=0.7, by_clock=by_clock))
    monkeypatch.setitem(KINDS, "l", Kind(what="peak memory of {threads} threads", unit="MiB", at_most=320))


def row(*ratios: float, by_clock: bool = False) -> Row:
    return compared("a by the clock" if by_clock else "a", [Pair(ratio * 100, 100) for ratio in ratios])


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([0.7] * 5, True),
        ([0.69] * 5, False),
        ([0.7] * 4, None),
        ([0.7] * 5 + [0.69], None),
        ([0.1] + [0.8] * 8, True),
        ([9.0] + [0.6] * 8, False),
        ([0.6, 0.8] * 9, None),
    ],
)
def test_rounds_tell_when_nearly_all_of_them_are_on_one_side(ratios: list[float], *, verdict: bool | None) -> None:
    assert verdict is SEVEN.verdict(ratios)


@pytest.mark.parametrize(("value", "keeps"), [(1.5, True), (1.51, False)])
def test_an_upper_bound_is_kept_up_to_it(value: float, *, keeps: bool) -> None:
    assert keeps is Bound(at_most=1.5).keeps(value)


def test_a_row_that_misses_says_so_in_the_table() -> None:
    text = table([row(*[0.5] * 5), Row(letter="f", what="cold request", ours="p50 20 ms")])

    head, rule, missed, stated, *_ = text.splitlines()
    assert ("**MISS**", "stated") == (missed.split("|")[-2].strip(), stated.split("|")[-3].strip())
    assert 1 == len({len(line) for line in (head, rule, missed, stated)})


def test_rounds_on_both_sides_of_the_floor_are_neither_pass_nor_miss() -> None:
    unsure = row(0.6, 0.8, 0.6, 0.8, 0.6)

    assert (None, "not measured") == (unsure.passes, unsure.cells()[-1])
    assert "- **a** *Not measured: the rounds are on both sides of the floor.*" == unsure.text()


@pytest.mark.parametrize(("others", "passes"), [(0.1, True), (1.3, None)])
def test_what_takes_real_time_counts_only_on_a_quiet_machine(others: float, *, passes: bool | None) -> None:
    by_clock, by_cpu = (row(*[0.9] * 5, by_clock=each).beside(others) for each in (True, False))

    assert (passes, True) == (by_clock.passes, by_cpu.passes)
    assert passes or "- **a** *Not measured: other programs used 1.3 cores.*" == by_clock.text()


@pytest.mark.parametrize(("others", "verdict"), [(0.0, "**MISS**"), (1.3, "not measured")])
def test_a_measurement_that_came_to_nothing_is_a_miss_unless_the_machine_was_busy(others: float, verdict: str) -> None:
    row = Row.failed("g", ValueError("63 answers failed")).beside(others)

    assert (verdict, True) == (row.cells()[-1], row.text().endswith("63 answers failed."))


async def test_there_are_more_rounds_until_they_tell_and_no_more_than_thrice_as_many() -> None:
    async def rounds(*ratios: float) -> int:
        async def pair(number: int) -> Pair:
            return Pair(ratios[number % len(ratios)], 1)

        return len(await until_told(pair, SEVEN, 5))

    assert [5, 8, 15] == [await rounds(0.9), await rounds(0.6, *[0.9] * 7), await rounds(0.6, 0.9)]


@pytest.mark.parametrize(("seen", "verdict"), [(320, "pass"), (321, "**MISS**")])
def test_a_bounded_row_passes_up_to_its_bound(seen: float, verdict: str) -> None:
    cells = bounded("l", seen, threads=2).cells()

    assert ("peak memory of 2 threads", f"{seen} MiB", "≤ 320 MiB", verdict) == (cells[1], cells[2], cells[5], cells[6])


def test_every_letter_is_measured_by_one_file_or_by_two_that_share_it() -> None:
    measured = [letter for letters, _ in _ROWS for letter in letters]

    assert set(LETTERS) == set(measured)
    assert ["s"] == [letter for letter in LETTERS if measured.count(letter) > 1]
