"""The SVG files of the titles: which part of the drawing a picture shows, and in which inks it is printed.

Each file in ``art`` contains one title: its scene, its lettering by language, what each picture shows besides the scene
(``id="poster-en"``) and which part of the drawing it shows (``<view id="view-logo-en">``; a poster shows all of it).
Letters are strokes and not text, so no font is needed.
"""

import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path
from typing import Final

from deploy.dev.demo.pictures import DemoPicture

_FOLDER: Final = Path(__file__).with_name("art")
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_ASPECTS: Final = {"poster": 2 / 3, "backdrop": 16 / 9, "still": 16 / 9}

ET.register_namespace("", _NAMESPACE)


@lru_cache(maxsize=256)
def aspect_of(picture: DemoPicture) -> float:
    """Return the width of a picture divided by its height; that of a logo depends on its lettering."""
    if picture.form != "logo":
        return _ASPECTS[picture.form]
    _, _, width, height = map(float, _view(_read(picture.slug), picture).attrib["viewBox"].split())
    return width / height


def svg_of(picture: DemoPicture) -> str:
    """Return a picture as an SVG document."""
    art = _read(picture.slug)
    shown = {f"{picture.form}-{picture.tag}", "" if picture.form == "logo" else "scene"}
    box = _view(art, picture).attrib["viewBox"]
    _, _, width, height = box.split()
    document = ET.Element("svg", {"width": width, "height": height, "viewBox": box})
    for part in art:
        if part.tag == f"{{{_NAMESPACE}}}defs" or part.get("id") in shown:
            part.attrib.pop("display", None)
            document.append(part)
    return ET.tostring(document, encoding="unicode")


def inks_of(picture: DemoPicture) -> tuple[str, str] | None:
    """Return the dark and the light ink of a picture printed in two, ``None`` for one in full colour.

    A duotone has the inks of its title; a still can be dyed as film was: amber for lamplight, blue for the night.
    """
    if not picture.duotone and picture.form != "still":
        return None
    art = _read(picture.slug)
    inks = (art if picture.duotone else _view(art, picture)).attrib
    return (inks["data-dark"], inks["data-light"]) if "data-dark" in inks else None


def _read(slug: str) -> ET.Element:
    return ET.fromstring(_source(slug))  # noqa: S314 - our own file


@lru_cache(maxsize=64)
def _source(slug: str) -> str:
    file = _FOLDER / f"{slug}.svg"
    if not file.exists():  # a numbered copy, such as ``metropolis-12``, has the drawing of its original
        file = _FOLDER / f"{slug.rpartition('-')[0]}.svg"
    return file.read_text(encoding="utf-8")


def _view(art: ET.Element, picture: DemoPicture) -> ET.Element:
    """Return the element with the picture's ``viewBox``: its view, or the root for a poster."""
    view = art.find(f"*[@id='view-{picture.form}-{picture.tag}']")
    return art if view is None else view
