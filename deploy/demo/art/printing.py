"""From a plate's name to the bytes of a picture: composition as SVG, rasterising, paper and ink, encoding."""

import io

import numpy as np
import numpy.typing as npt
import resvg_py
import simplejpeg
from PIL import Image, ImageColor

from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.scenes import SCENES
from deploy.demo.art.sheet import Sheet, number
from deploy.demo.plate import FULL_SIZE, Plate

_Pixels = npt.NDArray[np.uint8]

_JPEG_QUALITY = 90
_GRAIN_TILE = 512
_GRAIN = 1.8
_VIGNETTE = 0.16
_LOGO_MARGIN = 16
_LEFTMOST = -600


def aspect_of(plate: Plate) -> float:
    """Return width by height of a picture; a logo's follows from its lettering."""
    if plate.form == "logo":
        _, _, width, height = _logo_box(SCENES[plate.slug].bill, plate.tag)
        return width / height
    width, height = FULL_SIZE[plate.form]
    return width / height


def render(plate: Plate, width: int, extension: str) -> bytes:
    """Draw a picture ``width`` pixels wide as ``jpg``, ``png`` or ``svg``; the same values give the same bytes."""
    svg = compose(plate)
    if extension == "svg":
        return svg.encode()
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    if plate.form == "logo" and extension == "png":
        return png
    with Image.open(io.BytesIO(png)) as picture:
        pixels: _Pixels = np.array(picture.convert("RGB"))
    if plate.duotone:
        pixels = _duotone(pixels, SCENES[plate.slug].tones)
    pixels = _paper(pixels)
    if extension == "png":
        return _png(pixels)
    return bytes(simplejpeg.encode_jpeg(pixels, quality=_JPEG_QUALITY, colorspace="RGB", colorsubsampling="420"))


def compose(plate: Plate) -> str:
    """Return the picture as an SVG document."""
    scene = SCENES[plate.slug]
    sheet = Sheet(wide=plate.form in ("backdrop", "still"))
    if plate.form == "logo":
        scene.bill.write(sheet, plate.tag, ink=scene.bill.logo_ink, second=scene.bill.second and "#00000066", small=False)
        return _document(sheet, _logo_box(scene.bill, plate.tag))
    scene.draw(sheet)
    box = _box(plate, scene)
    if plate.language:
        _letter(sheet, plate, scene.bill, box)
    return _document(sheet, box)


def _letter(sheet: Sheet, plate: Plate, bill: Bill, box: tuple[float, float, float, float]) -> None:
    place = f"translate({number(bill.left)} {number(bill.top)})"
    if plate.form == "backdrop":
        place = f"translate({number(box[0] + 70)} {number(box[1] + 80)}) scale(0.64)"
    with sheet.placed(place):
        bill.write(sheet, plate.tag, ink=bill.ink, second=bill.second)


def _box(plate: Plate, scene: Scene) -> tuple[float, float, float, float]:
    """The part of the sheet that the picture shows: left, top, width and height."""
    if plate.form == "poster":
        return (0, 0, 1000, 1500)
    left, top, width = scene.window
    height = width * 9 / 16
    if plate.form == "backdrop":
        # A titled one looks further to the left, so that the title stands beside the scene.
        return (_LEFTMOST if plate.language else left, top, width, height)
    # Every episode looks at the scene from nearer, and each at another place of it.
    season, _, episode = plate.tag[1:].partition("e")
    step = int(season) * 5 + int(episode) * 3
    zoom = 0.5 + 0.09 * (step % 4)
    right, down = (step * 0.37) % 1, (step * 0.61) % 1
    return (left + right * (1 - zoom) * width, top + down * (1 - zoom) * height, width * zoom, height * zoom)


def _logo_box(bill: Bill, language: str) -> tuple[float, float, float, float]:
    depth = bill.write(Sheet(), language, ink="#000", second="", small=False)
    margin = _LOGO_MARGIN + bill.hand.crooked * 60
    return (-margin, -margin, bill.measure + 2 * margin, depth + 2 * margin)


def _document(sheet: Sheet, box: tuple[float, float, float, float]) -> str:
    view = " ".join(number(value) for value in box)
    size = f'width="{number(box[2])}" height="{number(box[3])}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view}">{sheet.markup()}</svg>'


def _duotone(pixels: _Pixels, tones: tuple[str, str]) -> _Pixels:
    """Print in two inks: brightness runs from the dark tone to the light one."""
    dark, light = (np.array(ImageColor.getrgb(tone)[:3], dtype=np.float32) for tone in tones)
    steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    # A steeper middle keeps flat areas apart, as a lithographer's two stones would.
    steps = steps * steps * (3 - 2 * steps)
    table = (dark + (light - dark) * steps).round().astype(np.uint8)
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    toned: _Pixels = table[grey.astype(np.uint8)]
    return toned


def _paper(pixels: _Pixels) -> _Pixels:
    """Lay the grain of paper and a slight darkening towards the corners over a picture."""
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


def _png(pixels: _Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()
