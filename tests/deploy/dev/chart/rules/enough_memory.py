"""Memory: the limit of each container is at least what its program needs at most with its config."""

from collections.abc import Iterator
from typing import Final

from gateway.memory_peak import PEAK_BYTES
from renderer.config import RendererConfig
from renderer.memory_limits import peak_bytes
from shared.config.environment import ConfigError
from tests.deploy.dev.chart.rendering import Rendering, pod_template, title
from tests.deploy.dev.chart.rules.config import load

_CORES: Final = {"RENDER_CONCURRENCY": "4"}
"""Of a node, where neither the values nor a limit say it: not those of the machine that runs the tests."""

_UNITS: Final = {"Mi": 1 << 20, "Gi": 1 << 30}


def memory_is_enough(rendering: Rendering) -> Iterator[str]:
    """Check that every Deployment has a limit of memory, and that the stated peak of its program is below."""
    for deployment in rendering.of("Deployment"):
        container = pod_template(deployment)["spec"]["containers"][0]
        limit = str(container.get("resources", {}).get("limits", {}).get("memory", ""))
        if limit[-2:] not in _UNITS:
            yield f"{title(deployment)} has no limit of memory."
            continue
        try:
            config = load(deployment, _CORES | rendering.variables(deployment))
        except ConfigError:
            continue  # reported by `config_is_accepted`
        peak = peak_bytes(config) if isinstance(config, RendererConfig) else PEAK_BYTES
        if int(limit[:-2]) * _UNITS[limit[-2:]] < peak:
            yield f"{title(deployment)} may use {limit} and needs up to {peak >> 20} MB."
