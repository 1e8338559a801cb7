"""The presets that come with Marquee, one JSON file each; its name is that of the preset."""

import importlib.resources
from collections.abc import Mapping
from functools import cache

import msgspec

from shared.designs.document import DesignDocument
from shared.designs.read import read_design


@cache
def builtin_presets() -> Mapping[str, DesignDocument]:
    """Return each design by its name, such as ``classic-strip``, in order of names."""
    folder = importlib.resources.files("shared.designs").joinpath("presets")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return {file.name.removesuffix(".json"): read_design(msgspec.json.decode(file.read_bytes())) for file in files}
