"""What rounds come to: visits a second, times, and what one visit cost the processors and the stores."""

from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Final

import msgspec

from deploy.dev.bench.mix_callers import REDIRECT
from deploy.dev.bench.mix_stage import Spent

WANTED_FACTOR: Final = 1.7
_NEIGHBOURS: Final = ("gateway", "postgres", "valkey", "bucket", "sources", "callers")
_FULL: Final = 0.9  # of a core
_MACHINE_FULL: Final = 0.93


class Total(msgspec.Struct, frozen=True):
    """All rounds of one kind on one stage, as sums."""

    visits: int
    seconds: float
    times: Mapping[str, Sequence[float]]
    cpu: Mapping[str, float]
    asked: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Return visits per second of the clock."""
        return self.visits / self.seconds

    def cpu_ms(self, part: str) -> float:
        """Return milliseconds of processor time that a visit cost all processes of this part."""
        return sum(value for name, value in self.cpu.items() if name.startswith(part)) / self.visits * 1000

    def busy(self, part: str) -> float:
        """Return how many cores all processes of this part used."""
        return sum(value for name, value in self.cpu.items() if name.startswith(part)) / self.seconds

    def each(self, what: str) -> float:
        """Return how often a store was asked for one visit."""
        return self.asked.get(what, 0.0) / self.visits

    def share(self, what: str) -> float:
        """Return which share of the pictures came as the cache said."""
        pictures = sum(len(times) for name, times in self.times.items() if name != REDIRECT)
        return len(self.times.get(what, ())) / pictures if pictures else 0.0

    def percentiles_ms(self, what: str) -> tuple[float, float] | None:
        """Return p50 and p99 of these answers, ``None`` when there were hardly any."""
        times = self.times.get(what, ())
        if len(times) < 2:  # noqa: PLR2004 - one has no quantiles
            return None
        cuts = quantiles(times, n=100, method="inclusive")
        return cuts[49] * 1000, cuts[98] * 1000


def total(rounds: Sequence[Spent]) -> Total:
    """Add rounds up."""
    times: dict[str, list[float]] = {}
    cpu: dict[str, float] = {}
    asked: dict[str, float] = {}
    for spent in rounds:
        for name, seen in spent.seen.times.items():
            times.setdefault(name, []).extend(seen)
        for sums, values in ((cpu, spent.cpu), (asked, spent.asked)):
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + value
    return Total(
        sum(spent.seen.visits for spent in rounds), sum(spent.seen.seconds for spent in rounds), times, cpu, asked
    )


def bottleneck(two: Total, cores: int, each: float = 1.0) -> str:
    """Name what held two renderers back, from how busy every part was; ``each`` may use so many cores."""
    renderers, machine = two.busy("renderer"), two.busy("machine")
    rest = ", ".join(f"{name} {two.busy(name):.2f}" for name in _NEIGHBOURS)
    others = max(0.0, machine - renderers - sum(map(two.busy, _NEIGHBOURS)))
    parts = f"the renderers use {renderers:.2f} cores, {rest}, who has nothing to do with it {others:.2f}"
    if renderers >= _FULL * min(2 * each, cores):
        return f"the {2 * each:.1f} cores that the renderers may use ({parts})"
    if machine >= _MACHINE_FULL * cores:
        return f"the {cores} cores of this machine, which the renderers share with all else ({parts})"
    return f"waiting: no core is used up ({parts}, of {cores} cores)"


def without_neighbours(one: Total, two: Total) -> float:
    """Return the factor that remains when only the renderers' own processor time counts."""
    return 2 * one.cpu_ms("renderer") / two.cpu_ms("renderer")
