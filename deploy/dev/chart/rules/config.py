"""Config: each service starts with what it is told."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import Final

from deploy.dev.chart.rendering import Manifest, Rendering, program, title
from shared.config.common import GatewayConfig, RendererConfig, load_gateway, load_renderer
from shared.config.environment import NAMES, ConfigError

_STAND_INS: Final = {
    "DATABASE_URL": "postgresql://stand-in/marquee",
    "REDIS_URL": "redis://stand-in/0",
    "JWT_SECRET": "0" * 64,
}
"""For secrets that come from elsewhere and have a form; the others take any text."""


def config_is_accepted(rendering: Rendering) -> Iterator[str]:
    """See that the services' own config takes the variables of every Deployment, and knows each of them."""
    for deployment in rendering.of("Deployment"):
        told = rendering.variables(deployment)
        if unknown := told.keys() - NAMES:
            yield f"{title(deployment)} is told {', '.join(sorted(unknown))}, which nobody reads."
        try:
            load(deployment, told)
        except ConfigError as error:
            yield f"{title(deployment)} would not start: {error}"


def load(deployment: Manifest, told: Mapping[str, str | None]) -> GatewayConfig | RendererConfig:
    """Return what a Deployment's process makes of what it is told. Raises ``ConfigError``."""
    variables = {name: _STAND_INS.get(name, "stand-in") if text is None else text for name, text in told.items()}
    if told.get("RENDER_CONCURRENCY", "") is None:
        variables["RENDER_CONCURRENCY"] = "2"  # from the limit of the container
    with tempfile.TemporaryDirectory() as folder:
        if "CACHE_DIR" in variables:
            variables["CACHE_DIR"] = folder
        return load_gateway(variables) if program(deployment) == "gateway" else load_renderer(variables)
