"""Every environment variable that Marquee reads, with its meaning: the content of ``variables.toml``."""

import importlib.resources
import tomllib
from typing import Final

import msgspec


class Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a variable means, and its default where the code's own says nothing to a person."""

    meaning: str
    default: str | None = None


def _declared() -> dict[str, dict[str, Variable]]:
    text = importlib.resources.files("shared.config").joinpath("variables.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, dict[str, Variable]])


VARIABLES: Final = _declared()
"""Each section's variables by name."""

NAMES: Final = frozenset(name for variables in VARIABLES.values() for name in variables)
"""Every variable that Marquee reads."""
