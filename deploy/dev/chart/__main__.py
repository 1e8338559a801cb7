"""``python -m deploy.dev.chart``: writes the table of values into the chart's README, and gets Helm for the tests."""

import sys

from deploy.dev.chart.helm import CHART, HELM_4, HelmMissing, build_helm, find_helm, has_ready_binary
from deploy.dev.chart.readme import write_readme


def main() -> int:
    """Return 0 when the README is up to date and Helm is there, 2 without Helm."""
    if write_readme(CHART):
        print("chart: README.md written")
    try:
        find_helm(HELM_4) if has_ready_binary() else build_helm(HELM_4)
    except HelmMissing as missing:
        print(f"chart: {missing}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
