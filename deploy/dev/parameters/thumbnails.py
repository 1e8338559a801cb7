"""The pictures of the document: a small one of each value, drawn as on the contact sheet."""

import io
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
from PIL import Image

from deploy.dev.sheet.art import Art
from deploy.dev.sheet.design_shots import DesignShot
from deploy.dev.sheet.sections import BESIDE, of_values, options
from deploy.dev.sheet.shots import Query, Shot
from renderer.control_groups import usable_cpus
from shared.domain.pictures import Kind
from shared.settings.languages import TEXTLESS
from shared.settings.list_values import NOTHING
from shared.settings.parameters import Parameter
from shared.settings.quality import MOST_QUALITIES, Quality

WIDTH: Final = {Kind.POSTER: 150, Kind.BACKDROP: 240}
"""Pixels: a poster as wide as most clients' grids show it."""

MAX_BYTES: Final = 8_000
"""Most bytes of a picture; all of them are part of every clone."""

_QUALITIES: Final = (82, 74, 66, 58, 50)
_UNUSUAL: Final = re.compile(r"[^a-zA-Z0-9]+")

_EVERY_QUALITY: Final = tuple(
    ",".join(tuple(Quality)[nth : nth + MOST_QUALITIES]) for nth in range(0, len(Quality), MOST_QUALITIES)
)

# Where not every value that the sheet has is worth a picture at this size.
_SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "imageSize": (),
    "ratings_exclude": ("imdb", "imdb,mal,lb"),
    "ratings_limit": ("0", "1", "3", "5", "10"),
    "edge_inset": ("0", "10", "25", "50"),
    "edge_inset_x": ("0", "10", "25", "50"),
    "edge_inset_y": ("0", "10", "25", "50"),
    "lang": ("en", "fr", "de", "ja", TEXTLESS),
    "badge_opacity": ("100", "70", "40", "10"),
    "chips": ("genre", "runtime", "year", "genre,runtime,year", NOTHING),
    "badges": (*_EVERY_QUALITY, NOTHING),
}
_GROUNDS: Final = {"lang": Art.LETTERED, "badge_background": Art.LIGHT, "badge_opacity": Art.LIGHT}
_LARGE: Final = {"badge_size": "l", "ratings_limit": "2"}
_ENLARGED: Final = (
    "average",
    "weights",
    "min_votes",
    "rating_scale",
    "label_style",
    "badge_shape",
    "badge_colour",
    "font_colour",
)

SHOWN_BESIDE: Final[Mapping[str, Query]] = (
    dict(BESIDE)
    | {name: BESIDE.get(name, {}) | _LARGE for name in _ENLARGED}
    | {name: {"label_style": "t", **_LARGE} for name in ("badge_background", "badge_opacity", "site_colours")}
    | {"ratings_order": {"badge_size": "xl", "ratings_limit": "1"}}
)
"""Other parameters of a picture in the document: those of the sheet, and larger badges where it is about details."""


def thumbnails(param: Parameter) -> dict[str, Shot]:
    """Return what to draw for a parameter by the name of its file: posters, or backdrops where posters lack it."""
    kind = Kind.POSTER if Kind.POSTER in param.kinds else Kind.BACKDROP
    name = param.names[0]
    shots = of_values(param, kind, _SHOWN.get(name, options(param, kind)), SHOWN_BESIDE.get(name, {}))
    if name in _GROUNDS:
        shots = tuple(msgspec.structs.replace(shot, art=_GROUNDS[name]) for shot in shots)
    return {f"{name}-{_UNUSUAL.sub('-', shot.caption)}.webp": shot for shot in shots}


def draw_thumbnail(shot: Shot | DesignShot) -> bytes:
    """Return the picture as WebP of at most ``MAX_BYTES``. Raises ``ValueError`` if it cannot be made that small."""
    with Image.open(io.BytesIO(shot.draw())) as opened:
        full = opened.convert("RGB")
    width = WIDTH[shot.kind]
    small = full.resize((width, round(width * full.height / full.width)), Image.Resampling.LANCZOS)
    for quality in _QUALITIES:
        file = io.BytesIO()
        small.save(file, "WEBP", quality=quality, method=6)
        if len(file.getvalue()) <= MAX_BYTES:
            return file.getvalue()
    raise ValueError(f"{shot.text}: more than {MAX_BYTES} bytes")


def write_thumbnails(params: Iterable[Parameter], folder: Path) -> int:
    """Write the pictures of these parameters, and return the number of bytes written."""
    return write_pictures({file: shot for param in params for file, shot in thumbnails(param).items()}, folder)


def write_pictures(shots: Mapping[str, Shot | DesignShot], folder: Path) -> int:
    """Write pictures by the names of their files, remove all other files, and return the number of bytes written."""
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(usable_cpus(), thread_name_prefix="thumbnails") as pool:
        drawn = dict(zip(shots, pool.map(draw_thumbnail, shots.values()), strict=True))
    for file, raw in drawn.items():
        (folder / file).write_bytes(raw)
    for path in folder.iterdir():
        if path.name not in drawn:
            path.unlink()
    return sum(map(len, drawn.values()))
