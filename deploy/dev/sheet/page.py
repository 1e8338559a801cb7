"""Draws every picture of the sheet once, with a thread per processor, and writes the page next to them."""

import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from deploy.dev.sheet.design_shots import DesignShot
from deploy.dev.sheet.shots import Section, Shot
from renderer.control_groups import usable_cpus
from shared.domain.pictures import Kind

_OURS: Final = re.compile(r"[a-z]+-[0-9a-f]{16}\.(?:jpg|png|webp)")  # the folder may hold other files too
_THUMBS: Final = {Kind.POSTER: 200, Kind.LOGO: 300, Kind.BACKDROP: 400, Kind.EPISODE: 300}
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class _Drawn(msgspec.Struct, frozen=True):
    """The size of a finished picture."""

    width: int
    height: int
    kilobytes: int


def write_sheet(sections: Sequence[Section], folder: Path) -> Path:
    """Write the sheet into ``folder``, remove pictures of an earlier one, and return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = {shot.file: shot for section in sections for shot in section.shots}
    with ThreadPoolExecutor(usable_cpus(), thread_name_prefix="sheet") as pool:
        drawn = dict(zip(shots, pool.map(lambda shot: _draw(shot, folder), shots.values()), strict=True))
    index = folder / "index.html"
    page = _TEMPLATES.get_template("page.html").render(sections=sections, drawn=drawn, thumbs=_THUMBS)
    index.write_text(page, encoding="utf-8")
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in drawn:
            path.unlink()
    return index


def _draw(shot: Shot | DesignShot, folder: Path) -> _Drawn:
    raw = shot.draw()
    (folder / shot.file).write_bytes(raw)
    with Image.open(io.BytesIO(raw)) as opened:
        return _Drawn(*opened.size, -(-len(raw) // 1000))
