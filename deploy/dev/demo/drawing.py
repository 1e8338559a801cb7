"""From a picture's name to its bytes: a title's SVG file, rasterised, toned, given the grain of paper and encoded.

Each file in ``art`` holds one title: its scene, its lettering by language, and by the name of each picture what is
shown (``id="poster-en"``) and which part of the drawing (``<view id="view-logo-en">``; a poster shows all of it).
Letters are strokes and not text, so no font is needed.
"""

import io
import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import resvg_py
import simplejpeg
from PIL import Image, ImageColor

from deploy.dev.demo.pictures import DemoPicture

_Pixels = npt.NDArray[np.uint8]

_ART: Final = Path(__file__).with_name("art")
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_ASPECTS: Final = {"poster": 2 / 3, "backdrop": 16 / 9, "still": 16 / 9}
_JPEG_QUALITY: Final = 90
_GRAIN_TILE: Final = 512
_GRAIN: Final = 1.8
_VIGNETTE: Final = 0.16

ET.register_namespace("", _NAMESPACE)


@lru_cache(maxsize=256)
def aspect_of(picture: DemoPicture) -> float:
    """Return the width of a picture divided by its height; that of a logo depends on its lettering."""
    if picture.form != "logo":
        return _ASPECTS[picture.form]
    _, _, width, height = map(float, _view(_read(picture.slug), picture).attrib["viewBox"].split())
    return width / height


def render(picture: DemoPicture, width: int, extension: str) -> bytes:
    """Draw a picture ``width`` pixels wide as ``jpg``, ``png`` or ``svg``; the same values give the same bytes."""
    art = _read(picture.slug)
    svg = _compose(art, picture)
    if extension == "svg":
        return svg.encode()
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    if picture.form == "logo" and extension == "png":
        return png
    with Image.open(io.BytesIO(png)) as opened:
        pixels: _Pixels = np.array(opened.convert("RGB"))
    # A duotone has the inks of its title; a still may be dyed as film was, amber for lamplight or blue for the night.
    inks = (art if picture.duotone else _view(art, picture)).attrib
    if picture.duotone or (picture.form == "still" and "data-dark" in inks):
        pixels = _duotone(pixels, inks["data-dark"], inks["data-light"])
    return _encode(_paper(pixels), extension)


def _read(slug: str) -> ET.Element:
    return ET.fromstring(_source(slug))  # noqa: S314 - our own file


@lru_cache(maxsize=64)
def _source(slug: str) -> str:
    return (_ART / f"{slug}.svg").read_text()


def _view(art: ET.Element, picture: DemoPicture) -> ET.Element:
    view = art.find(f"*[@id='view-{picture.form}-{picture.tag}']")
    return art if view is None else view


def _compose(art: ET.Element, picture: DemoPicture) -> str:
    """Return an SVG document of what the picture shows of the title's drawing."""
    shown = {f"{picture.form}-{picture.tag}", "" if picture.form == "logo" else "scene"}
    box = _view(art, picture).attrib["viewBox"]
    _, _, width, height = box.split()
    document = ET.Element("svg", {"width": width, "height": height, "viewBox": box})
    for part in art:
        if part.tag.endswith("}defs") or part.get("id") in shown:
            part.attrib.pop("display", None)
            document.append(part)
    return ET.tostring(document, encoding="unicode")


def _duotone(pixels: _Pixels, dark: str, light: str) -> _Pixels:
    """Print in two inks: brightness runs from the dark one to the light one."""
    low, high = (np.array(ImageColor.getrgb(ink)[:3], dtype=np.float32) for ink in (dark, light))
    steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    # A steeper middle keeps flat areas apart, as a lithographer's two stones would.
    steps = steps * steps * (3 - 2 * steps)
    table = (low + (high - low) * steps).round().astype(np.uint8)
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    toned: _Pixels = table[grey.astype(np.uint8)]
    return toned


def _paper(pixels: _Pixels) -> _Pixels:
    """Add the grain of paper and darken a little towards the corners."""
    height, width = pixels.shape[:2]
    tile = np.random.default_rng(1927).normal(0, _GRAIN, (_GRAIN_TILE, _GRAIN_TILE)).astype(np.float32)
    across = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32) ** 2
    inked = np.empty_like(pixels)
    # In strips: a whole picture as floating point would need four times its memory.
    for top in range(0, height, _GRAIN_TILE):
        strip = pixels[top : top + _GRAIN_TILE].astype(np.float32)
        light = 1 - _VIGNETTE * (across[None, :] + down[top : top + _GRAIN_TILE, None]) / 2
        grain = np.tile(tile[: len(strip)], (1, width // _GRAIN_TILE + 1))[:, :width]
        strip *= light[:, :, None]
        strip += grain[:, :, None]
        inked[top : top + _GRAIN_TILE] = np.clip(strip, 0, 255)
    return inked


def _encode(pixels: _Pixels, extension: str) -> bytes:
    if extension == "jpg":
        return bytes(simplejpeg.encode_jpeg(pixels, quality=_JPEG_QUALITY, colorspace="RGB", colorsubsampling="420"))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()
