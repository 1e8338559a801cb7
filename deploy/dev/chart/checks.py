"""All that `make chart` looks at, counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.dev.chart.copies import stale_copies
from deploy.dev.chart.helm import Helm, HelmRefused
from deploy.dev.chart.readme import readme, silent_values, values_of
from deploy.dev.chart.rendering import Rendering
from deploy.dev.chart.rules import RULES
from deploy.dev.chart.schema import open_places
from deploy.dev.chart.schemas import has_schemas, shapes_are_right
from shared.config.environment import NAMES
from shared.domain.version import VERSION

KUBERNETES: Final = ("1.29", "1.31", "1.33")
_AT_ONCE: Final = 2


@dataclass
class Findings:
    """What was looked at, and what is wrong: each sentence once, however many renderings show it."""

    looked_at: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, what: str, faults: Iterable[str], *, count: int = 1) -> None:
        """Count what was looked at and keep its faults."""
        self.looked_at[what] += count
        self.faults += [fault for fault in faults if fault not in self.faults]


def check_chart(helm: Helm, kubernetes: tuple[str, ...] = KUBERNETES) -> Findings:
    """Look at everything; the findings say how much that was."""
    findings = Findings()
    check_files(helm.chart, findings)
    renderings: list[Rendering] = []
    cases = [(values, version) for values in helm.values_files() for version in kubernetes]
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        for rendering, refusal in workers.map(lambda case: _try(helm, *case), cases):
            findings.add("lints and renderings", [refusal] if refusal else [])
            if rendering is not None:
                renderings.append(rendering)
    for rendering in renderings:
        for rule in RULES:
            findings.add("rules", (f"{rendering.option}: {fault}" for fault in rule(rendering)))
        if has_schemas():
            faults = (f"{rendering.option}: {fault}" for fault in shapes_are_right(rendering))
            findings.add("objects by schema", faults, count=len(rendering.manifests))
    findings.add("variables", unsettable(renderings), count=len(NAMES))
    return findings


def check_files(chart: Path, findings: Findings) -> None:
    """Look at the chart before anything is rendered."""
    findings.add("values", silent_values(chart), count=len(values_of(chart)))
    findings.add("schema", open_places(chart))
    findings.add("copies", stale_copies(chart), count=sum(1 for _ in (chart / "files").glob("*/*")))
    findings.add("README", stale_readme(chart))
    findings.add("version", other_version(chart))


def stale_readme(chart: Path) -> Iterator[str]:
    """Yield a sentence where the README says something else than the values."""
    if (chart / "README.md").read_text() != readme(chart):
        yield "README.md of the chart is not what values.yaml says; run make chart."


def other_version(chart: Path) -> Iterator[str]:
    """Yield a sentence where the chart is for another version than the code's."""
    if f'appVersion: "{VERSION}"' not in (chart / "Chart.yaml").read_text():
        yield f"Chart.yaml has another appVersion than {VERSION}."


def unsettable(renderings: list[Rendering]) -> Iterator[str]:
    """Yield a sentence for each variable that no option sets: the chart must be able to set every one."""
    told: set[str] = set()
    for rendering in renderings:
        for deployment in rendering.of("Deployment"):
            told |= rendering.variables(deployment).keys()
    for name in sorted(NAMES - told):
        yield f"{name} cannot be set in the chart, or no file in ci/ does."


def _try(helm: Helm, values: Path, kubernetes: str) -> tuple[Rendering | None, str]:
    try:
        helm.lint(values, kubernetes)
        return helm.render(values, kubernetes), ""
    except HelmRefused as refusal:
        return None, f"{values.name.removesuffix('-values.yaml')}: {refusal}"
