"""``python -m deploy.dev.chart``: writes the table of values into the chart's README and gets Helm, built if need be."""

import sys

from deploy.dev.chart.helm import CHART, HELM_4, HelmMissing, build_helm, find_helm
from deploy.dev.chart.readme import write_readme


def main() -> int:
    """Return 0 when the README is up to date and Helm is there, 2 without Helm."""
    if write_readme(CHART):
        print("chart: README.md written")
    try:
        find_helm(HELM_4)
    except HelmMissing as missing:
        print(f"chart: {missing}; building it, which takes ten minutes and more")
        try:
            build_helm(HELM_4)
        except HelmMissing as failed:
            print(f"chart: {failed}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
