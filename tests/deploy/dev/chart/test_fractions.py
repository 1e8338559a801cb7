"""A fraction reaches the services as it is meant, in a file of values or on the command line."""

from collections.abc import Callable

import pytest

from tests.deploy.dev.chart.helm import Helm, HelmRefused
from tests.deploy.dev.chart.rendering import render


def told(helm: Helm, option: str, *settings: str) -> set[str | None]:
    rendering = render(helm, option, *settings)
    return {rendering.variables(each)["TRACE_SAMPLE"] for each in rendering.of("Deployment")}


@pytest.mark.parametrize(
    ("share", "text"),
    [("0.05", "0.05"), ("1", "1"), ("1.0", "1"), ("0.00001", "0.00001"), (".5", "0.5"), ('".5"', ".5")],
)
def test_a_share_in_a_file_is_told_without_exponents(
    broken: Callable[[str, str, str], Helm], share: str, text: str
) -> None:
    helm = broken("ci/config-values.yaml", "TRACE_SAMPLE: 0.05", f"TRACE_SAMPLE: {share}")

    assert {text} == told(helm, "config")


@pytest.mark.parametrize("share", ["0.05", "1", "0"])
def test_a_share_on_the_command_line_is_told(helm: Helm, share: str) -> None:
    assert {share} == told(helm, "minimal", f"config.TRACE_SAMPLE={share}")


@pytest.mark.parametrize("share", ["2", "1.5", "half", "1e-3"])
def test_a_share_that_is_none_is_refused(helm: Helm, share: str) -> None:
    with pytest.raises(HelmRefused, match="TRACE_SAMPLE"):
        render(helm, "minimal", f"config.TRACE_SAMPLE={share}")
