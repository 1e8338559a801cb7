"""The art that the sheet draws on: the demo's printed scenes, and plain grounds where no fault can hide."""

import io
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from deploy.dev.demo.catalogue import ALL
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import DemoPicture, Form
from shared.settings import ArtSource, Kind, Settings

FILM: Final = "metropolis"
SERIAL: Final = "fantomas"
_FORMS: Final[dict[Kind, Form]] = {
    Kind.POSTER: "poster",
    Kind.LOGO: "logo",
    Kind.BACKDROP: "backdrop",
    Kind.EPISODE: "still",
}
_LETTERED: Final = {title.slug: title.lettered for title in ALL}
_TILE: Final = 24  # pixels of a patch of busy art, at the width of a poster
_SEED: Final = 1927


class Art(StrEnum):
    """What a picture is drawn on."""

    SCENE = "scene"
    LIGHT = "light"
    DARK = "dark"
    BUSY = "busy"
    NARROW = "narrow"
    WIDE = "wide"


PLAIN: Final = (Art.LIGHT, Art.DARK, Art.BUSY)
_SHAPED: Final[dict[Art, tuple[Form, int, float]]] = {
    Art.NARROW: ("poster", 2000, 0.4),
    Art.WIDE: ("backdrop", 2400, 2.4),
}
"""What is printed, how many pixels wide, and the width by height of the middle that is taken."""


def art(kind: Art, look: Settings) -> bytes:
    """Return the file to draw this look on; scenes and plain grounds are as wide as the picture."""
    if kind in PLAIN:
        return _plain(kind, look.canvas)
    plate = plate_for(look)
    if kind is Art.SCENE:
        return _printed(plate, look.canvas[0])
    form, width, shape = _SHAPED[kind]
    return _trimmed(DemoPicture(FILM, form, "xx", duotone=plate.duotone), width, shape)


def plate_for(look: Settings) -> DemoPicture:
    """Return the demo's plate that a look would choose: its language, or none, in the printing of its source."""
    form = _FORMS[look.kind]
    if look.kind is Kind.EPISODE:
        return DemoPicture(SERIAL, form, "s1e1", duotone=look.art is ArtSource.FANART)
    language = look.lang.partition("-")[0]
    tag = language if language in _LETTERED[FILM] else "en"
    if look.textless or (look.kind is Kind.BACKDROP and not language):
        tag = "xx"
    return DemoPicture(FILM, form, tag, duotone=look.art is ArtSource.FANART)


@lru_cache(maxsize=64)
def _printed(plate: DemoPicture, width: int) -> bytes:
    return render(plate, width, plate.extension)


@lru_cache(maxsize=8)
def _trimmed(plate: DemoPicture, width: int, shape: float) -> bytes:
    """Return the middle of a printed plate, ``shape`` times as wide as high."""
    with Image.open(io.BytesIO(_printed(plate, width))) as opened:
        full = opened.convert("RGB")
    wide, high = min(full.width, round(full.height * shape)), min(full.height, round(full.width / shape))
    left, top = (full.width - wide) // 2, (full.height - high) // 2
    return _jpeg(full.crop((left, top, left + wide, top + high)))


@lru_cache(maxsize=16)
def _plain(kind: Art, size: tuple[int, int]) -> bytes:
    if kind is Art.BUSY:
        return _jpeg(_patchwork(size))
    top, foot = ((255, 252, 246), (232, 226, 216)) if kind is Art.LIGHT else ((24, 22, 30), (4, 4, 6))
    ramp = Image.linear_gradient("L").resize(size)
    return _jpeg(Image.composite(Image.new("RGB", size, foot), Image.new("RGB", size, top), ramp))


def _patchwork(size: tuple[int, int]) -> Image.Image:
    """Return patches of every colour with hard edges and grain: the hardest ground for a badge to be read on."""
    tile = max(4, _TILE * min(size) // 580)
    patches = np.random.default_rng(_SEED).integers(0, 256, (size[1] // tile + 1, size[0] // tile + 1, 3), np.uint8)
    ground = Image.fromarray(patches).resize(
        (patches.shape[1] * tile, patches.shape[0] * tile), Image.Resampling.NEAREST
    )
    return ground.crop((0, 0, *size))


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()
