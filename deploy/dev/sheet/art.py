"""The artwork that the sheet uses: the demo's scenes, and plain backgrounds on which every fault is visible."""

import io
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from deploy.dev.demo.catalogue import FILMS
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import FORM_OF, DemoPicture, Form
from deploy.dev.sheet.film_languages import poster_in_language
from shared.domain.pictures import Kind
from shared.settings.languages import TEXTLESS
from shared.settings.model import ArtPreference, Settings

FILM: Final = "metropolis"
SERIAL: Final = "fantomas"
_LETTERED: Final = next(title.lettered for title in FILMS if title.slug == FILM)
_TILE: Final = 24  # pixels of a patch of busy artwork, at the width of a poster
_SEED: Final = 1927


class Art(StrEnum):
    """The background of a picture."""

    SCENE = "scene"
    LIGHT = "light"
    DARK = "dark"
    BUSY = "busy"
    NARROW = "narrow"
    WIDE = "wide"
    SERIES = "series"
    SEASON_1 = "season 1"
    SEASON_2 = "season 2"
    COLLECTION = "collection"
    LETTERED = "lettered"
    """Posters of one film in six languages."""


PLAIN: Final = (Art.LIGHT, Art.DARK, Art.BUSY)
_GRADIENTS: Final = {Art.LIGHT: ((255, 252, 246), (232, 226, 216)), Art.DARK: ((24, 22, 30), (4, 4, 6))}
_CROPPED: Final[dict[Art, tuple[Form, int, float]]] = {
    Art.NARROW: ("poster", 2000, 0.4),
    Art.WIDE: ("backdrop", 2400, 2.4),
}
"""The picture to draw, its width in pixels, and the aspect ratio of the middle that is cut out."""

_SETS: Final = {
    Art.SERIES: "judex",
    Art.SEASON_1: "judex-season-1",
    Art.SEASON_2: "judex-season-2",
    Art.COLLECTION: "the-tramp",
}
"""The demo's art of titles that belong together."""


def art(kind: Art, settings: Settings) -> bytes:
    """Return the file to draw these settings on; scenes and plain backgrounds are as wide as the picture."""
    if kind in PLAIN:
        return _plain(kind, settings.canvas)
    if kind in _SETS:
        tag = "xx" if settings.textless or settings.kind is Kind.BACKDROP else "en"
        return _scene(DemoPicture(_SETS[kind], FORM_OF[settings.kind], tag), settings.canvas[0])
    if kind is Art.LETTERED:
        return poster_in_language(settings)
    picture = demo_picture(settings)
    if kind is Art.SCENE:
        return _scene(picture, settings.canvas[0])
    form, width, shape = _CROPPED[kind]
    return _cropped(DemoPicture(FILM, form, "xx", picture.duotone), width, shape)


def demo_picture(settings: Settings) -> DemoPicture:
    """Return the demo's picture that these settings select: its language, if any, and a duotone for Fanart.tv's."""
    duotone = settings.art is ArtPreference.FANART
    if settings.kind is Kind.EPISODE:
        return DemoPicture(SERIAL, "still", "s1e1", duotone)
    chosen = DemoPicture.parse(settings.art_file.rpartition(".")[0])
    if chosen is not None and chosen.form == FORM_OF[settings.kind]:
        return chosen
    first = settings.lang.partition(",")[0]
    language = first.partition("-")[0]
    tag = language if language in _LETTERED else "en"
    is_textless = settings.textless or first == TEXTLESS or (settings.kind is Kind.BACKDROP and not language)
    if is_textless and settings.kind is not Kind.LOGO:  # a logo is nothing but text
        tag = "xx"
    return DemoPicture(FILM, FORM_OF[settings.kind], tag, duotone)


@lru_cache(maxsize=64)
def _scene(picture: DemoPicture, width: int) -> bytes:
    return render(picture, width, picture.extension)


@lru_cache(maxsize=8)
def _cropped(picture: DemoPicture, width: int, shape: float) -> bytes:
    """Return the middle of a picture with the aspect ratio ``shape``."""
    with Image.open(io.BytesIO(_scene(picture, width))) as opened:
        full = opened.convert("RGB")
    wide, high = min(full.width, round(full.height * shape)), min(full.height, round(full.width / shape))
    left, top = (full.width - wide) // 2, (full.height - high) // 2
    return _jpeg(full.crop((left, top, left + wide, top + high)))


@lru_cache(maxsize=16)
def _plain(kind: Art, size: tuple[int, int]) -> bytes:
    if kind is Art.BUSY:
        return _jpeg(_patchwork(size))
    top, foot = (Image.new("RGB", size, colour) for colour in _GRADIENTS[kind])
    return _jpeg(Image.composite(foot, top, Image.linear_gradient("L").resize(size)))


def _patchwork(size: tuple[int, int]) -> Image.Image:
    """Return patches of every colour with hard edges: the hardest background for reading a badge."""
    tile = max(4, _TILE * min(size) // 580)
    across, down = size[0] // tile + 1, size[1] // tile + 1
    patches = Image.fromarray(np.random.default_rng(_SEED).integers(0, 256, (down, across, 3), np.uint8))
    return patches.resize((across * tile, down * tile), Image.Resampling.NEAREST).crop((0, 0, *size))


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()
