"""``python -m deploy.dev.chart [CHART]``: writes generated files, checks the chart and prints the counts."""

import sys
import time
from pathlib import Path
from typing import Final

from deploy.dev.chart.checks import KUBERNETES, check_chart
from deploy.dev.chart.copies import write_copies
from deploy.dev.chart.helm import CHART, VERSION, Helm, HelmMissing, find_helm
from deploy.dev.chart.readme import write_readme
from deploy.dev.chart.schemas import PACKAGE, has_schemas

MOST_PRINTED: Final = 20
"""One slip in a part that all objects share is one fault in each of them."""


def main(chart: Path = CHART) -> int:
    """Return 0 where nothing is wrong, 1 where something is, 2 where it cannot be told."""
    for copy in write_copies(chart):
        print(f"chart: {copy.relative_to(chart)} written")
    if write_readme(chart):
        print("chart: README.md written")
    began = time.monotonic()
    try:
        helm = Helm(find_helm(), chart)
    except HelmMissing as missing:
        print(f"chart: {missing}", file=sys.stderr)
        return 2
    if not has_schemas():
        print(f"chart: the package {PACKAGE} is missing; run make setup", file=sys.stderr)
        return 2
    findings = check_chart(helm)
    for fault in findings.faults[:MOST_PRINTED]:
        print(f"chart: {fault}", file=sys.stderr)
    counts = ", ".join(f"{count} {what}" for what, count in findings.looked_at.items())
    print(f"chart: Helm {VERSION}, Kubernetes {', '.join(KUBERNETES)}: {counts} in {time.monotonic() - began:.0f} s")
    print(f"chart: faults: {len(findings.faults) or 'none'}")
    return 1 if findings.faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
