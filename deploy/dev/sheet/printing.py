"""Draws every picture of the sheet once, a thread to a processor, and writes the page beside them."""

import io
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from PIL import Image

from deploy.dev.sheet.page import Printed, page
from deploy.dev.sheet.shots import Section, Shot

_OURS: Final = re.compile(r"[a-z]+-[0-9a-f]{16}\.(?:jpg|png|webp)")  # a folder of somebody's may hold other things


def print_sheet(sections: Sequence[Section], folder: Path) -> Path:
    """Write the sheet into ``folder``, sweep pictures of an older one, and return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = {shot.file: shot for section in sections for shot in section.shots}
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="sheet") as pool:
        printed = dict(zip(shots, pool.map(lambda shot: _print(shot, folder), shots.values()), strict=True))
    index = folder / "index.html"
    index.write_text(page(sections, printed), encoding="utf-8")
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in printed:
            path.unlink()
    return index


def _print(shot: Shot, folder: Path) -> Printed:
    raw = shot.picture()
    (folder / shot.file).write_bytes(raw)
    with Image.open(io.BytesIO(raw)) as opened:
        return Printed(*opened.size, len(raw))
