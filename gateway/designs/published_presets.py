"""The presets in memory: those that come with Marquee, and those that admins publish over them."""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.db.presets import PresetRow
from gateway.pictures.address import PRESET_PREFIX
from gateway.settings.layers import design_layer
from shared.designs.builtin import builtin_presets
from shared.domain.pictures import Kind

BUILTIN: Final[Mapping[str, tuple[Kind, str]]] = {
    name: (design.kind, design_layer(design)) for name, design in builtin_presets().items()
}
"""The kind and the layer of each preset that comes with Marquee, by name."""


def preset_title(name: str) -> str:
    """Return the title of a preset: that of ``big-score`` is "Big score"."""
    return name[:1].upper() + name[1:].replace("-", " ")


class Presets:
    """Finds presets without I/O. All of them are replaced at once; see :class:`gateway.keys.change_feed.ChangeFeed`."""

    def __init__(self) -> None:
        self._published: Mapping[str, tuple[Kind, str]] = {}

    def replace(self, rows: Iterable[PresetRow]) -> None:
        """Replace all that admins published."""
        self._published = {row.name: (row.kind, row.settings) for row in rows}

    def find(self, style: str) -> tuple[Kind, str] | None:
        """Return the kind and the layer of the preset that a style such as ``preset-minimal`` names, or ``None``."""
        if not style.startswith(PRESET_PREFIX):
            return None
        name = style.removeprefix(PRESET_PREFIX)
        return self._published.get(name) or BUILTIN.get(name)

    def by_name(self) -> Mapping[str, tuple[Kind, str]]:
        """Return the kind and the layer of every preset by its name."""
        return {**BUILTIN, **self._published}
